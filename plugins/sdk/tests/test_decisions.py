"""What is kept of an answer: whose it was, what was decided and why, and of the question a hash."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from helsami_sdk import (
    BookingDecision,
    BookingQuestion,
    Reachable,
    Recipient,
    Recipients,
    RecipientsQuestion,
    Restriction,
    ResultClass,
    ResultQuestion,
    SharingQuestion,
    SlotChoice,
    SlotsQuestion,
)
from helsami_sdk.answers import is_code
from helsami_sdk.conformance import questions_for
from helsami_sdk.decisions import SAFE_DEFAULT, Decision
from helsami_sdk.hooks import (
    CLASSIFY_RESULT,
    DECIDE_BOOKING,
    HOOKS,
    LIST_RECIPIENTS,
    RESTRICT_SHARING,
    RESTRICT_SLOTS,
)
from helsami_sdk.testing import answering, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SOON, LATE = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
BOOKING = BookingQuestion("book", "consultation", NOW + timedelta(days=2), NOW)
NOTE = SharingQuestion("note")
HOME_CARE = SharingQuestion("visit", visit_type="home-care-visit")
GLUCOSE = ResultQuestion("2339-0", category="laboratory")
SLOTS = SlotsQuestion(
    (SlotChoice("s1", NOW + timedelta(hours=1), "consultation"), SlotChoice("s0", NOW, "consultation")), NOW
)
OWN, PARENT, REGION = "layer 0", "layer 1", "region"


def decision(hook, question, own=None, parent=None):
    """What is decided by an organisation and its parent; None leaves a question open."""
    rules = rules_of(answering(**{hook.name: parent}), **{hook.name: own})
    return rules.decided(hook, question).decision


@pytest.mark.parametrize(
    ("own", "parent", "layer", "outcome", "reason"),
    [
        (None, None, REGION, "phone", "by-phone-only"),
        (BookingDecision.direct(), None, OWN, "direct", ""),
        (BookingDecision.direct(), BookingDecision.phone(), PARENT, "phone", "by-phone-only"),
        (BookingDecision.phone(), BookingDecision.phone(), OWN, "phone", "by-phone-only"),
        (BookingDecision.direct(SOON), BookingDecision.direct(LATE), PARENT, "phone", "too-late"),
        (BookingDecision.direct(LATE), BookingDecision.direct(), OWN, "phone", "too-late"),
    ],
)
def test_a_booking_is_decided_by_the_strictest(own, parent, layer, outcome, reason):
    made = decision(DECIDE_BOOKING, BOOKING, own, parent)

    assert (made.layer, made.outcome, made.reason) == (layer, outcome, reason)


@pytest.mark.parametrize(
    ("question", "own", "parent", "layer", "outcome"),
    [
        (NOTE, None, None, REGION, "shown"),
        (NOTE, Restriction.show(), None, OWN, "shown"),
        (NOTE, Restriction.show(), Restriction.withhold("not-here"), PARENT, "withheld"),
        (HOME_CARE, Restriction.show(), None, REGION, "withheld"),
        (HOME_CARE, Restriction.show(), Restriction.show("home-care-hidden"), PARENT, "shown"),
    ],
)
def test_who_withholds_decides_and_who_lifts_what_the_region_withholds(question, own, parent, layer, outcome):
    made = decision(RESTRICT_SHARING, question, own, parent)

    assert (made.layer, made.outcome) == (layer, outcome)


@pytest.mark.parametrize(
    ("question", "own", "parent", "layer", "outcome"),
    [
        (GLUCOSE, None, None, REGION, "manual"),
        (GLUCOSE, ResultClass.auto(), ResultClass.review(3), PARENT, "review"),
        (GLUCOSE, ResultClass.review(14), ResultClass.review(3), OWN, "review"),
        (replace(GLUCOSE, concerns_several=True), ResultClass.auto(), None, REGION, "blocked"),
        (replace(GLUCOSE, concerns_several=True), ResultClass.blocked(), None, REGION, "blocked"),
    ],
)
def test_a_result_is_classified_by_the_most_closed_and_by_the_law_first(question, own, parent, layer, outcome):
    made = decision(CLASSIFY_RESULT, question, own, parent)

    assert (made.layer, made.outcome) == (layer, outcome)


def test_a_time_is_left_out_by_the_nearest_who_does_not_name_it():
    both = frozenset({"s0", "s1"})
    decided = rules_of(answering(restrict_slots=frozenset({"s0"})), restrict_slots=both).decided(RESTRICT_SLOTS, SLOTS)

    assert decided.answer == frozenset()
    assert decided.decision.outcome == "none"
    assert [(made.layer, made.outcome, slot) for made, slot in decided.about_slots(["s1", "s0"])] == [
        (PARENT, "not-offered", "s1"),
        (REGION, "not-offered", "s0"),
    ]


def test_a_time_that_is_offered_is_not_worth_a_word():
    assert list(rules_of().decided(RESTRICT_SLOTS, SLOTS).about_slots(["s1"])) == []


def test_without_an_answer_no_time_is_offered_by_anybody():
    failing = rules_of(restrict_slots=lambda _question: 1 / 0)
    ((made, slot),) = failing.decided(RESTRICT_SLOTS, SLOTS).about_slots(["s1"])

    assert (made.layer, made.outcome, made.reason, slot) == (SAFE_DEFAULT, "not-offered", "rules-unavailable", "s1")


def test_in_the_shadow_each_time_is_told_as_it_is_and_as_it_would_have_been():
    rules = rules_of(restrict_slots=frozenset({"s1"}))
    rules.enter("shadow")

    told = rules.decided(RESTRICT_SLOTS, SLOTS).about_slots(["s1", "s0"])

    assert [(made.layer, made.outcome, made.shadow, slot) for made, slot in told] == [
        (SAFE_DEFAULT, "not-offered", False, "s1"),
        (OWN, "offered", True, "s1"),
        (SAFE_DEFAULT, "not-offered", False, "s0"),
        (OWN, "not-offered", True, "s0"),
    ]


@pytest.mark.parametrize(
    ("own", "parent", "layer", "outcome"),
    [
        ({"s1"}, None, OWN, "some"),
        ({"s0", "s1"}, None, REGION, "some"),
        ({"s0", "s1"}, {"s1"}, PARENT, "some"),
        ({"s0"}, {"s1"}, OWN, "none"),
    ],
)
def test_times_are_narrowed_by_who_alone_leaves_what_is_left(own, parent, layer, outcome):
    made = decision(RESTRICT_SLOTS, SLOTS, own, parent)

    assert (made.layer, made.outcome) == (layer, outcome)


def test_recipients_are_narrowed_by_who_names_fewest():
    question = RecipientsQuestion((Recipient("a", "unit"), Recipient("b", "unit")), NOW)
    few, many = Recipients.of(Reachable("a")), Recipients.of(Reachable("a"), Reachable("b"))

    made = decision(LIST_RECIPIENTS, question, many, few)

    assert (made.layer, made.outcome) == (PARENT, "some")


@pytest.mark.parametrize("state", ["paused", "draft", "unknown"])
def test_a_safe_default_says_why_it_holds(state):
    rules = rules_of(decide_booking=BookingDecision.direct(), classify_result=ResultClass.auto())
    rules.enter(state)
    code = "organisation-state-unknown" if state == "unknown" else f"organisation-{state}"

    for hook, question, outcome in ((DECIDE_BOOKING, BOOKING, "phone"), (CLASSIFY_RESULT, GLUCOSE, "manual")):
        made = rules.decided(hook, question).decision
        assert (made.layer, made.outcome, made.reason) == (SAFE_DEFAULT, outcome, code)


def test_a_failure_is_decided_by_nobody():
    made = decision(RESTRICT_SHARING, NOTE, lambda _question: 1 / 0)

    assert (made.layer, made.outcome, made.reason) == (SAFE_DEFAULT, "withheld", "rules-unavailable")


def test_the_shadow_is_told_beside_what_holds():
    rules = rules_of(decide_booking=BookingDecision.direct())
    rules.enter("shadow")

    decided = rules.decided(DECIDE_BOOKING, BOOKING)

    assert (decided.decision.outcome, decided.decision.reason) == ("phone", "organisation-shadow")
    assert (decided.shadow.outcome, decided.shadow.layer, decided.shadow.shadow) == ("direct", OWN, True)
    assert decided.decisions == (decided.decision, decided.shadow)
    assert decided.shadow.words != replace(decided.shadow, shadow=False).words


def test_a_remembered_answer_keeps_whose_it_was_and_is_told_once():
    heard = []
    rules = rules_of(observer=heard.append, restrict_sharing=Restriction.withhold("not-here"))

    first, again = (rules.decided(RESTRICT_SHARING, SharingQuestion("note")) for _ in range(2))

    assert again is first
    assert [call.decision for call in heard] == [first.decision]
    assert (first.decision.layer, first.decision.reason) == (OWN, "not-here")


def test_an_observer_learns_what_holds_after_a_failure_and_in_the_shadow():
    heard = []
    rules = rules_of(observer=heard.append, decide_booking=lambda _question: 1 / 0)
    rules.decide_booking(BOOKING)
    rules.enter("shadow")
    rules.restrict_sharing(NOTE)

    assert [(call.outcome, call.decision and call.decision.outcome) for call in heard] == [
        ("failed", "phone"),
        ("shadow", None),
        ("shadow", "withheld"),
    ]


def test_a_question_has_one_hash_and_another_has_another():
    def hash_of(question):
        return Decision("decide_booking", "trondheim", REGION, "1", "phone", question=question).question_hash

    assert hash_of(BOOKING) == hash_of(replace(BOOKING))
    assert len(hash_of(BOOKING)) == 64
    assert hash_of(BOOKING) != hash_of(replace(BOOKING, visit_type="vaccination"))


def test_what_is_no_question_has_no_hash_and_no_say():
    made = decision(RESTRICT_SHARING, SharingQuestion(["note"]))

    assert (made.question_hash, made.layer, made.outcome) == ("", SAFE_DEFAULT, "withheld")


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_every_hook_says_what_was_decided_in_a_code(hook):
    for one in questions_for(hook.name):
        made = rules_of().decided(hook, one).decision
        assert is_code(made.outcome)
        assert made.reason == "" or is_code(made.reason)
        assert made.layer == REGION
        assert len(made.question_hash) == 64
        assert repr(one) not in repr(made)
