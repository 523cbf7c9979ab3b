"""Times that staff open: each by itself, or as clinic hours by the wall clock in Oslo; and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from helsami_appointments.calendar.wall import exists, utc_of
from helsami_appointments.domain import Span

MOST_AT_ONCE: Final = 1000
HORIZON: Final = timedelta(days=731)
"""How far ahead a slot may lie: further is a mistake in a year."""

LONGEST_SLOT: Final = timedelta(days=1)
LONGEST_PERIOD: Final = timedelta(days=366)
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

SKIPPED_BY_CLOCKS: Final = "no-such-local-time"
RUN_INTO: Final = "clocks-go-forward"
PAST: Final = "slot-past"


@dataclass(frozen=True, slots=True)
class ClinicHours:
    """
    On which days, both of `first` and `last` included, and from when to when there is a slot after the other.

    `days` are numbers from 0 for Monday, `opens` and `closes` times since midnight by the wall clock in Oslo. A slot
    ends at `closes` at the latest. On the days in `closed` there is none.
    """

    first: date
    last: date
    days: frozenset[int]
    opens: timedelta
    closes: timedelta
    each: timedelta
    closed: frozenset[date] = frozenset()

    @property
    def open_days(self) -> list[date]:
        """The days on which there are slots."""
        every = (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))
        return [day for day in every if day.weekday() in self.days and day not in self.closed]

    @property
    def a_day(self) -> int:
        """How many slots a day has."""
        return (self.closes - self.opens) // self.each

    def walls(self) -> Iterator[datetime]:
        """When slots begin, as the wall clock shows it; nothing is said of whether it ever does."""
        for day in self.open_days:
            for number in range(self.a_day):
                yield datetime.combine(day, time()) + self.opens + number * self.each


@dataclass(frozen=True, slots=True)
class Skipped:
    """A time of clinic hours that there is no slot at, by the wall clock, and why not: one of the codes above."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A slot to open, and the field of the command that asks for it."""

    span: Span
    field: str


def within(hours: ClinicHours, now: datetime) -> tuple[list[Span], list[Skipped]]:
    """
    The slots of clinic hours, in order, and the times at which there is none.

    A slot begins by the wall clock and lasts as long each time. Where the clocks go forward, there is none at a time
    that they skip, nor at one that the slot before it runs into. Where they go back, the hour that comes twice has its
    slots the first time.
    """
    spans: list[Span] = []
    skipped: list[Skipped] = []
    for wall in hours.walls():
        starts_at = utc_of(wall)
        if not exists(wall):
            skipped.append(Skipped(wall, SKIPPED_BY_CLOCKS))
        elif starts_at <= now:
            skipped.append(Skipped(wall, PAST))
        elif spans and starts_at < spans[-1].ends_at:
            skipped.append(Skipped(wall, RUN_INTO))
        else:
            spans.append(Span(starts_at, starts_at + hours.each))
    return spans, skipped


def overlapping(wanted: Iterable[Wanted], there: Iterable[Span]) -> list[Wanted]:
    """Those of the slots to open that overlap each other or what is there, in order of time; of two, the later."""
    lines = sorted(
        [*((one.span, one) for one in wanted), *((span, None) for span in there)],
        key=lambda line: (line[0].starts_at, line[1] is not None),
    )
    found: list[Wanted] = []
    latest: tuple[Span, Wanted | None] | None = None
    for span, one in lines:
        if latest is not None and span.starts_at < latest[0].ends_at:
            clashing = one or latest[1]
            if clashing is not None and clashing not in found[-1:]:
                found.append(clashing)
        if latest is None or span.ends_at > latest[0].ends_at:
            latest = (span, one)
    return found
