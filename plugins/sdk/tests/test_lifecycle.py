"""What an organisation's state at runtime lets its rules do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from helsami_sdk import (
    BookingDecision,
    BookingQuestion,
    Restriction,
    ResultClass,
    ResultQuestion,
    SharingQuestion,
    SlotChoice,
    SlotsQuestion,
)
from helsami_sdk.answers import Tier
from helsami_sdk.lifecycle import LIVE, STATES
from helsami_sdk.rules import RuleCall
from helsami_sdk.shadow import in_short
from helsami_sdk.testing import answering, closed_rules, manifest_of, organisations_of, rules_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BOOKING = BookingQuestion("book", "consultation", NOW + timedelta(days=3), NOW)
SLOTS = SlotsQuestion((SlotChoice("s1", NOW + timedelta(days=3), "consultation"),), NOW)
RESULT = ResultQuestion("code", "chemistry")
VACCINE = SharingQuestion("vaccine")
OPEN = {
    "decide_booking": BookingDecision.direct(),
    "restrict_slots": lambda question: question.ids,
    "classify_result": ResultClass.auto(),
    "restrict_sharing": Restriction.show(),
}
NOT_LIVE = {
    "draft": "organisation-draft",
    "rehearsed": "organisation-rehearsed",
    "shadow": "organisation-shadow",
    "paused": "organisation-paused",
    "left": "organisation-left",
    "unknown": "organisation-state-unknown",
    "a state of next year": "organisation-state-unknown",
}


@pytest.fixture
def heard():
    return []


@pytest.fixture
def region(heard):
    """Two organisations that answer openly."""
    two = (rules_of(manifest=manifest_of(name), observer=heard.append, **OPEN) for name in ("trondheim", "bodo"))
    return organisations_of(*two)


def everything(rules):
    return (
        rules.decide_booking(BOOKING),
        rules.restrict_slots(SLOTS),
        rules.classify_result(RESULT),
        rules.restrict_sharing(VACCINE),
        rules.history_starts("results"),
    )


@pytest.mark.parametrize(("state", "code"), NOT_LIVE.items())
def test_any_state_but_live_gives_the_safe_defaults_and_says_which_it_is(region, state, code):
    region.apply({"trondheim": state, "bodo": LIVE})

    booking, slots, result, sharing, starts = everything(region["trondheim"])

    assert (booking.tier, booking.reason, booking.telephone) == (Tier.PHONE, code, "+47 00 00 00 01")
    assert slots == frozenset()
    assert (result.release, result.provisional) == ("manual", True)
    assert sharing == Restriction.withhold(code)
    assert starts == date.max
    assert region["trondheim"].code == code


def test_every_state_that_the_directory_tells_is_known_here():
    assert {*STATES} - {LIVE} == NOT_LIVE.keys() - {"unknown", "a state of next year"}


def test_the_state_of_one_touches_no_other(region):
    before = everything(region["bodo"])

    region.apply({"trondheim": "paused", "bodo": LIVE})

    assert everything(region["bodo"]) == before


def test_nothing_known_closes_all_and_whoever_is_not_named_is_a_draft(region):
    region.apply(None)
    assert {rules.code for rules in region.values()} == {"organisation-state-unknown"}

    region.apply({"bodo": LIVE})
    assert [region[name].code for name in ("trondheim", "bodo")] == ["organisation-draft", ""]


def test_what_was_remembered_while_live_is_not_answered_while_paused_nor_the_other_way(region):
    rules = region["trondheim"]
    live = everything(rules)

    region.apply({"trondheim": "paused"})
    paused = everything(rules)
    region.apply({"trondheim": LIVE})

    assert paused[2:4] != live[2:4]
    assert everything(rules) == live


def test_in_the_shadow_the_rules_are_asked_and_only_the_observer_hears(region, heard):
    region.apply({"trondheim": "shadow"})
    heard.clear()

    shown = everything(region["trondheim"])

    assert [(call.hook, call.outcome, call.detail) for call in heard] == [
        ("decide_booking", "shadow", "direct"),
        ("restrict_slots", "shadow", "1"),
        ("classify_result", "shadow", "auto"),
        ("restrict_sharing", "shadow", "shown"),
    ]
    assert (shown[0].tier, shown[1], shown[2].release) == (Tier.PHONE, frozenset(), "manual")
    assert shown[3] == Restriction.withhold("organisation-shadow")


def test_rules_that_fail_in_the_shadow_are_told_and_change_nothing(heard):
    rules = rules_of(decide_booking=lambda _question: 1 / 0, observer=heard.append)
    rules.enter("shadow")
    heard.clear()

    assert rules.decide_booking(BOOKING).reason == "organisation-shadow"
    assert [(call.hook, call.outcome) for call in heard] == [("decide_booking", "failed")]


@pytest.mark.parametrize("state", ["paused", "draft"])
def test_outside_the_shadow_no_rule_is_called(state):
    asked = []
    rules = rules_of(decide_booking=lambda question: asked.append(question) or BookingDecision.direct())
    rules.enter(state)

    rules.decide_booking(BOOKING)

    assert asked == []


def test_an_observer_hears_of_a_state_once_when_it_is_entered(region, heard):
    for states in ({"trondheim": "paused"}, {"trondheim": "paused"}, {"trondheim": LIVE}):
        region.apply({"bodo": LIVE, **states})

    assert heard == [RuleCall("trondheim", "state", "paused"), RuleCall("trondheim", "state", LIVE)]


def test_rules_that_do_not_load_stay_closed_whatever_the_directory_says():
    region = organisations_of(closed_rules())

    region.apply({"trondheim": LIVE})

    assert region["trondheim"].decide_booking(BOOKING).reason == "organisation-closed"


def test_a_paused_parent_still_narrows_its_child():
    narrowing = answering(restrict_sharing=Restriction.withhold("not-in-our-town"))
    parent = rules_of(narrowing)
    child = rules_of(narrowing, manifest=manifest_of("oya_legesenter"), restrict_sharing=Restriction.show())
    region = organisations_of(parent, child)

    region.apply({"trondheim": "paused", "oya_legesenter": LIVE})

    assert region["trondheim"].restrict_sharing(VACCINE).reason == "organisation-paused"
    assert region["oya_legesenter"].restrict_sharing(VACCINE).reason == "not-in-our-town"
    assert region["oya_legesenter"].decide_booking(BOOKING).reason != "organisation-paused"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (BookingDecision.request("by-request-only", NOW), "request by-request-only"),
        (replace(BookingDecision.direct(), telephone="+47 00 00 00 01"), "direct"),
        (frozenset({"s1", "s2"}), "2"),
        (ResultClass.review(14), "review review_days=14"),
        (Restriction.withhold("young-person"), "withheld young-person"),
        (Restriction.show("home-care-hidden"), "shown home-care-hidden"),
    ],
)
def test_an_answer_is_told_in_short_without_ids_and_times(answer, words):
    assert in_short(answer) == words
