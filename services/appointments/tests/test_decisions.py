"""What the organisations decide about times is kept: with the booking, with the refusal, or behind a search."""

import pytest
import sqlalchemy as sa

from helsami_kernel.database import DECISIONS
from helsami_kernel.errors import Conflict, Refused
from helsami_sdk.answers import BookingDecision
from helsami_sdk.testing import organisations_of, rules_of


@pytest.fixture
def decided(store):
    """What is kept, without what no test asks about."""

    def read():
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(DECISIONS)).all()
        return {(row.hook, row.outcome, row.reason, row.about, row.shadow) for row in rows}

    return read


@pytest.fixture
def slot(journal):
    journal.schedule()
    return journal.slot("t1")


def refusing(appointments, **answers):
    rules = rules_of(**answers)
    appointments.rules = organisations_of(rules)
    return rules


def test_a_booking_keeps_the_decision_with_the_appointment(appointments, citizen, slot, decided):
    booked = appointments.book({"slot": slot}, citizen())

    assert decided() == {("decide_booking", "direct", "", booked["id"], False)}


def test_a_refused_booking_keeps_the_decision_and_tells_its_id(appointments, citizen, slot, decided, rows):
    refusing(appointments, decide_booking=BookingDecision.phone("only-the-person"))

    with pytest.raises(Refused, match="only-the-person") as refused:
        appointments.book({"slot": slot}, citizen())

    assert decided() == {("decide_booking", "phone", "only-the-person", slot, False)}
    assert [one["id"] for one in appointments.store.decisions.explained(slot, None)] == [refused.value.decision]
    assert rows("appointments") == rows("outbox") == 0


def test_a_time_that_is_not_offered_is_refused_with_the_decision_about_it(appointments, citizen, slot, decided):
    refusing(appointments, decide_booking=BookingDecision.direct(), restrict_slots=frozenset())

    with pytest.raises(Refused, match="slot-not-offered") as refused:
        appointments.book({"slot": slot}, citizen())

    assert decided() == {("restrict_slots", "not-offered", "", slot, False)}
    assert refused.value.decision is not None


def test_a_booking_that_comes_too_late_keeps_nothing(appointments, citizen, slot, decided):
    appointments.book({"slot": slot}, citizen())
    kept = decided()

    with pytest.raises(Conflict, match="slot-taken"):
        appointments.book({"slot": slot}, citizen("c2"))

    assert decided() == kept


def test_a_booking_that_is_repeated_keeps_one_decision(appointments, citizen, slot, decided):
    for _ in range(2):
        appointments.book({"slot": slot}, citizen(idempotency_key="k"))

    assert len(decided()) == 1


def test_a_refusal_in_the_shadow_keeps_what_would_have_been(appointments, citizen, slot, decided):
    refusing(appointments, decide_booking=BookingDecision.direct()).enter("shadow")

    with pytest.raises(Refused, match="organisation-shadow"):
        appointments.book({"slot": slot}, citizen())

    assert decided() == {
        ("decide_booking", "phone", "organisation-shadow", slot, False),
        ("decide_booking", "direct", "", slot, True),
    }


def test_a_search_keeps_which_times_were_left_out_and_nothing_of_the_others(
    appointments, citizen, journal, slot, decided
):
    other = journal.slot("t2", hours=2)
    refusing(appointments, restrict_slots=frozenset({slot}))

    found = appointments.slots({}, citizen())
    appointments.store.decisions.write()

    assert [one["id"] for one in found["slots"]] == [slot]
    assert decided() == {("restrict_slots", "not-offered", "", other, False)}


def test_a_pause_is_why_nothing_is_offered(appointments, citizen, slot, decided):
    refusing(appointments).enter("paused")

    appointments.slots({}, citizen())
    appointments.store.decisions.write()

    assert decided() == {("restrict_slots", "not-offered", "organisation-paused", slot, False)}
