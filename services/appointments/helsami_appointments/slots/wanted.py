"""The slots that a command asks for, read and checked one by one: all of them are right, or none is opened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from helsami_appointments.calendar.wall import exists, utc_of, wall_of
from helsami_appointments.domain import Span
from helsami_appointments.slots import opening
from helsami_appointments.slots.opening import DAYS, ClinicHours, Skipped, Wanted
from helsami_appointments.slots.schemas import TIME
from helsami_kernel.clock import written
from helsami_kernel.errors import Conflict, FieldProblem, Malformed, Refused

MOST_NAMED: Final = 20


def wanted_of(wish: Mapping[str, Any], now: datetime) -> tuple[list[Wanted], list[Skipped]]:
    """
    The slots that a command asks for, and the times that clinic hours leave out.

    Raises Malformed, Conflict("slot-past"), and Refused `no-such-local-time` or `too-many-slots`; nothing is opened
    where any of them is wrong.
    """
    wanted = [Wanted(_span(one, f"slots.{number}", now), f"slots.{number}") for number, one in enumerate(wish["slots"])]
    every = [_hours(one, f"hours.{number}", now) for number, one in enumerate(wish["hours"])]
    if len(wanted) + sum(len(hours.open_days) * hours.a_day for hours in every) > opening.MOST_AT_ONCE:
        expected = f"at most {opening.MOST_AT_ONCE} slots at once: fewer days, or longer slots"
        raise Refused("too-many-slots", FieldProblem("hours", expected))
    skipped: list[Skipped] = []
    for number, hours in enumerate(every):
        spans, left_out = opening.within(hours, now)
        wanted += [Wanted(span, f"hours.{number}") for span in spans]
        skipped += left_out
    return sorted(wanted, key=lambda one: one.span.starts_at), skipped


def check_apart(wanted: list[Wanted], there: list[Span]) -> None:
    """Refuse slots that overlap each other, or others of their schedule: Conflict("slot-overlaps"), naming each."""
    problems = [
        FieldProblem(one.field, f"times of no other slot of the schedule; {written(one.span.starts_at)} overlaps one")
        for one in opening.overlapping(wanted, there)[:MOST_NAMED]
    ]
    if problems:
        raise Conflict("slot-overlaps", *problems)


def _span(one: Mapping[str, str], field: str, now: datetime) -> Span:
    starts_at, ends_at = (_moment(one[end], f"{field}.{end}") for end in ("starts", "ends"))
    if not timedelta(0) < ends_at - starts_at <= opening.LONGEST_SLOT:
        raise Malformed("malformed", FieldProblem(f"{field}.ends", "a time after it starts, by at most a day"))
    if starts_at <= now:
        raise Conflict("slot-past", FieldProblem(f"{field}.starts", "a time to come"))
    if starts_at > now + opening.HORIZON:
        raise Malformed("malformed", FieldProblem(f"{field}.starts", "a time within two years"))
    return Span(starts_at, ends_at)


def _moment(text: str, field: str) -> datetime:
    """A moment in UTC; of two with the same wall time, the first."""
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
        if exists(read):
            return utc_of(read)
    except (ValueError, OverflowError):
        raise Malformed("malformed", FieldProblem(field, TIME)) from None
    raise Refused("no-such-local-time", FieldProblem(field, "a time that the clocks in Oslo show"))


def _hours(one: Mapping[str, Any], field: str, now: datetime) -> ClinicHours:
    hours = ClinicHours(
        first=one["first"],
        last=one["last"],
        days=frozenset(DAYS.index(day) for day in one["days"]),
        opens=_since_midnight(one["opens"]),
        closes=_since_midnight(one["closes"]),
        each=timedelta(minutes=one["minutes"]),
        closed=frozenset(one["closed"]),
    )
    today = wall_of(now).date()
    if hours.last > today + opening.HORIZON:
        raise Malformed("malformed", FieldProblem(f"{field}.to", "a day within two years"))
    if hours.closes <= hours.opens or hours.a_day < 1:
        raise Malformed("malformed", FieldProblem(f"{field}.closes", "a time that leaves room for a slot"))
    if not timedelta(0) <= hours.last - hours.first <= opening.LONGEST_PERIOD:
        raise Malformed("malformed", FieldProblem(f"{field}.to", "from the first day on, at most a year"))
    if hours.first < today:
        raise Conflict("slot-past", FieldProblem(f"{field}.from", "today, or a day to come"))
    return hours


def _since_midnight(text: str) -> timedelta:
    hour, _, minute = text.partition(":")
    return timedelta(hours=int(hour), minutes=int(minute))
