"""What an organisation is asked: facts and codes, the time of asking, and never an identity."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

ACTIONS = frozenset({"book", "change", "cancel", "join-waitlist", "video"})
AGE_BANDS = frozenset({"0-11", "12-15", "16+"})
READERS = frozenset({"self", "grant", "parental", "capacity"})
SETTINGS = frozenset({"outpatient", "inpatient", "emergency", "nursing-home", "home", "virtual"})
KINDS = frozenset(
    {"appointment", "visit", "note", "result", "condition", "allergy", "vaccine", "medication", "document"},
)

HOME_CARE_VISIT = "home-care-visit"
HOME_MEETINGS = frozenset({"care-group-meeting", "interdisciplinary-meeting"})


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
class ResultQuestion:
    """
    When may a result of this type be seen (R48-R50)?  The value is not in the question, on purpose.

    `system` and `code` say what was measured; `category` is the code of its kind (`laboratory`, `vital-signs`, `GE`);
    `setting` is one of SETTINGS or empty; `concerns_several` is true where it also tells about someone else.
    """

    code: str
    system: str = ""
    category: str = ""
    setting: str = ""
    concerns_several: bool = False
    age_band: str = "16+"


@dataclass(frozen=True, slots=True)
class SharingQuestion:
    """
    Must this kind of item be withheld from this kind of reader?

    `kind` is one of KINDS, `setting` one of SETTINGS or empty, `reader` one of READERS; `age_band` is the citizen's,
    not the reader's. A note carries the `visit_type` and `setting` of its visit.
    """

    kind: str
    setting: str = ""
    visit_type: str = ""
    author_role: str = ""
    reader: str = "self"
    age_band: str = "16+"


QUESTIONS: Mapping[str, type] = MappingProxyType(
    {
        "decide_booking": BookingQuestion,
        "restrict_slots": SlotsQuestion,
        "classify_result": ResultQuestion,
        "restrict_sharing": SharingQuestion,
    },
)
