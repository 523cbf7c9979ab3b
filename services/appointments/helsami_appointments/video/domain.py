"""When a consultation by video can be joined, and what of it each reader is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

VIDEO: Final = "video"
IN_PERSON: Final = "in-person"
VIRTUAL: Final = "virtual"
"""The setting of an appointment that is held by video."""

OPENS_BEFORE: Final = timedelta(minutes=15)
CLOSES_AFTER: Final = timedelta(minutes=30)
"""How long after its end one can still join: consultations run late, and a line that breaks must be mended."""

LINK_LIFE: Final = timedelta(minutes=5)
"""How long a link opens the door; whoever is inside stays, and whoever comes back asks for another."""

LONGEST_MEETING: Final = timedelta(hours=12)
LARGEST_GROUP: Final = 50
SMALLEST_GROUP: Final = 2
NOT_OVER: Final = frozenset({"proposed", "pending", "booked", "arrived"})
PAYMENT: Final = "payment.video-as-in-person"
"""The key of what a citizen must know of paying for a consultation by video (R16)."""


class Span(Protocol):
    """From an aware time until a later one."""

    @property
    def starts_at(self) -> datetime:
        """When it begins."""

    @property
    def ends_at(self) -> datetime:
        """When it is over."""


class Appointment(Protocol):
    """What of an appointment says whether and when it is held by video."""

    @property
    def span(self) -> Span:
        """When it takes place."""

    @property
    def status(self) -> str:
        """What has become of it."""

    @property
    def setting(self) -> str:
        """VIRTUAL, or another."""


class State(StrEnum):
    """How the door of a room stands; NONE where there is no room."""

    NONE = "none"
    NOT_OPEN = "not_open"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Window:
    """From when until before when a room can be joined, both aware."""

    opens_at: datetime
    closes_at: datetime

    @classmethod
    def of(cls, span: Span) -> Window:
        """The window of what takes place in a span."""
        return cls(span.starts_at - OPENS_BEFORE, span.ends_at + CLOSES_AFTER)

    def state(self, now: datetime) -> State:
        """How the door stands at an aware moment."""
        if now < self.opens_at:
            return State.NOT_OPEN
        return State.OPEN if now < self.closes_at else State.CLOSED

    def link_ends(self, now: datetime) -> datetime:
        """Until when a link that is made now opens the door."""
        return min(self.closes_at, now + LINK_LIFE)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a consultation stands at one moment; without a window there is none by video."""

    state: State
    window: Window | None = None

    @classmethod
    def of(cls, appointment: Appointment, now: datetime) -> Standing:
        """How an appointment stands; what is cancelled, over or did not take place is closed whatever the time."""
        if appointment.setting != VIRTUAL:
            return cls(State.NONE)
        window = Window.of(appointment.span)
        return cls(window.state(now) if appointment.status in NOT_OVER else State.CLOSED, window)


@dataclass(frozen=True, slots=True)
class Link:
    """A way into a room, for one reader, until an aware moment."""

    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """
    What is kept of an appointment's video: where it would take place `otherwise`, and whether it was `decided` here.

    `room` is the id of a room that it shares, `link` the sealed link that its record system has sent; both are for
    `starts_at` and for no other time.
    """

    otherwise: str = ""
    decided: bool = False
    room: str | None = None
    link: str = field(default="", repr=False)
    starts_at: datetime | None = None

    def holds_for(self, appointment: Appointment) -> bool:
        """Whether its room or link is for the time that the appointment has."""
        return self.starts_at == appointment.span.starts_at


@dataclass(frozen=True, slots=True)
class Room:
    """A room of an organisation's own: of a group of citizens, or of staff alone; worthless once it has ended."""

    id: str
    organisation: str
    kind: str
    span: Span
    ended: bool = False

    def standing(self, now: datetime) -> Standing:
        """How the room stands at one moment."""
        window = Window.of(self.span)
        return Standing(State.CLOSED if self.ended else window.state(now), window)
