"""Who may act for a child because of parental responsibility: decided by the register, at every question."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final

from helsami_consents.people import OSLO, Person, age, unfit

ENDS_AT: Final = 16
"""The birthday at which a parent's access ends, at 00:00 in Oslo (R98, K1)."""

GIVEN_UP: Final = "given-up"
BY_REGISTER: Final = "register"


@dataclass(frozen=True, slots=True)
class Parenthood:
    """A parent has applied to act for a child, and the register agreed; `ended_as` says how it ended, if it has."""

    id: str
    child: str
    parent: str
    version: int
    began_at: datetime
    ended_at: datetime | None
    ended_as: str | None


@dataclass(frozen=True, slots=True)
class RepresentationEnded:
    """A parent acts for a child no longer: which one it was, and nothing of why."""

    representation: str


def objection(child: Person | None, parent: Person | None, now: datetime) -> str | None:
    """
    Why the parent may not act for the child now, or None; asked at every read, never remembered.

    It takes parental responsibility (R97, R100: no sibling, no foster parent, R99), and that somebody who holds it is
    registered where the child is; if nobody is, none of them may (K5).
    """
    against = unfit("child", child) or unfit("parent", parent)
    if against is not None or child is None or parent is None:
        return against
    if child.birth_date is None:
        return "child-age-unknown"
    if age(child.birth_date, now) >= ENDS_AT:
        return "child-too-old"
    if parent.id not in child.holders:
        return "not-responsible"
    return None if child.holder_at_address else "nobody-at-address"


def is_over(child: Person | None, parent: Person | None, now: datetime) -> bool:
    """Whether it ends by what the register says: an account that is not in use suspends, and ends nothing (K19)."""
    child, parent = (one and replace(one, active=True) for one in (child, parent))
    return objection(child, parent, now) is not None


def ends_at(birth_date: date) -> datetime:
    """When a parent's access to a child of this birth date ends: 1 March for 29 February in a year that has none."""
    year = birth_date.year + ENDS_AT
    try:
        day = birth_date.replace(year=year)
    except ValueError:
        day = date(year, 3, 1)
    return datetime.combine(day, time(), OSLO)
