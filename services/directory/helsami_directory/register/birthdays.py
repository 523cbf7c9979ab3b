"""The sixteenth birthday, of which a child and who has responsibility for them are told beforehand, and on the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from helsami_kernel.clock import OSLO

OF_AGE: Final = 16
"""From then on nobody acts for a child because of parental responsibility (R98, K1)."""
NOTICE: Final = timedelta(days=30)
SOON: Final = "soon"
TURNED: Final = "turned"
STEPS: Final = (SOON, TURNED)


@dataclass(frozen=True, slots=True)
class Turning16Soon:
    """In thirty days a child turns sixteen; the subject is the child, or who has parental responsibility for them."""

    child: str


@dataclass(frozen=True, slots=True)
class Turned16:
    """A child has turned sixteen; the subject is the child, or who has parental responsibility for them."""

    child: str


def moment_of(birth_date: date, step: str) -> datetime:
    """When a step is told of: 00:00 in Oslo, of the birthday or of NOTICE before it."""
    told_on = birthday(birth_date) - (NOTICE if step == SOON else timedelta(0))
    return datetime.combine(told_on, time(), OSLO)


def birthday(birth_date: date) -> date:
    """The sixteenth birthday; 1 March where the year has no 29 February."""
    year = birth_date.year + OF_AGE
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
