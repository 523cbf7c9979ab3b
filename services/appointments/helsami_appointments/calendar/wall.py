"""Times as a wall clock in Oslo shows them, and what they are in UTC: hours that are skipped do not exist."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final

from helsami_kernel.clock import OSLO

ZONE: Final = OSLO.key


def utc_of(wall: datetime) -> datetime:
    """The moment at which a clock in Oslo shows this naive time; of two that do, `fold` says which."""
    return wall.replace(tzinfo=OSLO).astimezone(UTC)


def wall_of(moment: datetime) -> datetime:
    """What a clock in Oslo shows at an aware moment: naive, with its `fold`."""
    return moment.astimezone(OSLO).replace(tzinfo=None)


def exists(wall: datetime) -> bool:
    """Whether a clock in Oslo ever shows this naive time (reliability.md 2.4)."""
    return wall_of(utc_of(wall)) == wall


def midnight(day: date) -> datetime:
    """The moment at which a day begins in Oslo."""
    return utc_of(datetime.combine(day, time()))
