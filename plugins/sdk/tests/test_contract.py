"""The contract as a whole: no hook without a word, an owner, a default, a safe default and a test."""

import inspect
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_type_hints

import pytest

from helsami_sdk import (
    BookingQuestion,
    CaseQuestion,
    CheckInQuestion,
    DelegationQuestion,
    DeliveryQuestion,
    FormQuestion,
    InboundQuestion,
    MessageQuestion,
    RankingQuestion,
    RecipientsQuestion,
    ResultQuestion,
    SharingQuestion,
    SlotsQuestion,
    WaitlistQuestion,
    defaults,
    hookspecs,
)
from helsami_sdk.codec import answer_kind, dumps, loads, question_kind
from helsami_sdk.hooks import HOOKS
from helsami_sdk.questions import QUESTIONS
from helsami_sdk.rules import Rules
from helsami_sdk.testing import answering, closed_rules, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SPECS = {
    name: spec for name, spec in inspect.getmembers(hookspecs, inspect.isfunction) if hasattr(spec, "helsami_spec")
}
OWNERS = {"appointments", "forms", "gateway", "medications", "messages", "notifications", "records", "results"}
ASKED = {
    "decide_booking": BookingQuestion("book", "x", NOW, NOW),
    "restrict_slots": SlotsQuestion((), NOW),
    "choose_waitlist_terms": WaitlistQuestion("x", NOW, NOW),
    "rank_waitlist": RankingQuestion((), "x", NOW, NOW),
    "choose_check_in": CheckInQuestion("x", NOW, NOW),
    "list_recipients": RecipientsQuestion((), NOW),
    "route_message": MessageQuestion("lab", frozenset({"lab", "duty"}), NOW),
    "route_case": CaseQuestion("inquiry", frozenset({"mail-reception"}), NOW),
    "classify_result": ResultQuestion("718-7"),
    "restrict_sharing": SharingQuestion("note"),
    "limit_delegation": DelegationQuestion("grant", frozenset({"results:read"})),
    "choose_form_window": FormQuestion("x"),
    "plan_delivery": DeliveryQuestion("x", decision=True, channels=frozenset({"portal"})),
    "translate_inbound": InboundQuestion("Encounter", (), NOW),
}


def told(name, part):
    """What a hook's specification says under one of its headings."""
    found = re.search(rf"^{part}: (.+?)(?=^[A-Z][a-z ]+: |\Z)", inspect.getdoc(SPECS[name]), re.MULTILINE | re.DOTALL)
    return found and " ".join(found[1].split())


def test_every_hook_is_a_question_that_the_rules_can_be_asked():
    assert set(SPECS) == set(HOOKS) == set(QUESTIONS) == set(ASKED)
    assert len(SPECS) == 14
    assert all(callable(getattr(Rules, name, None)) for name in SPECS)


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_is_documented(name):
    assert inspect.getdoc(SPECS[name]).partition("\n")[0].endswith("?")
    assert bool(told(name, "Every answer counts")) is not bool(told(name, "Nearest"))
    assert told(name, "Nobody answers")
    assert told(name, "An answer fails")


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_has_an_owner(name):
    assert set(re.split(r",? (?:when|without) ", told(name, "Asked by"))[0].rstrip(".").split(", ")) <= OWNERS


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_a_question_its_default_and_the_rules_have_the_same_types(name):
    hints = get_type_hints(SPECS[name])

    assert hints["question"] is QUESTIONS[name] is type(ASKED[name])
    assert get_type_hints(getattr(defaults, name))["question"] is hints["question"]
    assert get_type_hints(getattr(defaults, name))["return"] | None == hints["return"]
    assert get_type_hints(getattr(Rules, name))["return"] | None == hints["return"]


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_has_a_regional_default_that_is_an_answer(name):
    answer = getattr(defaults, name)(ASKED[name])

    assert hasattr(getattr(defaults, name), "helsami_impl")
    assert HOOKS[name].accepts(ASKED[name], answer)
    assert getattr(rules_of(), name)(ASKED[name]) is not None


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_has_a_safe_default_for_a_failure_and_for_an_organisation_that_is_closed(name):
    def fail(_question):
        raise LookupError

    safe = HOOKS[name].safe(ASKED[name], "organisation-closed")

    assert HOOKS[name].accepts(ASKED[name], safe)
    asked = [getattr(rules, name)(ASKED[name]) for rules in (closed_rules(), rules_of(**{name: fail}))]
    assert [type(answer) for answer in asked] == [type(safe)] * 2


@pytest.mark.parametrize("name", SPECS)
def test_who_stands_behind_the_nearest_answer_is_asked_only_where_every_answer_counts(name):
    def fail(_question):
        raise LookupError

    heard = []
    own = getattr(defaults, name)(ASKED[name])
    getattr(rules_of(answering(**{name: fail}), observer=heard.append, **{name: own}), name)(ASKED[name])

    assert HOOKS[name].nearest is bool(told(name, "Nearest"))
    assert heard[-1].outcome == ("answered" if HOOKS[name].nearest else "failed")


@pytest.mark.parametrize("name", SPECS)
def test_a_question_and_its_answer_cross_to_a_plugin_host_and_back(name):
    kinds = {question_kind(name): ASKED[name], answer_kind(name): getattr(defaults, name)(ASKED[name])}

    assert {kind: loads(dumps(value, kind), kind) for kind, value in kinds.items()} == kinds


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_has_tests_of_its_own(name):
    tests = Path(__file__).with_name(f"test_{name}.py").read_text(encoding="utf-8")
    shape = "a_child_cannot_widen_its_parent" if told(name, "Every answer counts") else "the_nearest_answer_decides"

    assert "def test_an_error_" in tests
    assert f"def test_{shape}" in tests
