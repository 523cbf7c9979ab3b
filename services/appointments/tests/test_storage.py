"""What the database itself refuses, whoever writes: on SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from helsami_appointments import models
from helsami_appointments.models import APPOINTMENTS, SLOTS
from helsami_kernel.errors import Conflict, NotFound

HALF_AN_HOUR = timedelta(minutes=30)
TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def slots(journal):
    """Two slots of one clinician that overlap by ten minutes, one beside them, and one of another clinician."""
    journal.schedule("s1", "lege-1")
    journal.schedule("s2", "lege-2")
    journal.schedule("s3", "lege-1")
    return {
        "first": journal.slot("first", hours=1),
        "overlapping": journal.slot("overlapping", hours=1 + 1 / 6, schedule="s3"),
        "following": journal.slot("following", hours=1 + 1 / 3),
        "elsewhere": journal.slot("elsewhere", hours=1 + 1 / 6, schedule="s2"),
    }


@pytest.fixture
def book(store):
    def take(slot, citizen="c1"):
        with store.transaction(citizen) as tx:
            return tx.book(tx.slot(slot).book())

    return take


def test_the_tables_are_those_that_the_migrations_make(store):
    inspector = sa.inspect(store._database.engine)
    for table in models.metadata.sorted_tables:
        made = {
            column["name"]: (column["nullable"], str(column["type"])) for column in inspector.get_columns(table.name)
        }
        meant = {
            column.name: (column.nullable, column.type.dialect_impl(store._database.engine.dialect).compile())
            for column in table.columns
        }
        assert {name: nullable for name, (nullable, _) in made.items()} == {
            name: nullable for name, (nullable, _) in meant.items()
        }
        assert {name for name, (_, kind) in made.items() if kind.startswith("VARCHAR")} == {
            name for name, (_, kind) in meant.items() if kind.startswith("VARCHAR")
        }
        assert {kind for _, kind in made.values() if kind.startswith("VARCHAR")} == {
            kind for _, kind in meant.values() if kind.startswith("VARCHAR")
        }


def test_a_clinician_is_booked_once_at_a_time(slots, book):
    book(slots["first"])

    with pytest.raises(Conflict, match="slot-taken"):
        book(slots["overlapping"], "c2")

    book(slots["following"], "c2")


def test_a_citizen_is_in_one_place_at_a_time(slots, book):
    book(slots["first"])

    with pytest.raises(Conflict, match="appointment-overlaps"):
        book(slots["elsewhere"])

    book(slots["elsewhere"], "c2")
    book(slots["following"])


def test_a_slot_is_booked_once_even_where_it_looks_free(slots, book, store):
    book(slots["first"])
    moved = sa.update(SLOTS).where(SLOTS.c.id == slots["first"])
    with store.transaction(None) as tx:
        later = tx.slot(slots["first"]).span.starts_at + timedelta(days=1)
        tx.connection.execute(moved.values(taken_by=None, starts_at=later, ends_at=later + HALF_AN_HOUR))

    with pytest.raises(Conflict, match="slot-taken"):
        book(slots["first"], "c2")


def test_another_organisations_clinician_of_the_same_key_is_somebody_else(slots, book, journal):
    journal.schedule("s1", "lege-1", organisation="oya_legesenter")
    there = journal.slot("first", hours=1, organisation="oya_legesenter")
    book(slots["first"])

    book(there, "c2")


def test_an_appointment_that_is_not_booked_takes_nobodys_time(slots, book, store):
    book(slots["first"])
    with store.transaction("c1") as tx:
        tx.connection.execute(sa.update(APPOINTMENTS).values(status="cancelled"))

    book(slots["overlapping"], "c2")
    book(slots["elsewhere"])


def test_a_booking_that_comes_back_finds_its_time_taken(slots, book, store):
    """A change is held to the constraints as a new booking is."""
    cancelled = book(slots["first"])
    with store.transaction("c1") as tx:
        tx.connection.execute(sa.update(APPOINTMENTS).values(status="cancelled"))
    book(slots["overlapping"], "c2")

    back = sa.update(APPOINTMENTS).where(APPOINTMENTS.c.id == cancelled["id"]).values(status="booked")
    with pytest.raises(sa.exc.IntegrityError, match="appointments_clinician_time"), store.transaction("c1") as tx:
        tx.connection.execute(back)


def test_a_conflict_says_nothing_of_who_was_there_before(slots, book):
    book(slots["first"], "c2")

    with pytest.raises(Conflict) as refusal:
        book(slots["overlapping"])

    assert refusal.value.args == ("slot-taken",)
    assert (refusal.value.__cause__, refusal.value.__suppress_context__) == (None, True)


def test_slots_without_a_known_clinician_share_nobodys_time(journal, book):
    for key in ("s8", "s9"):
        journal.schedule(key, actor=[{"reference": "Location/blood-tests", "display": "Blodprøver"}])

    book(journal.slot("t8", schedule="s8"))
    book(journal.slot("t9", schedule="s9"), "c2")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_statement_that_forgets_the_owner_still_sees_no_other_citizens_appointments(slots, book, store):
    book(slots["first"])

    def seen(citizen):
        with store.transaction(citizen) as tx:
            return len(tx.connection.execute(sa.select(APPOINTMENTS.c.id)).all())

    assert (seen("c1"), seen("c2"), seen(None)) == (1, 0, 0)


def test_a_slot_that_is_not_there_is_not_found(store):
    with store.transaction("c1") as tx, pytest.raises(NotFound, match="slot-not-found"):
        tx.slot("5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55")


def test_nobody_has_appointments_of_nobody(store, slots):
    with store.transaction(None) as tx, pytest.raises(ValueError, match="nobody"):
        tx.book(tx.slot(slots["first"]).book())
