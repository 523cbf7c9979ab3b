"""When the door of a consultation by video is open."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_appointments.domain import STATUSES, Appointment, Meeting, Span
from helsami_appointments.video.domain import LINK_LIFE, Kept, Room, Standing, State, Window

STARTS = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPAN = Span(STARTS, STARTS + timedelta(minutes=20))
OPENS, CLOSES = STARTS - timedelta(minutes=15), STARTS + timedelta(minutes=50)
TICK = timedelta(microseconds=1)
BOOKED = Appointment("trondheim", Meeting(), SPAN, "booked", setting="virtual")


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (OPENS - TICK, State.NOT_OPEN),
        (OPENS, State.OPEN),
        (STARTS, State.OPEN),
        (CLOSES - TICK, State.OPEN),
        (CLOSES, State.CLOSED),
    ],
)
def test_the_door_opens_a_quarter_before_and_closes_half_an_hour_after_the_end(now, state):
    assert Standing.of(BOOKED, now) == Standing(state, Window(OPENS, CLOSES))
    assert Room("r1", "trondheim", "group", SPAN).standing(now) == Standing(state, Window(OPENS, CLOSES))


def test_what_is_not_by_video_has_no_door():
    assert Standing.of(replace(BOOKED, setting="outpatient"), STARTS) == Standing(State.NONE)


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_what_is_cancelled_over_or_was_missed_is_closed_while_its_time_lasts(status):
    over = status in {"cancelled", "fulfilled", "noshow"}

    assert Standing.of(replace(BOOKED, status=status), STARTS).state is (State.CLOSED if over else State.OPEN)


def test_a_room_that_has_ended_is_closed():
    assert Room("r1", "trondheim", "group", SPAN, ended=True).standing(STARTS).state is State.CLOSED


@given(
    minutes=st.integers(1, 600), ahead=st.timedeltas(min_value=timedelta(hours=-2), max_value=timedelta(hours=12))
)
def test_no_link_outlives_its_door_or_its_five_minutes(minutes, ahead):
    window = Window.of(Span(STARTS, STARTS + timedelta(minutes=minutes)))
    now = STARTS + ahead

    if window.state(now) is State.OPEN:
        assert now < window.link_ends(now) <= min(window.closes_at, now + LINK_LIFE)


def test_what_is_kept_for_one_time_holds_for_no_other():
    kept = Kept(room="r1", starts_at=STARTS)

    assert kept.holds_for(BOOKED)
    assert not kept.holds_for(replace(BOOKED, span=Span(STARTS + TICK, CLOSES)))
    assert not Kept().holds_for(BOOKED)
