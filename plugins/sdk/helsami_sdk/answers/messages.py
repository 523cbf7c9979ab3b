"""What may be answered about messages: who may be written to, and the way of a message until somebody opens it."""

from dataclasses import dataclass
from typing import Self

from helsami_sdk.answers.codes import all_different, is_id, is_whole

ANSWER_DAYS = 5
LONGEST_ANSWER_DAYS = 60
UNOPENED_HOURS = 8
LONGEST_UNOPENED_HOURS = 40


@dataclass(frozen=True, slots=True)
class Reachable:
    """
    A recipient that may be written to, by its id in the question.

    `may_reply`: whether the citizen may answer what they get back without starting anew (R77); `answer_days`: within
    how many working days an answer is to be expected (R83).
    """

    id: str
    may_reply: bool = True
    answer_days: int = ANSWER_DAYS

    def __post_init__(self) -> None:
        """Refuse a missing id and days that are none: ValueError."""
        if not is_id(self.id):
            raise ValueError("id: expected the id of a recipient in the question")
        if type(self.may_reply) is not bool:
            raise ValueError("may_reply: expected true or false")
        if not is_whole(self.answer_days, 1, LONGEST_ANSWER_DAYS):
            raise ValueError(f"answer_days: expected 1 to {LONGEST_ANSWER_DAYS} working days")


@dataclass(frozen=True, slots=True)
class Recipients:
    """Everybody that may be written to, each once."""

    reachable: tuple[Reachable, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no recipient, and one that is there twice: ValueError."""
        if type(self.reachable) is not tuple or any(type(one) is not Reachable for one in self.reachable):
            raise ValueError("reachable: expected a tuple of Reachable")
        if not all_different([one.id for one in self.reachable]):
            raise ValueError("reachable: expected each recipient once")

    @property
    def ids(self) -> frozenset[str]:
        """The ids of those that may be written to."""
        return frozenset(one.id for one in self.reachable)

    @classmethod
    def of(cls, *reachable: Reachable) -> Self:
        """These, and nobody else."""
        return cls(reachable)


@dataclass(frozen=True, slots=True)
class Stop:
    """
    An inbox, or an employee, where a message lies until it is opened.

    After `unopened_hours` working hours unopened it goes on to the next stop (R81); the citizen sees none of it (R80).
    """

    inbox: str = ""
    employee: str = ""
    unopened_hours: int = UNOPENED_HOURS

    def __post_init__(self) -> None:
        """Refuse both or neither of inbox and employee, and hours that are none: ValueError."""
        if is_id(self.inbox) is is_id(self.employee) or {type(self.inbox), type(self.employee)} != {str}:
            raise ValueError("inbox: expected the id of an inbox, or of an employee, and not of both")
        if not is_whole(self.unopened_hours, 1, LONGEST_UNOPENED_HOURS):
            raise ValueError(f"unopened_hours: expected 1 to {LONGEST_UNOPENED_HOURS} working hours")


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message goes first, and its back-ups in order; the rules add the duty inbox where it is missing (K25)."""

    stops: tuple[Stop, ...]

    def __post_init__(self) -> None:
        """Refuse a way without a stop, what is no stop, and one that is there twice: ValueError."""
        if type(self.stops) is not tuple or not self.stops or any(type(stop) is not Stop for stop in self.stops):
            raise ValueError("stops: expected a tuple of Stop, and at least one")
        if not (all_different(self.inboxes) and all_different(self.employees)):
            raise ValueError("stops: expected each inbox and each employee once")

    @property
    def inboxes(self) -> tuple[str, ...]:
        """The ids of the inboxes on the way."""
        return tuple(stop.inbox for stop in self.stops if stop.inbox)

    @property
    def employees(self) -> tuple[str, ...]:
        """The ids of the employees on the way."""
        return tuple(stop.employee for stop in self.stops if stop.employee)

    @classmethod
    def by(cls, *stops: Stop) -> Self:
        """First here, then there."""
        return cls(stops)
