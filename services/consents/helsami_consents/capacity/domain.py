"""Acting for an adult who cannot consent: applied for with documents, decided by staff, looked at anew by a date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from helsami_consents.people import Person, is_at_least, unfit

YOUNGEST_SUBJECT: Final = 16
YOUNGEST_APPLICANT: Final = 18
RELATIONS: Final[Mapping[str, str]] = {"relative": "TD", "guardian": "VE"}
"""In what relation one may apply, and the code of each in Volven 7611, ways of representing somebody."""

REVIEWED_WITHIN: Final = timedelta(days=3 * 365)
WARNED_BEFORE: Final = timedelta(days=30)
DOCUMENTS_KEPT: Final = timedelta(days=90)
"""Long enough for a complaint about a decision; nobody needs what somebody else's illness looks like for longer."""

UNDECIDED_FOR: Final = timedelta(days=180)
"""What nobody has decided by then is decided by nobody: its documents go, and its applicant is told."""

BY_REGISTER: Final = "register"
"""The reason of what was granted and is ended by a death or a protected address."""

MOST_APPLICATIONS: Final = 10
"""How many of one applicant's wait at once, or came in a day: applying finds out nobody's name, and fills no disk."""
COUNTED_FOR: Final = timedelta(days=1)
MOST_DOCUMENTS: Final = 5
LONGEST_DOCUMENT: Final = 2 * 1024 * 1024
BEGINNINGS: Final[Mapping[str, bytes]] = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}
"""What may be enclosed, and how each begins, whatever its sender calls it."""


class State(StrEnum):
    """How an application stands."""

    APPLIED = "applied"
    GRANTED = "granted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    REVOKED = "revoked"
    """By whom it is about."""
    LAPSED = "lapsed"
    """Nobody has decided."""


STANDING: Final = frozenset({State.APPLIED, State.GRANTED})


@dataclass(frozen=True, slots=True)
class Document:
    """What an applicant encloses; `number` counts from 1."""

    number: int
    title: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Application:
    """
    An applicant wants to act for a subject, and staff of an organisation decide.

    `relation` is one of RELATIONS; `reason` is a code of staff's, empty where none is given; `review_at` is until when
    it is granted, None before; `ended_at` is when what was granted ended otherwise.
    """

    id: str
    applicant: str
    subject: str
    organisation: str
    relation: str
    scopes: frozenset[str]
    state: State
    version: int
    applied_at: datetime
    decided_at: datetime | None
    review_at: datetime | None
    ended_at: datetime | None
    reason: str

    @property
    def was_granted(self) -> bool:
        """Whether staff have ever said yes: before that an applicant learns nothing of whom they have named."""
        return self.review_at is not None


@dataclass(frozen=True, slots=True)
class CapacityDecided:
    """An application was granted or declined, or has ended: which one, and how it stands."""

    application: str
    state: State


@dataclass(frozen=True, slots=True)
class CapacityReviewDue:
    """What was granted on an application is soon to be looked at anew."""

    application: str


@dataclass(frozen=True, slots=True)
class CapacityLapsed:
    """Nobody has decided an application in time: which one."""

    application: str


@dataclass(frozen=True, slots=True)
class RepresentativeApproved:
    """Staff have decided that somebody may act for the subject: by which representation."""

    representation: str


@dataclass(frozen=True, slots=True)
class RepresentativeRemoved:
    """Somebody acts for the subject no longer: by which representation they did."""

    representation: str


def objection(subject: Person | None, applicant: Person | None, now: datetime) -> str | None:
    """Why the applicant may not act for the subject now, whatever was decided, or None; asked at every read."""
    against = unfit("subject", subject) or unfit("applicant", applicant)
    if against is not None or subject is None or applicant is None:
        return against
    if not is_at_least(subject, YOUNGEST_SUBJECT, now):
        return "subject-too-young"
    return None if is_at_least(applicant, YOUNGEST_APPLICANT, now) else "applicant-too-young"


def is_over(subject: Person | None, applicant: Person | None, now: datetime) -> bool:
    """Whether it ends by what the register says: an account that is not in use suspends, and ends nothing (K19)."""
    subject, applicant = (one and replace(one, active=True) for one in (subject, applicant))
    return objection(subject, applicant, now) is not None


def holds(application: Application, now: datetime) -> bool:
    """Whether it is granted, and its review has not come."""
    granted = application.state is State.GRANTED
    return granted and application.review_at is not None and now < application.review_at
