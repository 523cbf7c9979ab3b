"""What appointments asks about booking: the way, the free times, and what happens before a visit."""

from dataclasses import dataclass
from datetime import datetime

ACTIONS = frozenset({"book", "change", "cancel", "join-waitlist", "video"})


@dataclass(frozen=True, slots=True)
class BookingQuestion:
    """
    May this person do this to this appointment themselves?

    `action` is one of ACTIONS; `starts_at` and `asked_at` are aware; `actor` is one of READERS. `unit` and
    `visit_type` are the organisation's own codes, empty where they are unknown.
    """

    action: str
    visit_type: str
    starts_at: datetime
    asked_at: datetime
    unit: str = ""
    actor: str = "self"
    age_band: str = "16+"


@dataclass(frozen=True, slots=True)
class SlotChoice:
    """A free time that might be offered; times are aware."""

    id: str
    starts_at: datetime
    visit_type: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class SlotsQuestion:
    """Which of these free times may be offered to this person?"""

    slots: tuple[SlotChoice, ...]
    asked_at: datetime
    actor: str = "self"
    age_band: str = "16+"

    @property
    def ids(self) -> frozenset[str]:
        """The only ids an answer may name."""
        return frozenset(slot.id for slot in self.slots)


@dataclass(frozen=True, slots=True)
class CheckInQuestion:
    """
    What may be done before this visit, or on arriving for it (R36, R37)?

    `forms` are the kinds of form that can be filled in for it, and the only ones an answer may name; `setting` is one
    of SETTINGS or empty, `actor` one of READERS.
    """

    visit_type: str
    starts_at: datetime
    asked_at: datetime
    forms: frozenset[str] = frozenset()
    unit: str = ""
    setting: str = ""
    actor: str = "self"
    age_band: str = "16+"
