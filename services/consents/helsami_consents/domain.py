"""Whether somebody may act for another, and the chain that shows when the access log was tampered with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Final

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

ALLOWED: Final = "allowed"
REFUSED: Final = "refused"
BEYOND: Final = "beyond-the-grant"
NO_GROUND: Final = "no-grant"
GRANT: Final = "grant"


@dataclass(frozen=True, slots=True)
class Ground:
    """On what ground somebody may act for another, how far, and what rules it out at this moment, if anything does."""

    basis: str
    scopes: frozenset[str]
    version: int
    objection: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """May the actor act for the subject? `reason` is for the log; whoever asks learns only yes or no."""

    outcome: str
    reason: str
    basis: str = GRANT
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


def decide(grounds: Iterable[Ground], wanted: Iterable[tuple[str, str]] = ()) -> Decision:
    """
    May somebody act for another now, and do what? The first ground that lets them decides, else the last one refuses.

    `wanted` are audiences, each with what it is asked for.
    """
    wanted = tuple(wanted)
    decision = Decision(REFUSED, NO_GROUND)
    for ground in grounds:
        decision = _on(ground, wanted)
        if decision.allowed:
            return decision
    return decision


def _on(ground: Ground, wanted: Iterable[tuple[str, str]]) -> Decision:
    scopes = ground.scopes & GRANTABLE
    reason = ground.objection or (None if scopes else "nothing-granted")
    if reason is None and not all(serves(scopes, audience, purpose) for audience, purpose in wanted):
        reason = BEYOND
    if reason is not None:
        return Decision(REFUSED, reason, ground.basis, version=ground.version)
    return Decision(ALLOWED, ground.basis, ground.basis, scopes, ground.version)


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
