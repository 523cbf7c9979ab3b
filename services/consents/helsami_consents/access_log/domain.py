"""The access log: what is kept of an access, and the chain in which each link holds the one before."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Final

BEFORE_THE_FIRST: Final = "0" * 64

ALLOWED: Final = "allowed"
REFUSED: Final = "refused"
OUTCOMES: Final = (ALLOWED, REFUSED)

HERE: Final = "helsami"
"""Where something is logged that no record system has told."""

REPRESENTATIVE: Final = "representative"
STAFF: Final = "staff"
SUPPORT: Final = "support"
SYSTEM: Final = "system"
ROLES: Final = (REPRESENTATIVE, STAFF, SUPPORT, SYSTEM)
NOT_FOR_ANOTHER: Final = (STAFF, SUPPORT, SYSTEM)
"""Bases of an access that are roles themselves; every other basis is somebody who acts on another's behalf."""

OVERVIEW: Final = "overview"
OTHER: Final = "other"
KINDS: Final = (
    "appointments",
    "forms",
    "letters",
    "medications",
    "messages",
    "notices",
    OTHER,
    OVERVIEW,
    "profile",
    "records",
    "results",
)
"""Areas of content: all that the log says of what was looked at."""
KIND_OF_SERVICE: Final[Mapping[str, str]] = {"directory": "profile", "notifications": "notices"}

_canonical: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Access:
    """
    Somebody looked, or asked to: areas of content and a purpose, never what was there.

    `actor` is the opaque id of a citizen, the pseudonym of somebody at an organisation, or a system's word; `basis`
    `grant`, or one of NOT_FOR_ANOTHER. `name` is told of staff alone: citizens are named by the register of the day.
    `kinds` are areas, separated by blanks. `source` tells one delivered event from all others.
    """

    at: datetime
    actor: str
    basis: str
    purpose: str
    outcome: str
    reason: str
    consent_version: int | None = None
    organisation: str | None = None
    unit: str | None = None
    name: str | None = None
    profession: str | None = None
    kinds: str | None = None
    source: str | None = None

    @property
    def role(self) -> str:
        """In which role: one of ROLES."""
        return self.basis if self.basis in NOT_FOR_ANOTHER else REPRESENTATIVE


LATER: Final = ("organisation", "unit", "name", "profession", "kinds", "source")
"""Fields that links from before they existed are hashed without: they count where they hold something."""
FIRST: Final = tuple(each.name for each in fields(Access) if each.name not in {"at", *LATER})


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A link of one subject's chain: an access, its place, and the hash of the link before.

    `seal` is the hash, authenticated with a key that the database does not hold; None on links from before seals.
    """

    subject: str
    sequence: int
    previous: str
    access: Access
    hash: str = ""
    seal: str | None = None

    def digest(self) -> str:
        """SHA-256 (hex) over the canonical JSON of everything but hash and seal."""
        access = self.access
        content = {name: getattr(access, name) for name in FIRST}
        content |= {name: value for name in LATER if (value := getattr(access, name)) is not None}
        content["at"] = access.at.astimezone(UTC).isoformat(timespec="microseconds")
        content |= {"subject": self.subject, "sequence": self.sequence, "previous": self.previous}
        return hashlib.sha256(_canonical(content).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """How far a subject's chain goes: the sequence and the hash of its last link."""

    sequence: int = 0
    hash: str = BEFORE_THE_FIRST

    def link(self, subject: str, access: Access, key: bytes) -> Entry:
        """The next link, sealed."""
        digest = Entry(subject, self.sequence + 1, self.hash, access).digest()
        return Entry(subject, self.sequence + 1, self.hash, access, digest, seal_of(digest, key))


def seal_of(digest: str, key: bytes) -> str:
    """HMAC-SHA256 (hex) of a link's hash."""
    return hmac.digest(key, digest.encode(), "sha256").hex()


def pseudonym(key: bytes, *parts: str) -> str:
    """An id (32 hexadecimal characters) for somebody at an organisation, which nobody guesses back without the key."""
    return hmac.digest(key, "\x00".join(("actor", *parts)).encode(), "sha256").hex()[:32]


def source_of(organisation: str, subject: str, key: str) -> str:
    """What tells one delivered event from all others, the same event about another citizen among them."""
    return hashlib.sha256(f"{organisation}\x00{subject}\x00{key}".encode()).hexdigest()


def kinds_of(audiences: Iterable[str]) -> str:
    """The areas that somebody asks for who asks for these audiences: services, or `view:<view>`."""
    found = {OVERVIEW if name.startswith("view:") else KIND_OF_SERVICE.get(name, name) for name in audiences}
    return written_kinds(found)


def written_kinds(kinds: Iterable[str]) -> str:
    """Areas as they are kept: known ones, once each, in order."""
    return " ".join(sorted({kind if kind in KINDS else OTHER for kind in kinds}))
