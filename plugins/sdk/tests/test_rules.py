"""How rules are asked: remembered answers, the observer, the line of parents, and what is closed."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pluggy
import pytest

from helsami_sdk import (
    BookingDecision,
    BookingQuestion,
    ResultClass,
    ResultQuestion,
    SharingQuestion,
    SlotsQuestion,
    hookimpl,
)
from helsami_sdk.rules import REMEMBERED, Rules
from helsami_sdk.testing import answering, closed_rules, manifest_of, organisations_of, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
BOOKING = BookingQuestion("book", "consultation", NOW, NOW)


class Counting:
    """A plugin that counts how often it is asked, and fails the first few times."""

    def __init__(self, failures=0):
        self.asked = 0
        self._failures = failures

    @hookimpl
    def classify_result(self, question):
        self.asked += 1
        if self.asked <= self._failures:
            raise LookupError(question.code)
        return ResultClass.auto()


def test_an_equal_question_is_answered_from_memory():
    plugin = Counting()
    rules = rules_of(plugin)

    assert [rules.classify_result(ResultQuestion("718-7")) for _ in range(3)] == [ResultClass.auto()] * 3
    assert plugin.asked == 1


def test_a_failure_is_never_remembered():
    plugin = Counting(failures=1)
    rules = rules_of(plugin)

    first, second = (rules.classify_result(ResultQuestion("718-7")) for _ in range(2))

    assert first.provisional
    assert second == ResultClass.auto()


def test_memory_is_bounded():
    plugin = Counting()
    rules = rules_of(plugin)
    for code in range(REMEMBERED + 1):
        rules.classify_result(ResultQuestion(str(code)))

    rules.classify_result(ResultQuestion("0"))

    assert plugin.asked == REMEMBERED + 2


def test_a_question_about_time_is_never_answered_from_memory():
    asked = []
    rules = rules_of(decide_booking=lambda question: asked.append(question) or BookingDecision.direct())

    rules.decide_booking(BOOKING)
    rules.decide_booking(BOOKING)

    assert len(asked) == 2


@pytest.mark.parametrize("ask", ["classify_result", "restrict_sharing"])
def test_a_question_that_cannot_be_remembered_does_not_raise(ask):
    heard = []
    unhashable = ResultQuestion([]) if ask == "classify_result" else SharingQuestion([])
    rules = rules_of(observer=heard.append)

    answer = getattr(rules, ask)(unhashable)

    assert getattr(answer, "provisional", True)
    assert heard[-1].outcome == "failed"


def test_the_observer_hears_who_failed_and_nothing_of_the_question():
    heard = []

    def fail(question):
        raise ValueError(f"secret {question.code}")

    rules = rules_of(answering(classify_result=fail), classify_result=ResultClass.auto(), observer=heard.append)
    rules.classify_result(ResultQuestion("718-7"))

    (call,) = heard
    assert (call.organisation, call.hook, call.outcome) == ("trondheim", "classify_result", "failed")
    assert call.layer == "layer 1"
    assert call.detail.startswith("ValueError at test_rules.py:")
    assert "718-7" not in repr(call)


def test_the_observer_hears_of_an_answer_that_is_none_and_of_one_that_is():
    heard = []
    rules_of(decide_booking="direct", observer=heard.append).decide_booking(BOOKING)
    rules_of(decide_booking=BookingDecision.direct(), observer=heard.append).decide_booking(BOOKING)

    assert [call.outcome for call in heard] == ["invalid", "answered"]
    assert heard[0].detail == "not an answer: str"


@pytest.mark.parametrize("error", [SystemExit(0), RecursionError(), MemoryError(), GeneratorExit()])
def test_whatever_a_plugin_raises_the_service_gets_an_answer(error):
    def fail(_question):
        raise error

    assert rules_of(decide_booking=fail).decide_booking(BOOKING).reason == "rules-unavailable"


def test_ctrl_c_is_not_swallowed():
    def interrupted(_question):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rules_of(decide_booking=interrupted).decide_booking(BOOKING)


@pytest.mark.parametrize("option", ["wrapper", "hookwrapper", "tryfirst", "trylast"])
def test_a_hook_with_an_option_that_reorders_or_wraps_others_is_refused(option):
    class Plugin:
        @hookimpl(**{option: True})
        def restrict_sharing(self, question):
            yield question

    with pytest.raises(pluggy.PluginValidationError, match="without options"):
        rules_of(Plugin())


def test_a_misspelt_hook_is_refused():
    @hookimpl
    def restrict_sharng(question):
        return question

    with pytest.raises(pluggy.PluginValidationError, match="restrict_sharng"):
        rules_of(SimpleNamespace(restrict_sharng=restrict_sharng))


def test_a_hook_that_forgot_its_mark_is_refused():
    with pytest.raises(pluggy.PluginValidationError, match="expected @hookimpl"):
        rules_of(SimpleNamespace(restrict_sharing=lambda question: question))


@pytest.mark.parametrize("signature", [lambda: None, lambda question, extra: (question, extra)])
def test_a_hook_takes_its_question_and_nothing_else(signature):
    with pytest.raises(pluggy.PluginValidationError):
        rules_of(SimpleNamespace(restrict_sharing=hookimpl(signature)))


def test_closed_rules_refuse_withhold_and_say_phone():
    heard = []
    rules = Rules.closed(manifest_of(), "manifest.toml is missing", observer=heard.append)

    assert rules.decide_booking(BOOKING) == BookingDecision(
        BookingDecision.phone().tier,
        "organisation-closed",
        telephone="+47 00 00 00 01",
    )
    assert rules.restrict_slots(SlotsQuestion((), NOW)) == frozenset()
    assert rules.classify_result(ResultQuestion("718-7")).provisional
    assert rules.restrict_sharing(SharingQuestion("note")).withheld
    assert rules.history_starts("vaccines") == date.max
    assert (rules.state, rules.reason) == ("closed", "manifest.toml is missing")
    assert [call.outcome for call in heard] == ["closed"] * 4


def test_a_test_names_the_code_that_closed_rules_give():
    assert closed_rules("too-late").decide_booking(BOOKING).reason == "too-late"


def test_an_organisation_that_is_not_installed_has_closed_rules():
    organisations = organisations_of(rules_of())

    assert list(organisations) == ["trondheim"]
    assert organisations.connected("trondheim")
    assert not organisations.connected("bodo")
    assert "bodo" not in organisations
    assert organisations["bodo"].state == "closed"
    assert organisations["bodo"].restrict_sharing(SharingQuestion("note")).withheld
    assert organisations.get("bodo").manifest.names["nb"] == "bodo"


def test_history_has_a_floor_by_category_and_none_for_vaccines():
    rules = rules_of(manifest=manifest_of(go_live={"results": date(2026, 1, 1)}))

    assert rules.history_starts("results") == date(2026, 1, 1)
    assert rules.history_starts("visits") == date(2025, 1, 1)
    assert rules.history_starts("a category of later") == date(2025, 1, 1)
    assert rules.history_starts("vaccines") is None
    assert rules.history_starts("corona_results") is None
