"""The days of a rule, reckoned forward from its first: a general reader of rules takes many times as long."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import count, takewhile
from typing import Any, Final

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
A_WEEK: Final = len(WEEKDAYS)
MONTHS: Final = 12


def days_of(parts: Mapping[str, Any], first: date, last: date) -> Iterator[date]:
    """
    The days from `first` to `last`, both included, on which a rule applies, in order.

    `parts` are those of an RFC 5545 RRULE of whole days: FREQ, INTERVAL, BYDAY, BYMONTHDAY; a week begins on Monday. A
    month or a year that has no such day is passed over.
    """
    interval = int(parts.get("INTERVAL", [1])[0])
    reckon = {"DAILY": _daily, "WEEKLY": _weekly, "MONTHLY": _monthly, "YEARLY": _yearly}[parts["FREQ"][0]]
    return (day for day in reckon(parts, first, last, interval) if first <= day <= last)


def _daily(_parts: Mapping[str, Any], first: date, last: date, interval: int) -> Iterator[date]:
    every = (first.toordinal() + place * interval for place in count())
    return map(date.fromordinal, takewhile(lambda day: day <= last.toordinal(), every))


def _weekly(parts: Mapping[str, Any], first: date, last: date, interval: int) -> Iterator[date]:
    named = sorted(WEEKDAYS.index(str(day)) for day in set(parts.get("BYDAY", [WEEKDAYS[first.weekday()]])))
    monday = first - timedelta(days=first.weekday())
    for week in _daily(parts, monday, last, interval * A_WEEK):
        for day in named:
            yield week + timedelta(days=day)


def _monthly(parts: Mapping[str, Any], first: date, last: date, interval: int) -> Iterator[date]:
    return _by_month(_day_of_month(parts, first), first, last, interval)


def _yearly(parts: Mapping[str, Any], first: date, last: date, interval: int) -> Iterator[date]:
    return _by_month(_day_of_month(parts, first), first, last, interval * MONTHS)


def _by_month(day_of: Callable[[int, int], int | None], first: date, last: date, interval: int) -> Iterator[date]:
    begin, end = (day.year * MONTHS + day.month - 1 for day in (first, last))
    for month in range(begin, end + 1, interval):
        year, number = month // MONTHS, month % MONTHS + 1
        if (day := day_of(year, number)) is not None:
            yield date(year, number, day)


def _day_of_month(parts: Mapping[str, Any], first: date) -> Callable[[int, int], int | None]:
    """Which day of a month it is, of a year and a month: by number, from the end where negative, or nth weekday."""
    if "BYDAY" in parts:
        return _nth_weekday(str(parts["BYDAY"][0]))
    numbered = int(parts.get("BYMONTHDAY", [first.day])[0])

    def day_of(year: int, month: int) -> int | None:
        length = monthrange(year, month)[1]
        day = numbered if numbered > 0 else length + 1 + numbered
        return day if 1 <= day <= length else None

    return day_of


def _nth_weekday(named: str) -> Callable[[int, int], int | None]:
    nth, weekday = int(named[:-2]), WEEKDAYS.index(named[-2:])

    def day_of(year: int, month: int) -> int | None:
        begins_on, length = monthrange(year, month)
        all_of_them: Sequence[int] = range(1 + (weekday - begins_on) % A_WEEK, length + 1, A_WEEK)
        place = nth - 1 if nth > 0 else len(all_of_them) + nth
        return all_of_them[place] if 0 <= place < len(all_of_them) else None

    return day_of
