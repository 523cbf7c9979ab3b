"""A request, and what can become of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

ASKED: Final = "asked"
ACCEPTED: Final = "accepted"
DECLINED: Final = "declined"
EXPIRED: Final = "expired"
WITHDRAWN: Final = "withdrawn"
STATES: Final = (ASKED, ACCEPTED, DECLINED, EXPIRED, WITHDRAWN)
ACTIONS: Final = ("change", "cancel", "join-waitlist", "video", "in-person")
ANSWERED_WITHIN: Final = timedelta(days=7)
LONGEST_WISH: Final = 500


@dataclass(frozen=True, slots=True)
class Request:
    """
    A wish about an appointment, to be answered by its organisation; `action` is one of ACTIONS, `state` one of STATES.

    `wish` is the citizen's own text; `reason` is the code with which it was declined, empty otherwise.
    """

    id: str
    organisation: str
    appointment: str
    action: str
    wish: str
    state: str
    asked_at: datetime
    expires_at: datetime
    answered_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """Staff have accepted or declined a request: the ids of it and of its appointment."""

    request: str
    appointment: str


@dataclass(frozen=True, slots=True)
class RequestExpired:
    """Nobody has answered a request in time: the ids of it and of its appointment."""

    request: str
    appointment: str


def expires_at(asked_at: datetime, starts_at: datetime) -> datetime:
    """When a request is of no more use: when the appointment begins, and after ANSWERED_WITHIN at the latest."""
    return min(starts_at, asked_at + ANSWERED_WITHIN)
