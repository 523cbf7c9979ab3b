"""What may be answered about forms and cases: who handles a case, and how long an answered form is shown."""

from dataclasses import dataclass

from helsami_sdk.answers.codes import is_id, is_whole

CASE_ANSWER_DAYS = 30
LONGEST_CASE_ANSWER_DAYS = 365
SHOWN_DAYS = 180
LONGEST_SHOWN_DAYS = 3650


@dataclass(frozen=True, slots=True)
class CaseRoute:
    """The queue a case goes to, one of the question's, and within how many days it is answered."""

    queue: str
    answer_days: int = CASE_ANSWER_DAYS

    def __post_init__(self) -> None:
        """Refuse a missing queue and days that are none: ValueError."""
        if not is_id(self.queue):
            raise ValueError("queue: expected the id of a queue in the question")
        if not is_whole(self.answer_days, 1, LONGEST_CASE_ANSWER_DAYS):
            raise ValueError(f"answer_days: expected 1 to {LONGEST_CASE_ANSWER_DAYS} whole days")


@dataclass(frozen=True, slots=True)
class FormWindow:
    """For how many days an answered form is shown; one that is not answered is always shown (R106, K20)."""

    shown_days: int = SHOWN_DAYS

    def __post_init__(self) -> None:
        """Refuse days that are none: ValueError."""
        if not is_whole(self.shown_days, 1, LONGEST_SHOWN_DAYS):
            raise ValueError(f"shown_days: expected 1 to {LONGEST_SHOWN_DAYS} whole days")
