"""Holding a free time while one confirms."""

from datetime import timedelta
from functools import partial

import eventlet
import pytest
import sqlalchemy as sa

from helsami_appointments.models import SLOTS
from helsami_kernel.errors import Conflict, Forbidden, NotFound, Refused
from helsami_kernel.obligations import claim
from helsami_sdk.answers import BookingDecision
from helsami_sdk.testing import organisations_of, rules_of

MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
FIVE_MINUTES = timedelta(minutes=5)


@pytest.fixture
def slot(journal):
    journal.schedule()
    return journal.slot("t1")


@pytest.fixture
def free(appointments, citizen):
    return lambda subject: [slot["id"] for slot in appointments.slots({}, citizen(subject))["slots"]]


def test_a_held_time_is_offered_to_nobody_else_and_booked_by_its_holder(appointments, citizen, slot, free):
    held = appointments.hold({"slot": slot}, citizen())

    assert held == {"slot": slot, "held_until": "2026-03-02T08:05:00Z"}
    assert (free("c1"), free("c2")) == ([slot], [])
    for command in (appointments.book, appointments.hold):
        with pytest.raises(Conflict, match="slot-taken"):
            command({"slot": slot}, citizen("c2"))
    appointments.book({"slot": slot}, citizen())


def test_a_hold_that_is_over_holds_nothing_whether_anybody_has_tidied_up_or_not(
    appointments, citizen, slot, free, clock
):
    appointments.hold({"slot": slot}, citizen())
    clock.move(FIVE_MINUTES - timedelta(seconds=1))
    assert free("c2") == []
    clock.move(timedelta(seconds=1))

    assert free("c2") == [slot]
    appointments.book({"slot": slot}, citizen("c2"))
    with pytest.raises(Conflict, match="slot-taken"):
        appointments.book({"slot": slot}, citizen())


def test_to_hold_again_does_not_make_it_longer(appointments, citizen, slot, clock):
    first = appointments.hold({"slot": slot}, citizen())
    clock.move(timedelta(minutes=4))
    assert appointments.hold({"slot": slot}, citizen()) == first
    clock.move(timedelta(minutes=1))

    appointments.hold({"slot": slot}, citizen("c2"))


def test_a_citizen_holds_one_time_at_once(appointments, citizen, journal, slot, free):
    other = journal.slot("t2", hours=3)
    appointments.hold({"slot": slot}, citizen())
    appointments.hold({"slot": other}, citizen())

    assert free("c2") == [slot]


def test_a_moved_appointment_takes_a_time_that_its_citizen_holds_and_no_other(appointments, citizen, journal, slot):
    others, mine = journal.slot("t2", hours=3), journal.slot("t3", hours=5)
    booked = appointments.book({"slot": slot}, citizen())["id"]
    appointments.hold({"slot": others}, citizen("c2"))
    appointments.hold({"slot": mine}, citizen())

    with pytest.raises(Conflict, match="slot-taken"):
        appointments.move({"appointment": booked, "slot": others}, citizen())
    appointments.move({"appointment": booked, "slot": mine}, citizen())


def test_a_record_systems_word_counts_more_than_a_hold(appointments, citizen, journal, slot):
    appointments.hold({"slot": slot}, citizen())
    journal.appointment("a1", "c2", slot=[{"reference": "Slot/t1"}])

    with pytest.raises(Conflict, match="slot-taken"):
        appointments.book({"slot": slot}, citizen())


def test_what_cannot_be_booked_is_not_held(appointments, citizen, journal, slot):
    for named, refusal, code in (
        (MISSING, NotFound, "slot-not-found"),
        (journal.slot("over", hours=-1), Conflict, "slot-past"),
        (journal.slot("busy", hours=2, status="busy"), Conflict, "slot-taken"),
    ):
        with pytest.raises(refusal, match=code):
            appointments.hold({"slot": named}, citizen())
    with pytest.raises(Forbidden):
        appointments.hold({"slot": slot}, citizen(None))
    appointments.rules = organisations_of(rules_of(decide_booking=BookingDecision.phone()))
    with pytest.raises(Refused, match="by-phone-only"):
        appointments.hold({"slot": slot}, citizen())


def test_a_hold_is_tidied_up_when_it_is_over_and_the_next_one_is_left_alone(
    appointments, citizen, slot, store, clock
):
    def holders():
        with store.transaction(None) as tx:
            return tx.connection.execute(sa.select(SLOTS.c.held_by).where(SLOTS.c.held_by.is_not(None))).all()

    appointments.hold({"slot": slot}, citizen())
    clock.move(FIVE_MINUTES)
    (due,) = claim(store._database, ["release_hold"])
    appointments.hold({"slot": slot}, citizen("c2"))
    appointments.release_hold(due)
    assert len(holders()) == 1
    clock.move(FIVE_MINUTES)
    *_, due = claim(store._database, ["release_hold"])
    appointments.release_hold(due)

    assert holders() == []


def test_of_a_hundred_who_hold_and_book_one_slot_at_once_one_has_it(appointments, citizen, slot, crowd, rows):
    def hold_and_book(who):
        appointments.hold({"slot": slot}, citizen(who))
        eventlet.sleep(0)
        appointments.book({"slot": slot}, citizen(who))

    outcomes = crowd(*(partial(hold_and_book, f"c{number}") for number in range(100)))

    assert outcomes == {"ok": 1, "slot-taken": 99}
    assert [rows(table) for table in ("appointments", "outbox")] == [1, 1]


def test_who_acts_for_a_citizen_holds_times_of_their_own(appointments, citizen, journal, slot):
    parent = citizen("c1", actor="c9", basis="parental", age_band="0-11")
    other = journal.slot("t2", hours=96)
    appointments.hold({"slot": slot}, citizen())
    appointments.hold({"slot": other}, parent)

    def found(reader):
        return [each["id"] for each in appointments.slots({}, reader)["slots"]]

    assert (found(citizen()), found(parent)) == ([slot], [other])
    with pytest.raises(NotFound, match="slot-not-found"):
        appointments.slot({"slot": slot}, parent)
    with pytest.raises(NotFound, match="hold-not-found"):
        appointments.release({"slot": slot}, parent)
    for command in (appointments.book, appointments.hold):
        with pytest.raises(Conflict, match="slot-taken"):
            command({"slot": slot}, parent)
    appointments.book({"slot": slot}, citizen())
    assert appointments.release({"slot": other}, parent) == {"slot": other}
    appointments.hold({"slot": other}, parent)
    appointments.book({"slot": other}, parent)


def test_a_hold_on_somebodys_behalf_is_tidied_up_as_well(appointments, citizen, slot, store, clock):
    appointments.hold({"slot": slot}, citizen("c1", actor="c9", basis="parental", age_band="0-11"))
    clock.move(FIVE_MINUTES)
    (due,) = claim(store._database, ["release_hold"])
    appointments.release_hold(due)

    with store.transaction(None) as tx:
        held = sa.select(SLOTS.c.held_by).where(SLOTS.c.held_by.is_not(None))
        assert tx.connection.execute(held).all() == []
