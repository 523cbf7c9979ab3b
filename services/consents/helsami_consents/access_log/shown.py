"""The access log as a citizen reads it: a page of finished JSON, its words as keys of the texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from helsami_consents.access_log.domain import STAFF, SUPPORT, Access, Entry
from helsami_consents.domain import NO_GROUND
from helsami_consents.people import Person
from helsami_kernel.clock import written
from helsami_kernel.errors import FieldProblem, Malformed
from helsami_kernel.pages import NEWEST, Cursor

LAST: Final = 2**31 - 1
END: Final = Cursor(NEWEST.at, str(LAST))
SEQUENCE: Final = re.compile(r"[0-9]{1,10}")
LOCATION_FREE: Final = {"code": "hidden_by_rule", "kind": "location-free"}
AT_AN_ORGANISATION: Final = frozenset({STAFF, SUPPORT})


@dataclass(frozen=True, slots=True)
class Reader:
    """
    What a page may tell: the people it may name, and whether it must tell of no place.

    To somebody at a protected address no organisation, no unit and none of its people are named (requirements.md 2,
    idea 10): a name, too, leads to where its bearer works. "Who" then says role and profession.
    """

    people: Mapping[str, Person]
    location_free: bool

    def name(self, access: Access) -> str | None:
        """Whose name may be told: staff's as it was delivered, a citizen's as the register has it, no protected one."""
        if access.role in AT_AN_ORGANISATION:
            return None if self.location_free else access.name
        actor = self.people.get(access.actor)
        return None if actor is None or actor.protected else actor.name

    def organisation(self, access: Access) -> str | None:
        """Where somebody looked from."""
        return None if self.location_free else access.organisation

    def unit(self, access: Access) -> str | None:
        """The organisation's unit."""
        return None if self.location_free else access.unit

    def withholds(self, entries: Sequence[Entry]) -> bool:
        """Whether anything of these is not told because of where it leads."""
        return self.location_free and any(entry.access.organisation is not None for entry in entries)


def finished(entries: Sequence[Entry], limit: int, now: datetime, reader: Reader) -> bytes:
    """
    A section of at most `limit` items, given one link more where there are more; newest first.

    The reason of a refusal is left out: it may be the other's protected address. So is the name of whoever has one.
    """
    shown = entries[:limit]
    absences = [] if shown else [{"code": "none_recorded"}]
    return orjson.dumps(
        {
            "items": [_item(entry, reader) for entry in shown],
            "as_of": written(now),
            "status": "ok",
            "absences": [*absences, *([LOCATION_FREE] if reader.withholds(shown) else [])],
            "next": following(entries, limit),
        }
    )


def following(entries: Sequence[Entry], limit: int) -> str | None:
    """Where the next page begins, given one link more where there are more."""
    if len(entries) <= limit:
        return None
    last = entries[limit - 1]
    return str(Cursor(last.access.at, str(last.sequence)))


def place_of(text: str | None) -> tuple[datetime, int]:
    """Before which time and sequence a page ends; Malformed for what is no cursor of ours."""
    cursor = Cursor.read(text, END)
    if SEQUENCE.fullmatch(cursor.id) is None:
        raise Malformed("malformed-cursor", FieldProblem("cursor", "the `next` of an earlier page"))
    return cursor.at, min(int(cursor.id), LAST)


def _item(entry: Entry, reader: Reader) -> dict[str, Any]:
    access = entry.access
    return {
        "id": str(entry.sequence),
        "organisation": reader.organisation(access),
        "unit": reader.unit(access),
        "at": written(access.at),
        "actor": access.actor,
        "name": reader.name(access),
        "role": access.role,
        "profession": access.profession,
        # Whoever was refused without any grant had none: a citizen would look for one that they never gave.
        "basis": None if access.reason == NO_GROUND else access.basis,
        "purpose": access.purpose,
        "kinds": (access.kinds or "").split(),
        "outcome": access.outcome,
    }
