"""What is asked in another form than agreed is refused with the field and what belongs there; what a citizen reads."""

from datetime import datetime, timedelta, timezone

import pytest

from helsami_appointments import schemas
from helsami_appointments.domain import Meeting, Slot, Span
from helsami_kernel.errors import Malformed, load

STARTS = datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=1)))
SLOT = Slot(
    "slot-1",
    "trondheim",
    Meeting("consultation", "Legetime", "doctors", "Legekontoret", "lege-1", "Klar Kompass"),
    Span(STARTS, STARTS + timedelta(minutes=20)),
    free=True,
)


def problems(schema, payload):
    with pytest.raises(Malformed) as refusal:
        load(schema, payload)
    return {problem.field: problem.expected for problem in refusal.value.problems}


@pytest.mark.parametrize("slot", ["slot-1", "", 7, None, ["x"]])
def test_a_slot_is_named_by_its_id(slot):
    assert problems(schemas.BookSlot, {"slot": slot}) == {"slot": "the id of a slot"}


def test_a_booking_says_the_slot_and_nothing_else():
    assert set(problems(schemas.BookSlot, {})) == {"slot"}
    slot = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
    assert set(problems(schemas.BookSlot, {"slot": slot, "citizen": "c2"})) == {"."}


@pytest.mark.parametrize(
    ("search", "field"),
    [
        ({"from": "2026-03-01T08:00:00"}, "from"),
        ({"to": "tomorrow"}, "to"),
        ({"from": "2026-03-01T08:00:00Z", "to": "2026-03-01T08:00:00Z"}, "to"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "5"}, "limit"),
        ({"unit": 7}, "unit"),
        ({"cursor": 7}, "cursor"),
        ({"since": "2026-03-01T08:00:00Z"}, "."),
    ],
)
def test_a_search_in_another_form_is_malformed(search, field):
    assert set(problems(schemas.Search, search)) == {field}


def test_a_search_without_anything_is_for_everything_to_come():
    assert load(schemas.Search, {}) == {
        "since": None,
        "until": None,
        "organisation": "",
        "unit": "",
        "visit_type": "",
        "clinician": None,
        "limit": 20,
        "cursor": None,
    }


def test_a_page_is_of_what_is_to_come_or_of_what_has_been():
    assert load(schemas.PageQuestion, {}) == {"when": "upcoming", "limit": 20, "cursor": None}
    assert problems(schemas.PageQuestion, {"when": "now"}) == {"when": "text, one of upcoming, past"}


def test_an_appointment_is_shown_with_its_times_in_utc():
    assert schemas.body(SLOT.book()) == {
        "kind": "Legetime",
        "unit": "doctors",
        "place": "Legekontoret",
        "clinician": "Klar Kompass",
        "starts_at": "2026-03-02T08:00:00Z",
        "ends_at": "2026-03-02T08:20:00Z",
        "window": False,
        "status": "booked",
        "cancelled_because": None,
        "setting": None,
        "instructions": None,
    }


def test_what_is_unknown_is_null():
    shown = schemas.body(Slot("slot-1", "trondheim", Meeting(), SLOT.span, free=True).book())

    assert {shown[name] for name in ("kind", "unit", "place", "clinician")} == {None}


def test_a_slot_shows_the_key_of_no_clinician():
    assert "lege-1" not in schemas.slot_shown(SLOT).values()
