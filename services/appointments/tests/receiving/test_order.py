"""Of two words of a record system the later counts, whichever comes first; and what was decided here is not undone."""

from datetime import timedelta

import pytest

STORED = {"outcome": "stored"}
UNCHANGED = {"outcome": "unchanged"}
SLOT = {"slot": [{"reference": "Slot/t1"}]}


@pytest.fixture
def slots(journal):
    journal.schedule()
    return {"t1": journal.slot("t1", hours=2), "t2": journal.slot("t2", hours=4), "t3": journal.slot("t3", hours=6)}


@pytest.fixture
def booked(appointments, citizen, slots):
    return appointments.book({"slot": slots["t1"]}, citizen())["id"]


def times(items):
    return [(item["starts_at"][11:16], item["status"]) for item in items]


def test_an_older_word_that_comes_later_changes_nothing(journal, items, written):
    assert journal.appointment("a1", hours=2, **written(20)) == STORED

    assert journal.appointment("a1", hours=5, **written(10)) == UNCHANGED

    assert times(items()) == [("10:00", "booked")]


def test_a_later_word_counts_and_the_same_again_is_unchanged(journal, items, written):
    journal.appointment("a1", hours=2, **written(10))

    assert journal.appointment("a1", hours=5, **written(20)) == STORED
    assert journal.appointment("a1", hours=5, **written(20)) == UNCHANGED
    assert journal.appointment("a1", hours=5, **written(30)) == UNCHANGED
    assert journal.appointment("a1", hours=2, **written(25)) == UNCHANGED

    assert times(items()) == [("13:00", "booked")]


def test_a_word_without_a_time_counts_as_it_comes(journal, items, written):
    journal.appointment("a1", hours=2, **written(20))

    assert journal.appointment("a1", hours=5) == STORED
    assert journal.appointment("a1", hours=2, **written(10)) == UNCHANGED

    assert times(items()) == [("13:00", "booked")]


def test_what_was_entered_in_error_does_not_come_back_with_an_older_word(journal, items, written):
    journal.appointment("a1", hours=2, **written(10))
    assert journal.appointment("a1", hours=2, status="entered-in-error", **written(30)) == STORED

    assert journal.appointment("a1", hours=2, **written(20)) == UNCHANGED
    assert items() == []

    assert journal.appointment("a1", hours=2, **written(40)) == STORED
    assert times(items()) == [("10:00", "booked")]


def test_an_error_that_is_older_than_what_is_known_takes_nothing_back(journal, items, written):
    journal.appointment("a1", hours=2, **written(30))

    assert journal.appointment("a1", status="entered-in-error", **written(20)) == UNCHANGED

    assert len(items()) == 1


def test_an_error_that_comes_before_what_it_takes_back_counts_all_the_same(journal, items, written):
    assert journal.appointment("a1", status="entered-in-error", **written(30)) == UNCHANGED

    assert journal.appointment("a1", hours=2, **written(20)) == UNCHANGED

    assert items() == []


def test_another_citizens_error_is_not_this_ones(journal, items, written):
    journal.appointment("a1", "c2", status="entered-in-error", **written(30))

    assert journal.appointment("a1", hours=2, **written(20)) == STORED

    assert len(items()) == 1


def test_a_cancellation_need_not_say_when_the_appointment_was_to_be(journal, items):
    journal.appointment("a1", hours=2)

    assert journal.appointment("a1", status="cancelled", start=None, end=None) == STORED

    assert times(items()) == [("10:00", "cancelled")]


def test_a_word_that_names_no_slot_confirms_the_booking_that_begins_with_it(journal, items, booked, free):
    assert journal.appointment("a1", hours=2, patientInstruction="Møt fastende.") == STORED

    (item,) = items()
    assert (item["id"], item["instructions"]) == (booked, "Møt fastende.")
    assert "t1" not in free(), "the slot is still theirs"
    assert journal.appointment("a1", hours=2, patientInstruction="Møt fastende.") == UNCHANGED


def test_a_word_that_names_no_slot_at_another_time_is_another_appointment(journal, items, booked):
    journal.appointment("a1", hours=8)

    assert len(items()) == 2


@pytest.fixture
def free(appointments, citizen, slots):
    """The keys of the slots that are free."""

    def keys():
        offered = {slot["id"] for slot in appointments.slots({}, citizen("c9"))["slots"]}
        return [key for key, slot in slots.items() if slot in offered]

    return keys


@pytest.fixture
def cancelled(appointments, citizen, booked):
    """A booking that its citizen has cancelled before its record system told anything of it."""
    return appointments.cancel({"appointment": booked}, citizen())["id"]


@pytest.fixture
def moved(appointments, citizen, booked, slots):
    """A booking that its citizen has moved twice before its record system told anything of it."""
    appointments.move({"appointment": booked, "slot": slots["t2"]}, citizen())
    return appointments.move({"appointment": booked, "slot": slots["t3"]}, citizen())["id"]


@pytest.mark.parametrize("named", [SLOT, {}], ids=["by-its-slot", "by-its-time"])
def test_a_first_confirmation_after_a_cancellation_here_does_not_come_back_as_a_new_appointment(
    journal, items, cancelled, free, named, told
):
    assert journal.appointment("a1", hours=2, **named) == UNCHANGED

    assert times(items()) == [("10:00", "cancelled")]
    assert free() == ["t1", "t2", "t3"]
    assert told() == [("appointment_cancelled", cancelled, 2)]
    assert journal.appointment("a1", hours=2, **named) == UNCHANGED
    assert journal.appointment("a1", hours=2, status="cancelled", **named) == STORED
    assert times(items()) == [("10:00", "cancelled")], "the record system's own cancellation is of the same appointment"


@pytest.mark.parametrize("named", [SLOT, {}], ids=["by-its-slot", "by-its-time"])
def test_a_first_confirmation_after_a_move_here_leaves_the_appointment_where_it_is(journal, items, moved, free, named):
    assert journal.appointment("a1", hours=2, **named) == UNCHANGED
    assert journal.appointment("a1", hours=4, slot=[{"reference": "Slot/t2"}]) == UNCHANGED, "it was there meanwhile"

    assert times(items()) == [("14:00", "booked")]
    assert free() == ["t1", "t2"]
    assert journal.appointment("a1", hours=6, slot=[{"reference": "Slot/t3"}]) == STORED
    assert [item["id"] for item in items()] == [moved]


def test_a_record_system_cancels_also_what_was_moved_here_meanwhile(journal, items, moved):
    journal.appointment("a1", hours=2, **SLOT)

    assert journal.appointment("a1", hours=2, status="cancelled", **SLOT) == STORED

    assert [(item["id"], item["status"]) for item in items()] == [(moved, "cancelled")]


def test_after_a_day_a_word_on_a_slot_that_was_left_is_of_a_new_appointment(
    appointments, citizen, journal, items, booked, clock
):
    """Whoever has cancelled may have been given the same time again by phone."""
    journal.slot("t1", hours=48)
    appointments.cancel({"appointment": booked}, citizen())
    clock.move(timedelta(hours=24))

    assert journal.appointment("a1", hours=48, **SLOT) == STORED

    assert sorted(item["status"] for item in items()) == ["booked"]


def test_another_citizens_word_on_a_slot_that_was_left_is_their_own(appointments, citizen, journal, items, booked):
    appointments.cancel({"appointment": booked}, citizen())

    assert journal.appointment("a1", "c2", hours=2, **SLOT) == STORED

    assert times(items("c2")) == [("10:00", "booked")]
    assert times(items()) == [("10:00", "cancelled")]
