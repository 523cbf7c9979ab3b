"""Those a citizen has to do with, and may therefore write to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from helsami_sdk.answers import Reachable

UNIT: Final = "unit"
EMPLOYEE: Final = "employee"
EVER: Final = datetime(1900, 1, 1, tzinfo=UTC)
ALWAYS: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""From when and to when a relation holds of which nobody has said so."""


@dataclass(frozen=True, slots=True)
class Relation:
    """
    A unit of an organisation, or somebody who works there, that has to do with a citizen from one time to another.

    `employee` is an opaque id (`Pseudonyms`), empty for the unit itself; `role` is a code of Volven 9060 where it is
    known; `access_limit` is from whom the record system hides it, `team` the id of the team that makes it, and
    `record_key` what the record system calls that.
    """

    organisation: str
    unit: str
    employee: str = ""
    role: str = ""
    name: str = ""
    starts_at: datetime = EVER
    ends_at: datetime = ALWAYS
    access_limit: str = ""
    team: str = ""
    record_key: str = ""

    @property
    def kind(self) -> str:
        """One of the kinds of recipients that rules know."""
        return EMPLOYEE if self.employee else UNIT

    @property
    def to(self) -> tuple[str, str, str]:
        """Whom the citizen has to do with, whichever team says so."""
        return self.organisation, self.unit, self.employee

    def holds(self, now: datetime) -> bool:
        """Whether it is a relation at this moment."""
        return self.starts_at <= now < self.ends_at


@dataclass(frozen=True, slots=True)
class CareTeam:
    """What a record system tells of one team: since when, from whom it is hidden, and the relations that it makes."""

    since: datetime
    access_limit: str
    relations: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who may be written to now, and on what terms."""

    relation: Relation
    terms: Reachable
