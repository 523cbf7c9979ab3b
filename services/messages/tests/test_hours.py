"""Working hours, by the wall clock in Oslo."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_kernel.clock import OSLO
from helsami_messages.ways.hours import LATEST, after_working_hours, is_working_day
from helsami_sdk.manifest import Hours

EIGHT_TO_THREE = Hours(time(8), time(15))
SECOND = timedelta(seconds=1)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=3652)).map(lambda past: datetime(2025, 1, 1, tzinfo=UTC) + past)
ASKED = st.integers(1, 40)
HOURS = st.tuples(st.integers(0, 22), st.integers(1, 12)).map(lambda day: Hours(time(day[0]), time(min(23, sum(day)))))


def oslo(text):
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


def worked(since, until, hours):
    """How long somebody was at work between two moments: each minute of each day, as a calendar and a clock show it."""
    total, day = timedelta(), since.astimezone(OSLO).date()
    while day <= until.astimezone(OSLO).date():
        if is_working_day(day):
            opens, closes = (datetime.combine(day, at, OSLO).astimezone(UTC) for at in (hours.opens, hours.closes))
            total += max(min(closes, until) - max(opens, since), timedelta())
        day += timedelta(days=1)
    return total


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02T09:00", 1, "2026-03-02T10:00"),
        ("2026-03-02T09:00", 6, "2026-03-02T15:00"),  # as the phone closes
        ("2026-03-02T09:00", 8, "2026-03-03T10:00"),
        ("2026-03-02T06:00", 1, "2026-03-02T09:00"),  # before it opens
        ("2026-03-02T20:00", 1, "2026-03-03T09:00"),
        ("2026-03-06T14:00", 2, "2026-03-09T09:00"),  # over a weekend
        ("2026-04-01T14:00", 2, "2026-04-07T09:00"),  # over Easter
        ("2026-05-15T14:00", 2, "2026-05-18T09:00"),  # the Constitution Day of 2026 is a Sunday
        ("2027-05-14T14:00", 2, "2027-05-18T09:00"),  # and that of 2027 a Monday
        ("2026-12-24T14:00", 2, "2026-12-28T09:00"),
        ("2026-03-27T14:00", 2, "2026-03-30T09:00"),  # the clocks go forward in between
        ("2026-10-23T14:00", 2, "2026-10-26T09:00"),  # and back
    ],
)
def test_so_many_working_hours_later(start, hours, due):
    assert after_working_hours(oslo(start), hours, EIGHT_TO_THREE) == oslo(due)


def test_a_public_holiday_and_a_weekend_are_no_working_days():
    for day in (date(2026, 5, 1), date(2026, 4, 3), date(2026, 12, 25), date(2026, 3, 7), date(2026, 3, 8)):
        assert not is_working_day(day)
    assert is_working_day(date(2026, 3, 9))


@given(MOMENTS, ASKED, HOURS)
def test_exactly_so_many_hours_are_worked_until_then_and_then_somebody_works(start, asked, hours):
    due = after_working_hours(start, asked, hours)

    assert worked(start, due, hours) == timedelta(hours=asked)
    assert worked(due - SECOND, due, hours) == SECOND  # never later than it has to be


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=30)), ASKED)
def test_what_arrives_later_is_not_due_earlier(start, later, asked):
    earlier = after_working_hours(start, asked, EIGHT_TO_THREE)

    assert earlier <= after_working_hours(start + later, asked, EIGHT_TO_THREE)
    assert earlier < after_working_hours(start, asked + 1, EIGHT_TO_THREE)


def test_nothing_lies_for_ever_because_a_phone_is_hardly_answered():
    start = oslo("2026-03-02T09:00")

    assert after_working_hours(start, 40, Hours(time(8), time(8, 0, 1))) == start.astimezone(UTC) + LATEST


@pytest.mark.parametrize("night", ["2026-03-29", "2026-10-25"])
def test_hours_at_night_are_as_long_as_they_last(night, monkeypatch):
    """Sundays are no working days; where they were, the night of the change would have one hour more or fewer."""
    monkeypatch.setattr("helsami_messages.ways.hours.WEEK", 7)
    midnight = oslo(f"{night}T00:00")

    due = after_working_hours(midnight, 4, Hours(time(0), time(6)))

    assert due - midnight.astimezone(UTC) == timedelta(hours=4)
