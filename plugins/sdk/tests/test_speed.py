"""What a question costs in the process of the service that asks it."""

import timeit
from datetime import UTC, datetime, timedelta

import pytest

from helsami_sdk import BookingQuestion, ResultQuestion, SharingQuestion
from helsami_sdk.hooks import CLASSIFY_RESULT, RESTRICT_SHARING
from helsami_sdk.organisations import load_organisations

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
ROUNDS = 5_000


def microseconds(ask):
    """The best of five runs, in microseconds a call."""
    return min(timeit.repeat(ask, number=ROUNDS, repeat=5)) / ROUNDS * 1e6


@pytest.mark.bench
def test_a_question_costs_microseconds(capsys):
    rules = load_organisations()["oya_legesenter"]
    booking = BookingQuestion("book", "consultation", NOW + timedelta(days=3), NOW)
    result, again = (ResultQuestion("2857-1", category="laboratory") for _ in range(2))
    rules.classify_result(result)

    fresh = {
        "decide_booking": microseconds(lambda: rules.decide_booking(booking)),
        "classify_result": microseconds(lambda: rules._ask(CLASSIFY_RESULT, result)),
        "restrict_sharing": microseconds(lambda: rules._ask(RESTRICT_SHARING, SharingQuestion("note"))),
    }
    remembered = microseconds(lambda: rules.classify_result(again))

    with capsys.disabled():
        told = ", ".join(f"{hook} {cost:.1f}" for hook, cost in fresh.items())
        print(f"\nrules inline, µs a question: {told}; remembered {remembered:.2f}")  # noqa: T201
    assert max(fresh.values()) < 100
    assert remembered < 10
