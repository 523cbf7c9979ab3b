"""What is done before a visit and on arriving for it, and when one is reminded of it (R36, R37, R39, R41)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from helsami_appointments.domain import BOOKED, CANCELLED, Appointment, Span
from helsami_sdk.answers import CheckIn

OSLO: Final = ZoneInfo("Europe/Oslo")
LEAD: Final = "day-before"
REMINDED_FROM: Final = time(9)
"""By the wall clock in Oslo: people are up, and what is later than ten can still be given up a day ahead."""

REMINDED_WITHIN: Final = timedelta(hours=1)
"""Reminders of one day are spread over so long: all at once they would hold up every other promise."""

ARRIVES_EARLY: Final = timedelta(hours=1)
"""Whoever presses earlier is not there yet, or has read the time wrong; how late one is, staff see themselves."""

EXPECTED: Final = frozenset({"pending", BOOKED})
"""The statuses of an appointment for which its citizen is expected, and has not come yet as far as anybody has said."""

CALLED_OFF: Final = frozenset({CANCELLED, "noshow"})


class State(StrEnum):
    """How check-in stands, or the button by which one says that one is here."""

    NOT_ASKED = "not_asked"
    NOT_OPEN = "not_open"
    OPEN = "open"
    DONE = "done"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Visited:
    """What a citizen has done about an appointment at the time that it has; None where they have not."""

    checked_in_at: datetime | None = None
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be done from one moment until another, and whether it is; None where it is not asked for."""

    opens_at: datetime | None
    closes_at: datetime | None
    done_at: datetime | None

    def state(self, status: str, now: datetime) -> State:
        """How it stands, at an aware moment, of an appointment with this status."""
        if self.opens_at is None or self.closes_at is None:
            return State.DONE if self.done_at is not None and status not in CALLED_OFF else State.NOT_ASKED
        if status in CALLED_OFF:
            return State.CLOSED
        if self.done_at is not None:
            return State.DONE
        if status == "proposed":
            return State.NOT_ASKED
        if status not in EXPECTED or now >= self.closes_at:
            return State.CLOSED
        return State.NOT_OPEN if now < self.opens_at else State.OPEN


@dataclass(frozen=True, slots=True)
class Task:
    """
    Something that a citizen is to do before an appointment, as its record system tells it.

    `appointment` is its id, `due` a day or a moment as citizens read it, None where there is none.
    """

    key: str
    appointment: str
    description: str
    due: str | None
    done: bool
    access_limit: str = ""


@dataclass(frozen=True, slots=True)
class ReminderDue:
    """The day before an appointment has come: its id, and nothing of when or where."""

    appointment: str


@dataclass(frozen=True, slots=True)
class CheckInOpened:
    """A citizen can check in for an appointment."""

    appointment: str


def check_in_of(asked: CheckIn, span: Span, visited: Visited) -> Step:
    """Check-in for a visit: from as long before as its organisation says, until it begins (R36)."""
    opens_at = None if asked.opens is None else span.starts_at - asked.opens
    return Step(opens_at, None if opens_at is None else span.starts_at, visited.checked_in_at)


def arrival_of(asked: CheckIn, span: Span, visited: Visited) -> Step:
    """To say that one is here: from ARRIVES_EARLY before a visit until it ends (R37)."""
    if not asked.arrival_button:
        return Step(None, None, visited.arrived_at)
    return Step(span.starts_at - ARRIVES_EARLY, span.ends_at, visited.arrived_at)


def reminder_at(appointment_id: str, starts_at: datetime) -> datetime:
    """
    When a citizen is reminded of an appointment: the day before by the calendar in Oslo, in the hour from nine.

    In UTC, and the same whenever it is asked. The nights in which the clocks change are over by then.
    """
    day = starts_at.astimezone(OSLO).date() - timedelta(days=1)
    nine = datetime.combine(day, REMINDED_FROM, OSLO).astimezone(UTC)
    return nine + timedelta(seconds=UUID(appointment_id).int % int(REMINDED_WITHIN.total_seconds()))


def is_expected(appointment: Appointment) -> bool:
    """Whether the citizen is to come."""
    return appointment.status in EXPECTED
