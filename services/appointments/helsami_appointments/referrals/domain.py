"""A referral, and what of it is news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

# An import of history tells nobody: of one that comes for the first time, only what was written this lately is news.
NEWS_FOR: Final = timedelta(days=14)


class Status(StrEnum):
    """How far a referral has come."""

    RECEIVED = "received"
    ASSESSED = "assessed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SCHEDULED = "scheduled"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Referral:
    """
    Somebody asks somebody else to see a citizen.

    `expected_from` and `expected_to` say when it is expected to happen, as precisely as their source wrote; by the
    `deadline` it must have begun at the latest. `reason` is clinical: it is in what its citizen reads, nowhere else.
    """

    status: Status
    name: str
    reason: str
    sender: str
    receiver: str
    authored_at: datetime
    expected_from: str | None
    expected_to: str | None
    deadline: date | None
    access_limit: str = ""

    def is_news_since(self, told: str, now: datetime) -> bool:
        """Whether to tell a citizen who was told of the status `told`, empty where of none."""
        return told != self.status if told else self.authored_at >= now - NEWS_FOR


@dataclass(frozen=True, slots=True)
class ReferralStatusChanged:
    """A referral has come further: its id, from whom it is hidden, and nothing of what it says."""

    referral: str
    access_limit: str = ""
