"""Slots of one schedule that overlap are found, whoever adds them at the same time."""

from collections import Counter
from datetime import timedelta

import eventlet
import pytest

from helsami_appointments.domain import Opening, Span
from helsami_appointments.slots import overlaps
from helsami_appointments.storage import _id
from helsami_appointments.waitlist.storage import Writes
from helsami_kernel.database import Database

HOUR = timedelta(hours=1)


@pytest.fixture
def found(store, clock):
    """Which slot of schedule s1 a new one would overlap."""

    def look(begins, ends, key="new", schedule="s1"):
        with store.transaction(None) as tx:
            span = Span(clock() + begins * HOUR, clock() + ends * HOUR)
            return tx.overlapping_slot("trondheim", Opening(key, schedule, "", "", span, free=True))

    return look


def test_a_slot_overlaps_what_has_a_moment_in_common_with_it_and_not_its_neighbours(journal, found):
    journal.schedule()
    there = journal.slot("t1", hours=2, minutes=60)

    overlapping = [(1, 2.5), (2.5, 4), (2, 3), (2.2, 2.8), (1, 4)]
    beside = [(1, 2), (3, 4), (5, 6)]
    assert [found(*span) for span in overlapping] == [there] * len(overlapping)
    assert [found(*span) for span in beside] == [None] * len(beside)


def test_a_slot_does_not_overlap_itself_nor_one_of_another_schedule_or_organisation(journal, found):
    for organisation, schedule in (("trondheim", "s2"), ("oya_legesenter", "s1"), ("trondheim", "s1")):
        journal.schedule(schedule, organisation=organisation)
        journal.slot(f"of-{schedule}", hours=2, schedule=schedule, organisation=organisation)

    assert found(2, 3, key="of-s1") is None
    assert found(2, 3) == _id("Slot", "trondheim", "of-s1")


def test_the_time_of_a_busy_slot_is_not_another_ones(journal, found):
    journal.schedule()
    busy = journal.slot("t1", hours=2, status="busy")

    assert found(2, 3) == busy


def test_of_thirty_who_add_an_overlapping_slot_at_once_each_sees_who_was_before_it(url, journal, clock):
    journal.schedule()
    wide = Database(url, pool_size=30, clock=clock)

    def add(number):
        span = Span(clock() + HOUR + timedelta(minutes=number), clock() + 2 * HOUR)
        opening = Opening(f"t{number}", "s1", "", "", span, free=True)
        with wide.transaction(Writes, None) as tx:
            if tx.overlapping_slot("trondheim", opening) is not None:
                return "overlaps"
            eventlet.sleep(0)  # where no turns are taken, all others look now
            return tx.keep_slot("trondheim", opening)

    outcomes = Counter(eventlet.GreenPool(30).imap(add, range(30)))
    wide.close()

    assert outcomes == {"stored": 1, "overlaps": 29}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_two_who_add_to_the_same_schedules_in_another_order_do_not_wait_for_each_other(url, journal, clock):
    ids = [_id("Schedule", "trondheim", key) for key in ("s1", "s2")]
    for key in ("s1", "s2"):
        journal.schedule(key)
    wide = Database(url, pool_size=10, clock=clock)

    def both(number):
        with wide.transaction(Writes, None) as tx:
            found = overlaps.take_turns(tx.connection, *(ids if number % 2 else reversed(ids)))
            eventlet.sleep(0)
            return sorted(found)

    taken = list(eventlet.GreenPool(10).imap(both, range(10)))
    wide.close()

    assert taken == [sorted(ids)] * 10
