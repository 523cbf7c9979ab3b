"""Who the people are that act for others or are acted for, and what rules that out now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

OSLO: Final = ZoneInfo("Europe/Oslo")
CITIZEN_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Appointed:
    """A guardian of somebody, as the register names them now: what in, as codes, and until when where that is set."""

    id: str
    citizen: str
    mandates: frozenset[str]
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """
    What the register says of somebody at this moment; `birth_date` is None where it is not known.

    `active` is whether they use their account, `back_since` when they last took it up again after they had not.
    `holders` have parental responsibility for them, as opaque ids, and `holder_at_address` says whether one of those is
    registered where they are (R97, K5). `guardians` are theirs, and `wards` those whose guardian they are, by opaque
    ids.
    """

    id: str
    name: str
    birth_date: date | None
    protected: bool
    deceased: bool
    active: bool = True
    back_since: datetime | None = None
    holders: frozenset[str] = frozenset()
    holder_at_address: bool = False
    guardians: tuple[Appointed, ...] = ()
    wards: frozenset[str] = frozenset()


def is_citizen_id(text: str) -> bool:
    """Whether a text can be a citizen's opaque id."""
    return CITIZEN_ID.fullmatch(text) is not None


def age(birth_date: date, now: datetime) -> int:
    """Full years at an aware moment; a year is full at 00:00 in Oslo on the birthday (K1), 1 March for 29 February."""
    today = now.astimezone(OSLO).date()
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def is_at_least(person: Person, years: int, now: datetime) -> bool:
    """Whether somebody is that old; nobody is whose birth date is unknown."""
    return person.birth_date is not None and age(person.birth_date, now) >= years


def unfit(side: str, person: Person | None) -> str | None:
    """
    Why somebody takes no part in anything on anybody's behalf, as a code that begins with their side; None if they may.

    A protected address rules out both sides (K24).
    """
    if person is None:
        return f"{side}-unknown"
    if person.protected:
        return f"{side}-protected"
    if person.deceased:
        return f"{side}-deceased"
    return None if person.active else f"{side}-inactive"
