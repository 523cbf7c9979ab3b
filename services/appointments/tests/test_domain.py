"""Slots become appointments, and spans have a length."""

from datetime import datetime, timedelta, timezone

import pytest

from helsami_appointments.domain import Meeting, Slot, Span

STARTS = datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=1)))
SPAN = Span(STARTS, STARTS + timedelta(minutes=20))
MEETING = Meeting("consultation", "Legetime", "doctors", "Legekontoret", "lege-1", "Klar Kompass")


@pytest.mark.parametrize("minutes", [0, -1])
def test_a_span_that_lasts_no_time_is_none(minutes):
    with pytest.raises(ValueError, match="ends after it starts"):
        Span(STARTS, STARTS + timedelta(minutes=minutes))


def test_a_booked_slot_is_an_appointment_at_its_time():
    slot = Slot("slot-1", "trondheim", MEETING, SPAN, free=True)

    booked = slot.book()

    assert (booked.organisation, booked.status, booked.slot, booked.span) == ("trondheim", "booked", "slot-1", SPAN)


def test_what_a_meeting_leaves_unsaid_another_says():
    assert Meeting(kind="Kontroll").or_else(MEETING) == Meeting(
        "consultation", "Kontroll", "doctors", "Legekontoret", "lege-1", "Klar Kompass"
    )
