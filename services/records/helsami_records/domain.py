"""
What a record holds that its citizen reads.

A time that decides something is aware; one that a citizen reads is a text, as precise as its source wrote it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from helsami_records.letters.domain import Letter

# An import of history tells nobody: only a visit that ended this lately is news.
NEWS_FOR: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Visit:
    """
    A meeting with the health service.

    `setting` and `visit_type` are what organisations are asked about (helsami_sdk.questions), empty where unknown.
    """

    setting: str
    visit_type: str
    name: str
    place: str | None
    clinician: str | None
    starts_at: str
    ends_at: str | None
    began_at: datetime
    ended_at: datetime | None
    finished: bool
    access_limit: str = ""

    def is_news(self, now: datetime) -> bool:
        """Say whether its summary, arriving now, is worth telling of."""
        return self.finished and (self.ended_at or self.began_at) >= now - NEWS_FOR


@dataclass(frozen=True, slots=True)
class Document:
    """A text; `visit` is the key of the visit that it is a note of, None where it stands alone."""

    title: str
    text: str
    written_at: str
    dated_at: datetime
    visit: str | None
    access_limit: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A diagnosis or a problem; when a clinician entered it, `recorded_at`, decides whether it is shown (R64)."""

    name: str
    system: str
    code: str
    active: bool
    since: str
    recorded_at: datetime
    access_limit: str = ""


@dataclass(frozen=True, slots=True)
class Allergy:
    """Something that a citizen does not tolerate, or a statement that nothing is known."""

    name: str
    system: str
    code: str
    active: bool
    criticality: str | None
    reactions: tuple[str, ...]
    recorded_at: datetime
    access_limit: str = ""


@dataclass(frozen=True, slots=True)
class Vaccine:
    """A vaccine that was given."""

    name: str
    system: str
    code: str
    given_at: str
    occurred_at: datetime
    access_limit: str = ""


Thing = Visit | Document | Letter | Condition | Allergy | Vaccine


@dataclass(frozen=True, slots=True)
class SummaryPublished:
    """What was written of a visit can be read: its id, from whom it is hidden, and nothing of what it says."""

    visit: str
    access_limit: str = ""
