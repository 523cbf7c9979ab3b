"""A citizen's own words about themselves, each with the version that a change must name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

LANGUAGES: Final = ("nb", "nn", "en")
SHORTCUTS: Final = (
    "access-log",
    "allergies",
    "appointments",
    "calendar",
    "conditions",
    "documents",
    "grants",
    "medications",
    "notices",
    "organisations",
    "profile",
    "results",
    "vaccines",
    "visits",
    "waitlist",
)
MOST_SHORTCUTS: Final = 8
RELATIONS: Final = (
    "spouse",
    "partner",
    "parent",
    "child",
    "sibling",
    "grandparent",
    "grandchild",
    "other-family",
    "friend",
    "neighbour",
    "guardian",
    "other",
)
MOST_CONTACTS: Final = 10


@dataclass(frozen=True, slots=True)
class Profile:
    """What a citizen has told; version 0 is of one who has told nothing."""

    version: int = 0
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    language: str | None = None
    interpreter: str | None = None
    about: str | None = None
    shortcuts: tuple[str, ...] = ()
    contacts_checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who is next to a citizen; at most one of them is the first to be told."""

    id: str
    version: int
    name: str
    relation: str
    phone: str | None
    email: str | None
    first: bool


@dataclass(frozen=True, slots=True)
class Photo:
    """A citizen's photo, and what it is."""

    version: int
    media: str
    body: bytes
