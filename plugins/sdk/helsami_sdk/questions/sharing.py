"""What results, records and consents ask about sharing: when, with whom, and through whom."""

from dataclasses import dataclass

SETTINGS = frozenset({"outpatient", "inpatient", "emergency", "nursing-home", "home", "virtual"})
KINDS = frozenset(
    {"appointment", "visit", "note", "result", "condition", "allergy", "vaccine", "medication", "document", "thread"},
)
BASES = frozenset({"grant", "parental", "capacity"})
SCOPES = frozenset(
    {
        "appointments:act",
        "appointments:read",
        "medications:read",
        "messages:act",
        "messages:read",
        "notices:read",
        "records:read",
        "results:read",
    },
)

HOME_CARE_VISIT = "home-care-visit"
HOME_MEETINGS = frozenset({"care-group-meeting", "interdisciplinary-meeting"})


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


@dataclass(frozen=True, slots=True)
class DelegationQuestion:
    """
    Which of these scopes may somebody hold on a citizen's behalf towards this organisation (R93, R98, K3)?

    `basis` is one of BASES, `scopes` are some of SCOPES and the only ones an answer may name, `age_band` is the
    citizen's, and `organisation_kind` is the manifest's kind.
    """

    basis: str
    scopes: frozenset[str]
    age_band: str = "16+"
    organisation_kind: str = ""
