"""How a citizen gets something done with an appointment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_sdk import BookingDecision, BookingQuestion, Tier
from helsami_sdk.testing import answering, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
QUESTION = BookingQuestion("book", "consultation", NOW + timedelta(days=3), NOW)

deadlines = st.none() | st.integers(-48, 48).map(lambda hours: NOW + timedelta(hours=hours))
decisions = st.builds(BookingDecision, st.sampled_from(Tier), st.just("because"), deadlines)
ORDER = list(Tier)


def layered(*decisions):
    """Rules with one layer per decision, nearest first."""
    return rules_of(*(answering(decide_booking=decision) for decision in decisions))


def test_no_word_means_by_phone():
    decision = rules_of().decide_booking(QUESTION)

    assert decision == BookingDecision(Tier.PHONE, "by-phone-only", telephone="+47 00 00 00 01")


def test_an_error_means_by_phone_with_the_number():
    decision = rules_of(decide_booking=lambda question: question.no_such_fact).decide_booking(QUESTION)

    assert decision == BookingDecision(Tier.PHONE, "rules-unavailable", telephone="+47 00 00 00 01")


@pytest.mark.parametrize("nonsense", ["direct", True, {"tier": "direct"}, Tier.DIRECT])
def test_an_answer_that_is_none_means_by_phone(nonsense):
    assert rules_of(decide_booking=nonsense).decide_booking(QUESTION).reason == "rules-unavailable"


def test_the_strictest_way_and_the_earliest_deadline_hold():
    rules = layered(
        BookingDecision.direct(NOW + timedelta(hours=5)),
        BookingDecision.request("asks-first", NOW + timedelta(hours=9)),
    )

    decision = rules.decide_booking(QUESTION)

    assert (decision.tier, decision.reason) == (Tier.REQUEST, "asks-first")
    assert decision.deadline == NOW + timedelta(hours=5)


def test_after_the_deadline_only_the_phone_is_left():
    decision = rules_of(decide_booking=BookingDecision.direct(NOW)).decide_booking(QUESTION)

    assert (decision.tier, decision.reason, decision.deadline) == (Tier.PHONE, "too-late", None)


def test_a_plugin_cannot_take_the_number_away():
    forged = BookingDecision(Tier.PHONE, "no-calls", telephone="0")

    assert rules_of(decide_booking=forged).decide_booking(QUESTION).telephone == "+47 00 00 00 01"


def test_a_question_without_a_zone_means_by_phone():
    naive = BookingQuestion("book", "consultation", datetime(2026, 11, 25), datetime(2026, 11, 22))  # noqa: DTZ001

    decision = rules_of(decide_booking=BookingDecision.direct(NOW)).decide_booking(naive)

    assert decision.reason == "rules-unavailable"


@given(child=decisions, parent=decisions)
def test_a_child_cannot_widen_its_parent(child, parent):
    alone = layered(parent).decide_booking(QUESTION)
    together = layered(child, parent).decide_booking(QUESTION)

    assert ORDER.index(together.tier) >= ORDER.index(alone.tier)
    if together.tier is not Tier.PHONE and alone.deadline is not None:
        assert together.deadline <= alone.deadline
