"""Clinic hours by the wall clock in Oslo, on usual days and on the two nights when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_appointments.calendar.wall import utc_of, wall_of
from helsami_appointments.domain import Span
from helsami_appointments.slots.opening import ClinicHours, Wanted, overlapping, within

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MARCH_NIGHT = date(2026, 3, 29)
OCTOBER_NIGHT = date(2026, 10, 25)
EVERY_DAY = frozenset(range(7))
MINUTE = timedelta(minutes=1)


def hours(day, opens, closes, minutes, last=None, days=EVERY_DAY, **more):
    opens, closes, each = (timedelta(minutes=number) for number in (60 * opens, 60 * closes, minutes))
    return ClinicHours(day, last or day, days, opens, closes, each, **more)


def starts(spans):
    return [f"{span.starts_at:%H:%M}" for span in spans]


def test_hours_give_slots_that_fit_on_each_of_their_days():
    spans, skipped = within(hours(date(2026, 3, 2), 9, 10.5, 40, date(2026, 3, 15), days=frozenset({0, 2})), NOW)

    assert [f"{span.starts_at:%d %H:%M}" for span in spans] == [
        f"{day:02} {clock}" for day in (2, 4, 9, 11) for clock in ("08:00", "08:40")
    ][1:]
    assert {span.ends_at - span.starts_at for span in spans} == {40 * MINUTE}
    assert [(one.why, f"{one.at:%d %H:%M}") for one in skipped] == [("slot-past", "02 09:00")]


def test_there_is_none_on_a_day_that_is_left_out():
    easter = frozenset({date(2026, 4, 2), date(2026, 4, 3)})
    spans, _ = within(hours(date(2026, 4, 1), 9, 10, 60, date(2026, 4, 4), closed=easter), NOW)

    assert [span.starts_at.day for span in spans] == [1, 4]


def test_when_the_clocks_go_forward_there_is_no_slot_at_the_times_that_they_skip():
    spans, skipped = within(hours(MARCH_NIGHT, 1, 4, 20), NOW)

    assert starts(spans) == ["00:00", "00:20", "00:40", "01:00", "01:20", "01:40"]
    assert [(f"{one.at:%H:%M}", one.why) for one in skipped] == [
        (clock, "no-such-local-time") for clock in ("02:00", "02:20", "02:40")
    ]


def test_when_the_clocks_go_forward_there_is_no_slot_that_the_one_before_runs_into():
    spans, skipped = within(hours(MARCH_NIGHT, 1.5, 4.5, 45), NOW)

    assert starts(spans) == ["00:30", "01:45"]
    assert [(f"{one.at:%H:%M}", one.why) for one in skipped] == [
        ("02:15", "no-such-local-time"),
        ("03:00", "clocks-go-forward"),
    ]


def test_when_the_clocks_go_back_the_hour_that_comes_twice_has_its_slots_the_first_time():
    spans, skipped = within(hours(OCTOBER_NIGHT, 1, 4, 30), NOW)

    assert starts(spans) == ["23:00", "23:30", "00:00", "00:30", "02:00", "02:30"]
    assert skipped == []


def test_hours_keep_their_wall_time_across_both_changes():
    saturdays = hours(date(2026, 3, 23), 8, 9, 60, date(2026, 4, 3))
    spans, _ = within(saturdays, NOW)

    assert {wall_of(span.starts_at).hour for span in spans} == {8}
    assert {span.starts_at.hour for span in spans} == {7, 6}


days_of_a_year = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(
    day=st.one_of(st.just(MARCH_NIGHT), st.just(OCTOBER_NIGHT), days_of_a_year),
    opens=st.integers(0, 23 * 60),
    length=st.integers(5, 600),
    each=st.integers(5, 120),
    more=st.integers(0, 3),
)
def test_slots_of_any_hours_follow_each_other_and_each_time_is_a_slot_or_is_named(day, opens, length, each, more):
    closes = min(opens + length, 24 * 60)
    asked = ClinicHours(
        day, day + timedelta(days=more), EVERY_DAY, opens * MINUTE, closes * MINUTE, each * MINUTE
    )
    spans, skipped = within(asked, datetime(2025, 1, 1, tzinfo=UTC))

    assert len(spans) + len(skipped) == len(asked.open_days) * asked.a_day == len(list(asked.walls()))
    assert all(one.ends_at <= other.starts_at for one, other in pairwise(spans))
    assert overlapping([Wanted(span, "hours") for span in spans], []) == []
    walls = {wall_of(span.starts_at).replace(fold=0) for span in spans}
    assert walls | {one.at for one in skipped} == set(asked.walls())
    assert {utc_of(wall) for wall in walls} == {span.starts_at for span in spans}


spans_of_a_day = st.builds(
    lambda begins, lasts: Span(NOW + begins * MINUTE, NOW + (begins + lasts) * MINUTE),
    st.integers(0, 100),
    st.integers(1, 30),
)


@given(new=st.lists(spans_of_a_day, max_size=6), old=st.lists(spans_of_a_day, max_size=6))
def test_what_overlaps_is_found_whenever_anything_does_and_only_then(new, old):
    def touch(one, other):
        return one.starts_at < other.ends_at and other.starts_at < one.ends_at

    wanted = [Wanted(span, str(number)) for number, span in enumerate(new)]
    pairs = [(a, b) for i, a in enumerate(new) for b in [*new[i + 1 :], *old] if touch(a, b)]

    found = overlapping(wanted, old)

    assert bool(found) is bool(pairs)
    assert {one.span for one in found} <= {span for pair in pairs for span in pair}


@pytest.mark.parametrize(("closes", "minutes", "number"), [(11.5, 20, 10), (8.25, 20, 0), (24, 5, 192)])
def test_a_day_has_as_many_slots_as_fit(closes, minutes, number):
    assert hours(date(2026, 3, 5), 8, closes, minutes).a_day == number
