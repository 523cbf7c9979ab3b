"""What becomes of an appointment when its record system tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from helsami_appointments.domain import TO_COME, Appointment

LATE: Final = timedelta(days=1)
"""For how long a record system may not have heard yet that a booking of its slot was moved or cancelled here."""


@dataclass(frozen=True, slots=True)
class Received:
    """What an appointment was and has become, by its id; before it was new it was none, and taken back it is none."""

    id: str
    before: Appointment | None
    after: Appointment | None

    @property
    def access_limit(self) -> str:
        """From whom its record system wants it hidden, as far as it has said last."""
        last = self.after or self.before
        return "" if last is None else last.access_limit

    @property
    def is_void(self) -> bool:
        """Whether what was asked about it was about what is no more: another time, or none (K17)."""
        if self.before is None:
            return False
        if self.after is None or self.after.status not in TO_COME:
            return True
        return self.after.span.starts_at != self.before.span.starts_at


def is_outdated(told_at: datetime | None, known: datetime | None) -> bool:
    """Whether a later word of the same record system is known already; nobody can say of what has no time."""
    return told_at is not None and known is not None and told_at < known


@dataclass(frozen=True, slots=True)
class AppointmentNamed:
    """An appointment that was booked here has an id of its record system's too, by which others know it."""

    appointment: str
    known_as: str


@dataclass(frozen=True, slots=True)
class AppointmentScheduled:
    """A record system has given a citizen an appointment: its id, from whom it is hidden, not where or what for."""

    appointment: str
    access_limit: str = ""
