"""Shields: one item, hidden from one reader or a kind of readers, at once; and how each stands (R68, R69, K23)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

PARENTS: Final = "parents"
REPRESENTATIVES: Final = "representatives"
STAFF: Final = "staff"
GROUPS: Final = frozenset({PARENTS, REPRESENTATIVES, STAFF})
"""From whom one may hide an item, other than one representative alone."""

YOUNGEST: Final = 12
"""From what age something may be kept from parents (the Patients' and Users' Rights Act, section 3-4)."""
OF_AGE: Final = 16
"""From what age nobody is asked: health matters are one's own."""

DECLINED_STAYS: Final = timedelta(days=7)
"""How long something stays hidden after staff have said no: who hid it is told first, and can speak with somebody."""

MOST_STANDING: Final = 100
"""How many of a citizen's may stand at once: what hides must fit into a token (MOST_HIDDEN of the kernel)."""


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
"""The states in which representatives do not see the item; the last of them until its time is up."""
STANDING: Final = HIDING | {State.REQUESTED, State.GRANTED, State.LIFTING}
OPEN: Final = frozenset({State.AWAITING, State.REQUESTED, State.LIFTING})
"""The states in which the organisation has the next word."""


@dataclass(frozen=True, slots=True)
class Shield:
    """
    An item of the owner's that is hidden, or is to be.

    `hidden_from` is one of GROUPS or the id of a representation, and `reader` the citizen whom that is, else None;
    `until` is when it hides no longer, None while nothing ends it; `reason` is a code of staff's, empty without one.
    """

    id: str
    owner: str
    item: str
    kind: str
    organisation: str
    hidden_from: str
    reader: str | None
    state: State
    version: int
    asked_at: datetime
    decided_at: datetime | None
    until: datetime | None
    reason: str
