"""Grants and who may hold them, by age and address; and the chain that shows when the access log was tampered with."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

OSLO: Final = ZoneInfo("Europe/Oslo")
YOUNGEST_GIVER: Final = 16  # R91, K1, K2
YOUNGEST_RECEIVER: Final = 18  # R92, K6
# A representative may neither grant further nor read who else has looked: both stay with the person.
GRANTABLE: Final = frozenset(
    {
        "appointments:act",
        "appointments:read",
        "medications:read",
        "notices:read",
        "records:read",
        "results:read",
    }
)
READS: Final = frozenset(scope for scope in GRANTABLE if scope.endswith(":read"))
# What a grant must hold, one of these at least, to be of use towards an audience, or for a purpose that changes things.
SERVING: Final[Mapping[str, frozenset[str]]] = {
    "appointments": frozenset({"appointments:read"}),
    "medications": frozenset({"medications:read"}),
    "notifications": frozenset({"notices:read"}),
    "records": frozenset({"records:read"}),
    "results": frozenset({"results:read"}),
}
DOING: Final[Mapping[str, frozenset[str]]] = dict.fromkeys(
    (
        "book",
        "hold",
        "move",
        "cancel",
        "ask",
        "withdraw-request",
        "join-waitlist",
        "leave-waitlist",
        "accept-offer",
        "decline-offer",
    ),
    frozenset({"appointments:act"}),
)
VIEW: Final = "view:"
BEFORE_THE_FIRST: Final = "0" * 64
CITIZEN_ID: Final = re.compile(r"[0-9a-f]{32}")

ALLOWED: Final = "allowed"
REFUSED: Final = "refused"
BEYOND: Final = "beyond-the-grant"


@dataclass(frozen=True, slots=True)
class Person:
    """What the register says of somebody at this moment; `birth_date` is None where it is not known."""

    id: str
    name: str
    birth_date: date | None
    protected: bool
    deceased: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """What a giver lets a receiver do; `version` counts every change, revocations too."""

    id: str
    giver: str
    receiver: str
    scopes: frozenset[str]
    version: int
    granted_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """May the actor act for the subject? `reason` is for the log; whoever asks learns only yes or no."""

    outcome: str
    reason: str
    scopes: frozenset[str] = frozenset()
    version: int | None = None

    @property
    def allowed(self) -> bool:
        """Whether they may."""
        return self.outcome == ALLOWED


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asked to act for somebody else; nothing here tells what was read."""

    at: datetime
    actor: str
    basis: str
    purpose: str
    outcome: str
    reason: str
    consent_version: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of one subject's chain: what was asked, its place, and the hash of the link before."""

    subject: str
    sequence: int
    previous: str
    asked: Asked
    hash: str = field(default="")

    def digest(self) -> str:
        """SHA-256 over the canonical JSON of everything but the hash itself."""
        asked = asdict(self.asked) | {"at": self.asked.at.astimezone(UTC).isoformat(timespec="microseconds")}
        place = {"subject": self.subject, "sequence": self.sequence, "previous": self.previous}
        canonical = json.dumps(place | asked, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """How far a subject's chain goes: the sequence and the hash of its last link."""

    sequence: int = 0
    hash: str = BEFORE_THE_FIRST

    def link(self, subject: str, asked: Asked) -> Entry:
        """The next link."""
        open_link = Entry(subject, self.sequence + 1, self.hash, asked)
        return Entry(subject, open_link.sequence, open_link.previous, asked, open_link.digest())


def is_citizen_id(text: str) -> bool:
    """Whether a text can be a citizen's opaque id."""
    return CITIZEN_ID.fullmatch(text) is not None


def age(birth_date: date, now: datetime) -> int:
    """Full years at an aware moment; a year is full at 00:00 in Oslo on the birthday (K1), 1 March for 29 February."""
    today = now.astimezone(OSLO).date()
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def objection(giver: Person | None, receiver: Person | None, now: datetime) -> str | None:
    """
    Why the receiver may not represent the giver now, or None; asked at every read, never remembered.

    A protected address rules out both sides (K24). An unknown birth date is too young.
    """
    for side, person in (("giver", giver), ("receiver", receiver)):
        if person is None:
            return f"{side}-unknown"
        if person.protected:
            return f"{side}-protected"
        if person.deceased:
            return f"{side}-deceased"
    if giver is None or giver.birth_date is None or age(giver.birth_date, now) < YOUNGEST_GIVER:
        return "giver-too-young"
    if receiver is None or receiver.birth_date is None or age(receiver.birth_date, now) < YOUNGEST_RECEIVER:
        return "receiver-too-young"
    return None


def decide(
    grant: Grant | None,
    giver: Person | None,
    receiver: Person | None,
    now: datetime,
    wanted: Iterable[tuple[str, str]] = (),
) -> Decision:
    """May the receiver act for the giver now, and do what? `wanted` are audiences, each with what it is asked for."""
    if grant is None:
        return Decision(REFUSED, "no-grant")
    if grant.revoked_at is not None:
        return Decision(REFUSED, "revoked", version=grant.version)
    against = objection(giver, receiver, now)
    if against is not None:
        return Decision(REFUSED, against, version=grant.version)
    scopes = grant.scopes & GRANTABLE
    if not scopes:
        return Decision(REFUSED, "nothing-granted", version=grant.version)
    if not all(serves(scopes, audience, purpose) for audience, purpose in wanted):
        return Decision(REFUSED, BEYOND, version=grant.version)
    return Decision(ALLOWED, "grant", scopes, grant.version)


def serves(scopes: frozenset[str], audience: str, purpose: str) -> bool:
    """Are these scopes of any use towards an audience, for a purpose? At a view each section looks for itself."""
    if purpose in DOING:
        return not scopes.isdisjoint(DOING[purpose])
    needed = READS if audience.startswith(VIEW) else SERVING.get(audience, frozenset())
    return not scopes.isdisjoint(needed)


def verify(entries: Iterable[Entry], head: Head | None = None) -> int | None:
    """
    The first sequence of one subject's chain that is not as it was written, or None when all are.

    `entries` come in order of sequence, from the first. An edited link is named itself, or by the next one when its
    hash was made anew; a missing or swapped one by the place where it should be. Without the `head`, links missing at
    the end do not show.
    """
    known = Head()
    for entry in entries:
        follows = entry.sequence == known.sequence + 1 and entry.previous == known.hash
        if not follows or entry.hash != entry.digest():
            return known.sequence + 1
        known = Head(entry.sequence, entry.hash)
    if head is None or head == known:
        return None
    return min(head.sequence, known.sequence) + (head.sequence != known.sequence)
