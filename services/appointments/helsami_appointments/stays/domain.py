"""A stay in an institution, and what of it is news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# An import of history tells nobody: only a stay that ended this lately is news.
NEWS_FOR: Final = timedelta(days=14)
UNTOLD: Final = ""


class Status(StrEnum):
    """Where a stay is."""

    PLANNED = "planned"
    ONGOING = "ongoing"
    ENDED = "ended"
    CANCELLED = "cancelled"


class News(StrEnum):
    """What is told of a stay; each is the type of an event."""

    PLANNED = "stay_planned"
    ENDED = "stay_ended"
    CANCELLED = "stay_cancelled"


@dataclass(frozen=True, slots=True)
class Stay:
    """
    A visit that lasts nights.

    `setting` and `visit_type` are what organisations are asked about; `starts_at` and `ends_at` are as precise as their
    source wrote them, and `begins` and `ended` the same as moments.
    """

    status: Status
    setting: str
    visit_type: str
    name: str
    place: str
    starts_at: str
    ends_at: str | None
    begins: datetime
    ended: datetime | None
    access_limit: str = ""

    @property
    def word(self) -> str:
        """What there is to tell of it; two that say the same are told once, a plan for another time is told again."""
        return f"{self.status} {self.begins.isoformat()}" if self.status is Status.PLANNED else str(self.status)

    def news_since(self, told: str, now: datetime) -> News | None:
        """What to tell a citizen who was told `told`, a word of before; None where it is nothing new."""
        if told == self.word:
            return None
        if self.status is Status.PLANNED and self.begins > now:
            return News.PLANNED
        if self.status is Status.ENDED and (self.ended or self.begins) >= now - NEWS_FOR:
            return News.ENDED
        if self.status is Status.CANCELLED and told.startswith(Status.PLANNED) and self.begins > now:
            return News.CANCELLED
        return None


@dataclass(frozen=True, slots=True)
class StayTold:
    """A stay is planned, over, or called off: its id, from whom it is hidden, and nothing of where or why."""

    stay: str
    access_limit: str = ""
