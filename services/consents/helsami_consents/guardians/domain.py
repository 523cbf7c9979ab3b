"""A guardian acts for an adult as far as the register's mandate goes, and as long; nothing of it is stored here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from helsami_consents.grants.domain import AREAS, COMMUNICATION, SEE, scopes_of
from helsami_consents.people import Appointed, Person, is_at_least, unfit

YOUNGEST_WARD: Final = 18
"""A younger one's guardian stands in for parents: of that staff decide (R101)."""
YOUNGEST_GUARDIAN: Final = 18
CODE: Final = "VE"
"""A guardian's code in Volven 7611, ways of representing somebody."""

MANDATED: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "health-and-care": {**{area: AREAS[area] for area in COMMUNICATION}, "letters": frozenset({SEE})},
}
"""
What each mandate of the register's lets a guardian do.

To act towards the services, and read what they write: not to read the record, for which staff decide on an application
(R101) what the mandate's paper says.
"""


def appointment(ward: Person | None, guardian: str) -> Appointed | None:
    """As what the register names somebody a guardian, if it does."""
    return next((each for each in ward.guardians if each.citizen == guardian), None) if ward else None


def scopes(mandates: Iterable[str]) -> frozenset[str]:
    """What mandates let a guardian do; one that is not known here lets nobody do anything."""
    return frozenset().union(*(scopes_of(MANDATED[each]) for each in mandates if each in MANDATED))


def objection(ward: Person | None, guardian: Person | None, now: datetime) -> str | None:
    """Why the guardian may not act for the ward now, or None; asked at every read, never remembered."""
    against = unfit("subject", ward) or unfit("guardian", guardian)
    if against is not None or ward is None or guardian is None:
        return against
    if not is_at_least(ward, YOUNGEST_WARD, now):
        return "subject-too-young"
    if not is_at_least(guardian, YOUNGEST_GUARDIAN, now):
        return "guardian-too-young"
    appointed = appointment(ward, guardian.id)
    if appointed is None:
        return "not-guardian"
    return "guardianship-over" if appointed.until is not None and appointed.until <= now else None
