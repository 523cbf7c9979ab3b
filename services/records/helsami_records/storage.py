"""Records in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import singledispatch
from typing import Any, Final

import sqlalchemy as sa

from helsami_kernel import fhir
from helsami_kernel.items import Item, Withdrawn, item_id, keep_or_withdraw
from helsami_kernel.journal import Entry
from helsami_kernel.news import stored
from helsami_kernel.sections import Inside, Section, Sections
from helsami_records import schemas
from helsami_records.domain import Allergy, Condition, Document, Thing, Vaccine, Visit
from helsami_records.letters import storage as letters
from helsami_records.letters.domain import Letter
from helsami_records.models import ALLERGIES, CONDITIONS, DOCUMENTS, VACCINES, VISITS

NOTES: Final = Inside(DOCUMENTS, DOCUMENTS.c.visit, "notes")
SECTIONS: Final[Mapping[str, Section]] = {
    "visits": Section(VISITS, "visits", inside=NOTES),
    "documents": Section(DOCUMENTS, "documents", DOCUMENTS.c.visit.is_(None), sa.not_(DOCUMENTS.c.is_letter)),
    "letters": letters.SECTION,
    "conditions": Section(CONDITIONS, "conditions"),
    "allergies": Section(ALLERGIES, "allergies"),
    "vaccines": Section(VACCINES, "vaccines"),
}
SHIELDABLE: Final[Mapping[str, Section]] = {
    "allergy": SECTIONS["allergies"],
    "condition": SECTIONS["conditions"],
    "document": SECTIONS["documents"],
    "letter": SECTIONS["letters"],
    "vaccine": SECTIONS["vaccines"],
    "visit": SECTIONS["visits"],
}
"""What a citizen may hide, by its kind; a note is hidden with its visit."""
NEWS_OF: Final = {"visit": stored(VISITS), "document": stored(DOCUMENTS, DOCUMENTS.c.is_letter)}

AT_HOME: Final = ("visits", "conditions", "allergies", "vaccines")
HOME: Final = Sections({name: SECTIONS[name] for name in AT_HOME})
TABLES: Final = {
    "Encounter": VISITS,
    "DocumentReference": DOCUMENTS,
    "Condition": CONDITIONS,
    "AllergyIntolerance": ALLERGIES,
    "Immunization": VACCINES,
}


class Writes(letters.Writes):
    """What a delivery changes."""

    def keep(self, told: list[tuple[str, Item | Withdrawn]]) -> list[str]:
        """Store or withdraw what was told of resources of these types, and say what became of each."""
        outcomes: dict[int, str] = {}
        for kind, table in TABLES.items():
            places = [place for place, (told_of, _) in enumerate(told) if told_of == kind]
            kept = keep_or_withdraw(self, table, [told[place][1] for place in places])
            outcomes |= dict(zip(places, kept, strict=True))
        return [outcomes[place] for place in range(len(told))]

    def untold(self, visits: Collection[str]) -> set[str]:
        """Those of these visits whose citizen has not been told of them; from now on they have."""
        this = sa.and_(VISITS.c.owner == self.owner, VISITS.c.id.in_(visits), VISITS.c.told_at.is_(None))
        found = set(self.connection.execute(sa.select(VISITS.c.id).where(this)).scalars())
        if found:
            self.connection.execute(sa.update(VISITS).where(this).values(told_at=self.now))
        return found


def item(citizen: str, organisation: str, entry: Entry, thing: Thing | None) -> Item | Withdrawn:
    """What is kept of a thing."""
    if thing is None:
        return Withdrawn(organisation, entry.item_key)
    occurred_at, sharing = _particulars(thing)
    if isinstance(thing, Document):
        visit = None if thing.visit is None else item_id(citizen, organisation, f"Encounter|{thing.visit}")
        sharing |= {"extra": {"visit": visit, "is_letter": False, "appointment": None, "enclosed": ""}}
    if isinstance(thing, Letter):
        sharing |= {"extra": letters.columns(citizen, organisation, thing)}
    sharing |= {"access_limit": thing.access_limit, "within": fhir.within(entry.resource, citizen, organisation)}
    return Item(citizen, organisation, entry.item_key, occurred_at, body=schemas.body(thing), **sharing)


@singledispatch
def _particulars(thing: Thing) -> tuple[datetime, dict[str, Any]]:
    """When it was entered or happened, and what rules may ask about it."""
    raise TypeError(type(thing).__name__)


@_particulars.register
def _(visit: Visit) -> tuple[datetime, dict[str, Any]]:
    return visit.began_at, {"kind": "visit", "setting": visit.setting, "visit_type": visit.visit_type}


@_particulars.register
def _(document: Document) -> tuple[datetime, dict[str, Any]]:
    return document.dated_at, {"kind": "document" if document.visit is None else "note"}


@_particulars.register
def _(letter: Letter) -> tuple[datetime, dict[str, Any]]:
    return letter.dated_at, {"kind": "document"}


@_particulars.register
def _(condition: Condition) -> tuple[datetime, dict[str, Any]]:
    return condition.recorded_at, {"kind": "condition"}


@_particulars.register
def _(allergy: Allergy) -> tuple[datetime, dict[str, Any]]:
    return allergy.recorded_at, {"kind": "allergy"}


@_particulars.register
def _(vaccine: Vaccine) -> tuple[datetime, dict[str, Any]]:
    return vaccine.occurred_at, {"kind": "vaccine"}
