"""Times that are offered, who has taken them, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

BOOKED: Final = "booked"
STATUSES: Final = frozenset({"proposed", "pending", BOOKED, "arrived", "fulfilled", "cancelled", "noshow"})
HOLDING: Final = frozenset({"pending", BOOKED, "arrived", "fulfilled"})
"""The statuses in which an appointment keeps its slot from others."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """
    What a schedule, a slot and an appointment each say of a meeting; empty where it is unknown.

    `visit_type`, `unit` and `clinician` are the organisation's own codes and keys, `kind`, `place` and `clinician_name`
    what a citizen reads.
    """

    visit_type: str = ""
    kind: str = ""
    unit: str = ""
    place: str = ""
    clinician: str = ""
    clinician_name: str = ""

    def or_else(self, other: Meeting) -> Meeting:
        """The same meeting, with what it leaves unsaid taken from another."""
        return Meeting(*(getattr(self, each.name) or getattr(other, each.name) for each in fields(Meeting)))


@dataclass(frozen=True, slots=True)
class Span:
    """From an aware time until a later one."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        """Refuse a span that ends before it has begun, or lasts no time: it could never overlap another."""
        if self.ends_at <= self.starts_at:
            raise ValueError("a span ends after it starts")


@dataclass(frozen=True, slots=True)
class Schedule:
    """What an organisation opens slots under; nothing of it is offered while it is not active."""

    key: str
    meeting: Meeting
    active: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """A slot as its organisation sends it; what it does not say of the meeting, its schedule says."""

    key: str
    schedule: str
    visit_type: str
    kind: str
    span: Span
    free: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that a citizen may take; `free` when its organisation says so and nobody has taken it here."""

    id: str
    organisation: str
    meeting: Meeting
    span: Span
    free: bool

    def book(self) -> Appointment:
        """The appointment of whoever takes this slot."""
        return Appointment(self.organisation, self.meeting, self.span, BOOKED, slot=self.id)


@dataclass(frozen=True, slots=True)
class Appointment:
    """A meeting of one citizen; `status` is one of STATUSES, `slot` the id of the slot it takes, if one is known."""

    organisation: str
    meeting: Meeting
    span: Span
    status: str
    slot: str | None = None
    setting: str = ""


@dataclass(frozen=True, slots=True)
class SlotBooked:
    """A citizen has taken a slot: the id of the appointment, and nothing of where or what for."""

    appointment: str
