"""When an event recurs: rules of RFC 5545, as far as calendars for people use them, and never without a bound."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from icalendar import vRecur

from helsami_appointments.calendar.days import days_of
from helsami_appointments.calendar.domain import Occurrence, OwnEvent
from helsami_appointments.calendar.wall import exists, midnight, utc_of, wall_of
from helsami_kernel.errors import FieldProblem, Malformed, Refused

MOST_OCCURRENCES: Final = 1000
NEAR: Final = timedelta(days=1)
HORIZON: Final = timedelta(days=3653)
LARGEST_INTERVAL: Final = 1000
REMEMBERED: Final = 256
"""How many rules' occurrences are remembered: at most 60 kB each."""

CHANGING: Final = range(1, 4)
"""The hours near which the clocks in Oslo change: to ask about any other whether it exists costs more than the rest."""

# Any other part can make a rule that takes for ever to find that it never applies.
PARTS: Final = {
    "DAILY": re.compile(r"(?:)"),
    "WEEKLY": re.compile(r"(?:BYDAY=(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*)?"),
    "MONTHLY": re.compile(r"(?:BYMONTHDAY=-?\d{1,2}|BYDAY=(?:[1-5]|-1)(?:MO|TU|WE|TH|FR|SA|SU))?"),
    "YEARLY": re.compile(r"(?:)"),
}
ENDS: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL"})
RULE: Final = re.compile(r"[A-Z]+=[A-Z0-9,+-]+(?:;[A-Z]+=[A-Z0-9,+-]+)*")
UNFIT: Final = FieldProblem(
    "rule",
    "FREQ=DAILY, WEEKLY, MONTHLY or YEARLY with INTERVAL, COUNT or UNTIL, weekly with BYDAY, monthly with BYMONTHDAY"
    " or one BYDAY such as 2TU (RFC 5545)",
)
TOO_MANY: Final = FieldProblem("rule", f"at most {MOST_OCCURRENCES} occurrences, within ten years")


def check_rule(rule: str, starts_at: datetime) -> datetime:
    """
    Say when the last occurrence of a rule begins, in UTC; a rule without an end has MOST_OCCURRENCES or ten years.

    Raises Malformed for what is no rule of ours, Refused `too-many-occurrences`, or `rule-does-not-fit` where its first
    occurrence is not the event's own start.
    """
    parts = _parts(rule)
    count, first = _one(parts, "COUNT"), wall_of(starts_at)
    until = _until(parts)
    if (count or 0) > MOST_OCCURRENCES or (until and until - first.replace(fold=0) > HORIZON):
        raise Refused("too-many-occurrences", TOO_MANY)
    found = _walls(rule, first.replace(fold=0))
    if found[:1] != (first.replace(fold=0),):
        raise Refused("rule-does-not-fit", FieldProblem("rule", "its first occurrence is the event's start"))
    if (count and len(found) < count) or (until and len(found) > MOST_OCCURRENCES):
        raise Refused("too-many-occurrences", TOO_MANY)
    return utc_of(found[:MOST_OCCURRENCES][-1].replace(fold=first.fold))


def occurrences(event: OwnEvent, since: datetime, until: datetime) -> list[Occurrence]:
    """
    The times that an event takes place between two moments, in order.

    It recurs by the wall clock in Oslo and lasts as long each time; a time that the clock skips is none (RFC 5545,
    3.3.10).
    """
    starts = _starts(event)
    # Near the window by the wall clock first: to find each in UTC costs most of all.
    nearest = bisect_left(starts, wall_of(since) - (event.ends_at - event.starts_at) - NEAR)
    every = (_occurrence(event, wall) for wall in starts[nearest : bisect_right(starts, wall_of(until) + NEAR)])
    return [each for each in every if each.touches(since, until)]


def next_after(event: OwnEvent, moment: datetime) -> Occurrence | None:
    """The first time that an event begins after a moment."""
    starts = _starts(event)
    near = (_occurrence(event, wall) for wall in starts[bisect_left(starts, wall_of(moment) - NEAR) :])
    return next((each for each in near if each.starts_at > moment), None)


def recurrence_of(event: OwnEvent) -> vRecur:
    """The rule of an event with its end, as other calendars understand it: in UTC, or a day where it lasts days."""
    last = _starts(event)[-1]
    until = last.date() if event.all_day else utc_of(last)
    return vRecur({**_parts(endless(event.rule)), "UNTIL": [until]})


def _starts(event: OwnEvent) -> tuple[datetime, ...]:
    first = wall_of(event.starts_at)
    if not event.rule:
        return (first,)
    walls = _walls(event.rule, first.replace(fold=0))[:MOST_OCCURRENCES]
    return tuple(wall.replace(fold=1) for wall in walls) if first.fold else walls


def _occurrence(event: OwnEvent, wall: datetime) -> Occurrence:
    if event.all_day:
        days = wall_of(event.ends_at).date() - wall_of(event.starts_at).date()
        return Occurrence(event, midnight(wall.date()), midnight(wall.date() + days))
    starts_at = utc_of(wall)
    return Occurrence(event, starts_at, starts_at + (event.ends_at - event.starts_at))


def endless(rule: str) -> str:
    """A rule without its end."""
    return ";".join(part for part in rule.split(";") if part.partition("=")[0] not in {"COUNT", "UNTIL"})


@lru_cache(REMEMBERED)
def _walls(rule: str, first: datetime) -> tuple[datetime, ...]:
    """The wall times of a rule's occurrences, and one more than there may be where there are too many."""
    parts = _parts(rule)
    last = min(_until(parts) or first + HORIZON, first + HORIZON)
    count = _one(parts, "COUNT") or MOST_OCCURRENCES + 1
    at = first.time()
    every = (datetime.combine(day, at) for day in days_of(parts, first.date(), last.date()))
    real = (wall for wall in every if wall <= last and (wall.hour not in CHANGING or exists(wall)))
    return tuple(islice(real, count))


def _parts(rule: str) -> dict[str, Any]:
    """The parts of a rule that can be followed within bounds. Raises Malformed."""
    try:
        parts = dict(vRecur.from_ical(rule)) if RULE.fullmatch(rule) else {}
        by = ";".join(part for part in rule.split(";") if part.partition("=")[0] not in ENDS)
        fits = PARTS[parts["FREQ"][0]].fullmatch(by) is not None and rule.count(";") + 1 == len(parts)
        _until(parts)
    except (KeyError, ValueError, TypeError, OverflowError):
        raise Malformed("malformed", UNFIT) from None
    numbers = (_one(parts, "INTERVAL"), _one(parts, "COUNT"))
    day = _one(parts, "BYMONTHDAY")
    if not fits or any(number is not None and number < 1 for number in numbers) or {"COUNT", "UNTIL"} <= set(parts):
        raise Malformed("malformed", UNFIT)
    if (numbers[0] or 1) > LARGEST_INTERVAL or (day is not None and not 1 <= abs(day) <= 31):  # noqa: PLR2004  of a month
        raise Malformed("malformed", UNFIT)
    return parts


def _one(parts: dict[str, Any], name: str) -> int | None:
    return int(parts[name][0]) if name in parts else None


def _until(parts: dict[str, Any]) -> datetime | None:
    """The last wall time at which a rule may still apply: of a day, its end."""
    if "UNTIL" not in parts:
        return None
    until: date | datetime = parts["UNTIL"][0]
    if not isinstance(until, datetime):
        return datetime.combine(until, time.max)
    return until if until.tzinfo is None else wall_of(until.astimezone(UTC)).replace(fold=0)
