"""What the population register says of one person, and what changes when it says something else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

UNPROTECTED: Final = "none"
CONFIDENTIAL: Final = "confidential"
"""Code 7."""
STRICTLY_CONFIDENTIAL: Final = "strictly-confidential"
"""Code 6."""

FRESH_FOR: Final = timedelta(hours=12)
"""After that the register is asked again before its word is used; its feed tells of changes at once."""
USABLE_FOR: Final = timedelta(hours=72)
"""For how long its word still holds while the register is away; then nothing is decided by it (fail closed)."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody is registered: `key` is the same for the same dwelling alone, `text` is to be read."""

    key: str
    text: str


HEALTH_AND_CARE: Final = "health-and-care"
"""The mandate of a guardian that lets them act towards municipal health and care services."""


@dataclass(frozen=True, slots=True)
class Guardian:
    """A guardian of an adult, by national id or opaque id; what in, as codes, and until when, where that is set."""

    id: str
    mandates: frozenset[str]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A person in the register.

    `holders` are the national ids of who has parental responsibility for them, `guardians` those of guardians.
    """

    name: str = ""
    birth_date: date | None = None
    address: Address | None = None
    protection: str = UNPROTECTED
    holders: frozenset[str] = frozenset()
    guardians: frozenset[Guardian] = frozenset()
    deceased: bool = False
    death_date: date | None = None

    @property
    def concerned(self) -> frozenset[str]:
        """Who has parental responsibility for them, or is their guardian, by national ids."""
        return self.holders | {each.id for each in self.guardians}

    def __post_init__(self) -> None:
        """A protected address is dropped where it comes in: what is not kept cannot leave (K24)."""
        if self.protection != UNPROTECTED:
            object.__setattr__(self, "address", None)


@dataclass(frozen=True, slots=True)
class Changes:
    """Of whom the register says something else, by national ids, up to a place in its feed; `more` is there already."""

    national_ids: frozenset[str]
    place: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What is kept of an entry: holders by opaque ids, the address by a token that says whether two are the same."""

    known: bool = False
    name: str = ""
    birth_date: date | None = None
    protection: str = UNPROTECTED
    deceased: bool = False
    death_date: date | None = None
    address_token: str | None = None
    holders: frozenset[str] = frozenset()
    guardians: frozenset[Guardian] = frozenset()


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with parental responsibility for a child, as far as that decides who may represent the child."""

    id: str
    at_childs_address: bool
    asked_at: datetime | None


def is_fresh(asked_at: datetime | None, now: datetime) -> bool:
    """Whether the register's word of that moment needs no asking again."""
    return asked_at is not None and now - asked_at < FRESH_FOR


def is_usable(asked_at: datetime | None, now: datetime) -> bool:
    """Whether the register's word of that moment may still decide something while the register is away."""
    return asked_at is not None and now - asked_at < USABLE_FOR


def protection_of(said: str | None, *, protected: bool) -> str:
    """The grade of a protection; of one that only a record system knows, the strictest."""
    if said is not None and said != UNPROTECTED:
        return said
    return STRICTLY_CONFIDENTIAL if protected else UNPROTECTED


@dataclass(frozen=True, slots=True)
class ParentalResponsibilityChanged:
    """Somebody has or has no longer parental responsibility for a child; the subject is the child, or that somebody."""

    child: str


@dataclass(frozen=True, slots=True)
class GuardianshipChanged:
    """Somebody is an adult's guardian, is so otherwise, or no longer; the subject is the ward, or that somebody."""

    ward: str


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """A citizen is registered somewhere else, or nowhere."""

    citizen: str


@dataclass(frozen=True, slots=True)
class ProtectionChanged:
    """A citizen's address is protected now, or is so no longer."""

    citizen: str


@dataclass(frozen=True, slots=True)
class BirthDateChanged:
    """A citizen was born on another day than was believed."""


@dataclass(frozen=True, slots=True)
class CitizenDied:
    """A citizen has died, says the register or a record system."""
