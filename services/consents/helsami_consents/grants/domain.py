"""Grants: from a giver to a receiver, by area; offered, accepted, and over when either says so or time is up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from helsami_consents.people import Person, is_at_least, unfit

YOUNGEST_GIVER: Final = 16  # R91, K1, K2
YOUNGEST_RECEIVER: Final = 18  # R92, K6
SEE: Final = "see"
ACT: Final = "act"
AREAS: Final[Mapping[str, frozenset[str]]] = {
    "appointments": frozenset({SEE, ACT}),
    "forms": frozenset({SEE, ACT}),
    "letters": frozenset({SEE}),
    "medications": frozenset({SEE}),
    "messages": frozenset({SEE, ACT}),
    "records": frozenset({SEE}),
    "results": frozenset({SEE}),
}
"""What may be granted: each area, and what can be done in it on another's behalf (R93)."""

COMMUNICATION: Final = ("appointments", "forms", "messages")
LEVELS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "read": {area: frozenset({SEE}) for area in AREAS},
    "communicate": {area: AREAS[area] for area in COMMUNICATION},
    "full": AREAS,
}
"""Names for what is granted most: to see everything, to book and write on somebody's behalf, all of it."""

OF_NEWS: Final = "notices:read"
"""Who may see anything may see that there is news of it; of what else there is news, notifications withholds."""

WARNED_BEFORE: Final = timedelta(days=14)
LONGEST: Final = timedelta(days=3653)
MOST_OPEN: Final = 30
"""How many one giver may have given at once, so that offers are no way to pester, or to find out who is here."""
COUNTED_FOR: Final = timedelta(days=1)
"""For how long one that was ended counts as well: whoever ends what they offer finds out no more."""

MOST_CHANGES: Final = 10
"""How often a receiver is told within that time of other terms, or of an offer again after the last was ended."""

Areas = Mapping[str, frozenset[str]]


class State(StrEnum):
    """How a grant stands."""

    OFFERED = "offered"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DECLINED = "declined"
    REVOKED = "revoked"
    RENOUNCED = "renounced"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Grant:
    """
    What a giver lets a receiver do; `version` counts every change.

    `accepted_at` is None until the receiver has said yes, `confirmed_at` when the giver last meant it; `ended_as` is
    one of the last four states, None while the grant has not ended. Its terms were told of `changes` times since
    `changes_from`.
    """

    id: str
    giver: str
    receiver: str
    scopes: frozenset[str]
    version: int
    granted_at: datetime
    confirmed_at: datetime
    accepted_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    ended_as: str | None
    changes: int
    changes_from: datetime

    def counted(self, now: datetime) -> tuple[int, datetime]:
        """How often its terms are told of in the time that counts if they are so now, and since when."""
        within = now - self.changes_from < COUNTED_FOR
        return (self.changes + 1, self.changes_from) if within else (1, now)

    def changes_too_often(self, now: datetime) -> bool:
        """Whether its receiver has been told of its terms as often as anybody has to stand."""
        return self.counted(now)[0] > MOST_CHANGES

    def other_side(self, citizen: str) -> str:
        """The receiver for the giver, and the giver for the receiver."""
        return self.receiver if citizen == self.giver else self.giver

    def state(self, now: datetime, giver: Person | None, receiver: Person | None) -> State:
        """How it stands now: suspended while one does not use their account, or came back and has not meant it anew."""
        if self.ended_as is not None:
            return State(self.ended_as)
        if self.expires_at is not None and self.expires_at <= now:
            return State.EXPIRED
        if self.accepted_at is None:
            return State.OFFERED
        meant = _still_meant(giver, self.confirmed_at) and _still_meant(receiver, self.accepted_at)
        return State.ACTIVE if meant else State.SUSPENDED


@dataclass(frozen=True, slots=True)
class GrantTold:
    """What is told of a grant: which one, and how it stands."""

    grant: str
    state: State


class GrantOffered(GrantTold):
    """Somebody wants to be represented by the subject."""


class GrantAccepted(GrantTold):
    """Somebody has said yes to representing the subject."""


class GrantChanged(GrantTold):
    """The subject may do other things for somebody."""


class GrantEnded(GrantTold):
    """A grant from or to the subject is over."""


class GrantExpiring(GrantTold):
    """A grant from or to the subject soon ends."""


def _still_meant(person: Person | None, since: datetime) -> bool:
    return person is None or (person.active and (person.back_since is None or person.back_since <= since))


def scopes_of(areas: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The scopes of what is granted by area; who may act in one may see it too."""
    doing = {(area, what) for area, verbs in areas.items() for what in (*verbs, SEE)}
    scopes = {f"{area}:{'read' if what == SEE else ACT}" for area, what in doing}
    return frozenset(scopes | {OF_NEWS}) if scopes else frozenset()


def areas_of(scopes: Iterable[str]) -> dict[str, list[str]]:
    """What is granted by area, in the order of AREAS; `see` before `act`."""
    held = set(scopes)
    verbs = {area: [SEE] * (f"{area}:read" in held) + [ACT] * (f"{area}:act" in held) for area in AREAS}
    return {area: named for area, named in verbs.items() if named}


def level_of(scopes: frozenset[str]) -> str | None:
    """The name of what is granted, if it has one."""
    return next((level for level, areas in LEVELS.items() if scopes_of(areas) == scopes), None)


def objection(giver: Person | None, receiver: Person | None, now: datetime) -> str | None:
    """
    Why the receiver may not represent the giver now, or None; asked at every read, never remembered (R91, R92).

    What is against the giver comes first: whoever may give nothing learns nothing of whom they name.
    """
    if (against := unfit("giver", giver)) is not None:
        return against
    if giver is None or not is_at_least(giver, YOUNGEST_GIVER, now):
        return "giver-too-young"
    if (against := unfit("receiver", receiver)) is not None:
        return against
    return None if receiver and is_at_least(receiver, YOUNGEST_RECEIVER, now) else "receiver-too-young"
