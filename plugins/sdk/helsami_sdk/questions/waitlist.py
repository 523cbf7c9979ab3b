"""What appointments asks about its waitlist: the terms of an offer, and who is offered a time first."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WaitlistQuestion:
    """
    On what terms are those who wait for this kind of visit offered an earlier time (R23-R28)?

    `starts_at` is when the time that came free begins, or, for somebody who wants to wait, the appointment they have.
    """

    visit_type: str
    starts_at: datetime
    asked_at: datetime
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    Somebody who waits: since when, for which appointment's start, and with what priority.

    `priority` is the organisation's own code, empty where there is none.
    """

    id: str
    joined_at: datetime
    starts_at: datetime
    priority: str = ""


@dataclass(frozen=True, slots=True)
class RankingQuestion:
    """In what order are these people offered the time that came free at `starts_at` (R28)?"""

    waiting: tuple[Waiting, ...]
    visit_type: str
    starts_at: datetime
    asked_at: datetime
    unit: str = ""

    @property
    def ids(self) -> frozenset[str]:
        """The only ids an answer may name."""
        return frozenset(one.id for one in self.waiting)

    @property
    def by_time_joined(self) -> tuple[str, ...]:
        """The ids of those who wait, first come first."""
        return tuple(one.id for one in sorted(self.waiting, key=lambda one: (one.joined_at.timestamp(), one.id)))
