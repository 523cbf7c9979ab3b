"""What a citizen writes into their calendar, and when it takes place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

MOST_EVENTS: Final = 300
"""How many own events one citizen may have: all of them are looked through for a reminder and a list."""

MOST_RECURRING: Final = 50
"""How many of them may recur: to find when each does costs some milliseconds."""

LONGEST_EVENT: Final = timedelta(days=366)
EARLIEST_REMINDER: Final = timedelta(days=7)
"""How long before an event its citizen may want to be reminded of it."""

LONGEST_WINDOW: Final = timedelta(days=366)
USUAL_WINDOW: Final = timedelta(days=31)
MOST_SHOWN: Final = 1000


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """
    An event of a citizen's own.

    `starts_at` and `ends_at` are of its first occurrence, in UTC; one that lasts whole days begins and ends at midnight
    in its zone. `rule` is an RFC 5545 RRULE or empty, and `last_at` when the last occurrence ends. `remind` is how many
    minutes before each its citizen wants to be reminded (R39), None for never.
    """

    id: str
    title: str
    place: str
    notes: str
    all_day: bool
    starts_at: datetime
    ends_at: datetime
    zone: str
    rule: str
    last_at: datetime
    remind: int | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an event takes place, in UTC."""

    event: OwnEvent
    starts_at: datetime
    ends_at: datetime

    def touches(self, since: datetime, until: datetime) -> bool:
        """Whether any of it lies between two moments."""
        return self.starts_at < until and self.ends_at > since

    @property
    def reminded_at(self) -> datetime | None:
        """When its citizen is to be reminded of it, in UTC; None where they do not want it."""
        return None if self.event.remind is None else self.starts_at - timedelta(minutes=self.event.remind)


@dataclass(frozen=True, slots=True)
class EventReminderDue:
    """The time has come that a citizen wanted to be reminded of an event of their own."""

    event: str


@dataclass(frozen=True, slots=True)
class Link:
    """
    A private link by which other calendars follow a citizen's; `hash` is the SHA-256 of its secret, in hex.

    Unless the citizen has chosen `details`, nothing but times and one general word leaves by it.
    """

    hash: str
    citizen: str
    details: bool
    language: str
    made_at: datetime
