"""What a citizen is told: that something has happened, and where to read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Subject(StrEnum):
    """What a notice may be about."""

    APPOINTMENT = "appointment"
    RESULT = "result"
    VISIT = "visit"


@dataclass(frozen=True, slots=True)
class News:
    """A kind of news: the key of its text, what it is about, and the scope that reading that takes."""

    message: str
    about: Subject
    scope: str


SLOT_BOOKED = News("notice.slot-booked", Subject.APPOINTMENT, "appointments:read")
APPOINTMENT_CHANGED = News("notice.appointment-changed", Subject.APPOINTMENT, "appointments:read")
APPOINTMENT_CANCELLED = News("notice.appointment-cancelled", Subject.APPOINTMENT, "appointments:read")
REQUEST_ANSWERED = News("notice.request-answered", Subject.APPOINTMENT, "appointments:read")
REQUEST_EXPIRED = News("notice.request-expired", Subject.APPOINTMENT, "appointments:read")
RESULT_RELEASED = News("notice.result-released", Subject.RESULT, "results:read")
SUMMARY_PUBLISHED = News("notice.summary-published", Subject.VISIT, "records:read")
ALL = (
    SLOT_BOOKED,
    APPOINTMENT_CHANGED,
    APPOINTMENT_CANCELLED,
    REQUEST_ANSWERED,
    REQUEST_EXPIRED,
    RESULT_RELEASED,
    SUMMARY_PUBLISHED,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """News of one thing, by its opaque id."""

    news: News
    id: str

    def shown(self) -> dict[str, object]:
        """What a citizen reads of it."""
        return {"message": self.news.message, "about": {"type": str(self.news.about), "id": self.id}}


def readable(scopes: frozenset[str]) -> frozenset[Subject]:
    """What somebody with these scopes may hear news of on another's behalf: what they may read."""
    return frozenset(news.about for news in ALL if news.scope in scopes)
