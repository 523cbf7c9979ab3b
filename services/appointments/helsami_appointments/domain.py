"""Times that are offered, who has taken them, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Final

BOOKED: Final = "booked"
STATUSES: Final = frozenset({"proposed", "pending", BOOKED, "arrived", "fulfilled", "cancelled", "noshow"})
CANCELLED: Final = "cancelled"
HOLDING: Final = frozenset({"pending", BOOKED, "arrived", "fulfilled"})
"""The statuses in which an appointment keeps its slot from others."""

TO_COME: Final = frozenset({"proposed", "pending", BOOKED})
"""The statuses of an appointment that has not begun, and can still be changed or cancelled."""


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
    """
    A meeting of one citizen; `status` is one of STATUSES, `slot` the id of the slot it takes, if one is known.

    `instructions` are what the citizen is to do before, `cancelled_because` why it will not take place. Of what is only
    proposed, `window` says that it takes place within its span, at a time that is not agreed. `flags` are what its
    record system lets the citizen do, None where it does not say, `told_at` when that had last changed what it tells.

    `tell` and `remind`: whether its record system lets us notify of it, and remind of it. `link`: by which its record
    system holds it by video, if it sends one; a secret. `access_limit`: from whom its record system wants it hidden.
    """

    organisation: str
    meeting: Meeting
    span: Span
    status: str
    slot: str | None = None
    setting: str = ""
    tell: bool = True
    remind: bool = True
    link: str = field(default="", repr=False)
    instructions: str = ""
    cancelled_because: str = ""
    window: bool = False
    flags: frozenset[str] | None = None
    told_at: datetime | None = None
    access_limit: str = ""

    def moved_to(self, slot: Slot) -> Appointment:
        """The same appointment at the time and place of another slot, as a booking made here."""
        meeting = slot.meeting.or_else(Meeting(self.meeting.visit_type, self.meeting.kind))
        return replace(self, meeting=meeting, span=slot.span, status=BOOKED, slot=slot.id, window=False)

    def cancelled(self) -> Appointment:
        """The same appointment, as its citizen does not want it to take place."""
        return replace(self, status=CANCELLED, cancelled_because="citizen")


@dataclass(frozen=True, slots=True)
class Known:
    """
    An appointment as it is stored.

    `key` is what it is stored under, `record_key` what its record system calls it and `told` a digest of what that has
    told last, both None where it has told nothing. `sequence` counts what has become of it, from 1, and `digest` is of
    all that is stored of it.
    """

    id: str
    key: str
    appointment: Appointment
    record_key: str | None
    told: str | None
    sequence: int
    digest: str

    @property
    def access_limit(self) -> str:
        """From whom its record system wants it hidden."""
        return self.appointment.access_limit


@dataclass(frozen=True, slots=True)
class SlotBooked:
    """A citizen has taken a slot: the id of the appointment, and nothing of where or what for."""

    appointment: str


@dataclass(frozen=True, slots=True)
class AppointmentChanged:
    """An appointment has another time, place or clinician: its id, from whom it is hidden, nothing of what changed."""

    appointment: str
    access_limit: str = ""


@dataclass(frozen=True, slots=True)
class AppointmentCancelled:
    """An appointment will not take place: its id, from whom it is hidden, and nothing of why."""

    appointment: str
    access_limit: str = ""
