"""A medicine on a citizen's list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Use(StrEnum):
    """Whether a medicine is to be taken now."""

    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Medicine:
    """
    What is taken, how, and by whose word.

    `listed_at` (aware) is when a clinician entered it, which is what decides whether it is shown (R64); `since` is when
    its use began, as precisely as its source wrote it. `dosage` and `prescriber` are None where nobody has said.
    """

    name: str
    system: str
    code: str
    use: Use
    listed_at: datetime
    since: str
    dosage: str | None = None
    prescriber: str | None = None
    access_limit: str = ""
