"""What forms asks: who handles a case, and how long an answered form is shown."""

from dataclasses import dataclass
from datetime import datetime

CASE_KINDS = frozenset({"inquiry", "complaint", "record-access", "correction", "deletion", "shielding", "capacity"})
MAIL_RECEPTION = "mail-reception"


@dataclass(frozen=True, slots=True)
class CaseQuestion:
    """
    Who handles this case, and within how many days (R66, R70, R87, R90)?

    `kind` is one of CASE_KINDS; `queues` are the organisation's (`Manifest.queues`: one of each unit, by the unit's id,
    and MAIL_RECEPTION) and the only ones an answer may name; `service` is the organisation's own code of what is asked
    for.
    """

    kind: str
    queues: frozenset[str]
    asked_at: datetime
    service: str = ""
    unit: str = ""
    actor: str = "self"
    age_band: str = "16+"


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """How long is a form of this kind shown once it is answered (R106, K20)?"""

    kind: str
    unit: str = ""
    age_band: str = "16+"
