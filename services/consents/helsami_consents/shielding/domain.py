"""Shields: one item, hidden from one reader or a kind of readers, at once; and how each stands (R68, R69, K23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from helsami_consents.people import Person, is_at_least

PARENTS: Final = "parents"
REPRESENTATIVES: Final = "representatives"
STAFF: Final = "staff"
GROUPS: Final = frozenset({PARENTS, REPRESENTATIVES, STAFF})
"""From whom one may hide an item, other than from one representative alone."""

YOUNGEST: Final = 12
"""From what age something may be kept from parents (the Patients' and Users' Rights Act, section 3-4)."""
OF_AGE: Final = 16
"""From what age nobody is asked: what concerns one's health is one's own."""

DECLINED_STAYS: Final = timedelta(days=7)
"""How long something stays hidden after staff have said no: who hid it is told first, and can speak with somebody."""

ASKED_AGAIN_AFTER: Final = timedelta(days=30)
"""How long nobody is asked about something again of whom staff have declined it twice."""

KEPT_WHEN_OVER: Final = timedelta(days=365)
"""How long one sees that one has hidden something; what staff have declined is known until its citizen is of age."""

MOST_STANDING: Final = 100
"""How many of a citizen's may stand at once: the ids of all must fit into a token (MOST_HIDDEN)."""

MOST_OTHER_IDS: Final = 5
"""
By how many other ids one item is known at most: a booking by its record system's appointment and by four visits.

What a further visit says of itself is hidden all the same: that it is within the appointment.
"""

REASONS: Final = frozenset({"needed-for-treatment", "not-ours", "parents-must-know", "talk-to-us"})
"""Why staff may decline: codes, for which the gateway has words."""


class State(StrEnum):
    """How a shield stands."""

    AWAITING = "awaiting"
    IN_FORCE = "in-force"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    REQUESTED = "requested"
    GRANTED = "granted"
    LIFTING = "lifting"
    REFUSED = "refused"
    LIFTED = "lifted"
    ENDED = "ended"


HIDING: Final = frozenset({State.AWAITING, State.IN_FORCE, State.CONFIRMED, State.DECLINED})
"""The states in which representatives do not see the item; in the last of them until its time is up."""
STANDING: Final = HIDING | {State.REQUESTED, State.GRANTED, State.LIFTING}
OPEN: Final = frozenset({State.AWAITING, State.REQUESTED, State.LIFTING})
"""The states in which the organisation has the next word."""
CONFIRMED_AS: Final[Mapping[State, State]] = {
    State.AWAITING: State.CONFIRMED,
    State.REQUESTED: State.GRANTED,
    State.LIFTING: State.LIFTED,
}
DECLINED_AS: Final[Mapping[State, State]] = {State.AWAITING: State.DECLINED, State.REQUESTED: State.REFUSED}


@dataclass(frozen=True, slots=True)
class Hidden:
    """
    What is hidden: an item of a kind, by the id that its citizen sees and perhaps another that others know it by.

    `at` and `key` are for staff: from when it is, and what its source calls it there.
    """

    item: str
    also: str | None
    kind: str
    organisation: str
    at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class Shield:
    """
    Something of the owner's that is hidden, or is to be.

    `hidden_from` is one of GROUPS or the id of a representation, and `reader` the citizen whom that is, else None;
    `until` is when it hides no longer, None while nothing ends it; `reason` is one of REASONS, or empty.
    """

    id: str
    owner: str
    what: Hidden
    hidden_from: str
    reader: str | None
    state: State
    version: int
    asked_at: datetime
    decided_at: datetime | None
    until: datetime | None
    reason: str

    @property
    def is_declined(self) -> bool:
        """Whether staff have said no, whatever became of it since."""
        return bool(self.reason)


@dataclass(frozen=True, slots=True)
class ShieldingTold:
    """What is told of a shield: which one, and how it stands."""

    shield: str
    state: State


class ShieldingRequested(ShieldingTold):
    """A citizen has hidden something, or has asked their organisation to."""


class ShieldingDecided(ShieldingTold):
    """An organisation has had its word."""


class ShieldingLifted(ShieldingTold):
    """Something is hidden no longer."""


def is_too_young(person: Person, now: datetime) -> bool:
    """Whether nobody so young hides anything; the same of whose age nobody knows."""
    return not is_at_least(person, YOUNGEST, now)


def begins_as(hidden_from: str, person: Person, now: datetime, last: Shield | None) -> State:
    """
    How a shield stands at first: staff are asked where they hold the block, or for a young person.

    `last` is what staff have decided last of the same item, and not of its block. What they have declined is hidden
    again only once they say otherwise: else their word would hold for as long as it takes to ask anew.
    """
    if hidden_from == STAFF:
        return State.REQUESTED
    if is_at_least(person, OF_AGE, now):
        return State.IN_FORCE
    return State.REQUESTED if last is not None and last.is_declined else State.AWAITING


def is_asked_too_soon(state: State, last: Shield | None, now: datetime) -> bool:
    """Whether staff have said no to the same twice, and lately: they are to be spoken with first."""
    if state is not State.REQUESTED or last is None or last.state is not State.REFUSED or last.decided_at is None:
        return False
    return now < last.decided_at + ASKED_AGAIN_AFTER


def confirmed_as(shield: Shield) -> State:
    """How a shield stands that staff have confirmed: what is asked of them anew is then hidden as other things are."""
    if shield.state is State.REQUESTED and shield.hidden_from != STAFF:
        return State.CONFIRMED
    return CONFIRMED_AS[shield.state]


def lifted_as(state: State) -> State:
    """How a shield stands that its citizen wants no more: what an organisation's own system hides, that must lift."""
    return State.LIFTING if state in {State.GRANTED, State.LIFTING} else State.LIFTED


def of_age_as(shield: Shield) -> State | None:
    """How a shield stands once its citizen is of age, and nobody else has a word in it; None for as it was."""
    if shield.hidden_from == STAFF:
        return None
    return State.IN_FORCE if shield.state in {State.AWAITING, State.REQUESTED, State.DECLINED} else None
