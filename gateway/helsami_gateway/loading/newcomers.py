"""Give people without a Norwegian number a synthetic one, always the same."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from helsami_gateway import national_id
from helsami_gateway.fhir.identity import BIRTH_NUMBER, PERSON_SYSTEMS, key_of, objects

# A number needs a day. Nobody reads it back: a birth date comes from the register.
UNKNOWN_DAY: Final = "2000-01-01"
DAY_LENGTH: Final = len(UNKNOWN_DAY)


@dataclass(frozen=True, slots=True, order=True)
class Newcomer:
    """A person by what the sender calls them and when they were born."""

    birth_date: date
    name: str

    @property
    def serial(self) -> int:
        """Where this person begins to look for a free number among those of the day."""
        digest = hashlib.sha256(f"{self.name}\n{self.birth_date}".encode()).digest()
        return int.from_bytes(digest[:8], "big")


def newcomer(patient: Mapping[str, Any]) -> Newcomer | None:
    """
    Read who a Patient is; None for one with a Norwegian number, sound or not, which is never replaced.

    The name is the first identifier, else the id. A birth date that is missing, in part or altogether, is filled up.
    """
    if norwegian_numbers(patient):
        return None
    name = key_of(dict(patient), None) or ""
    written = str(patient.get("birthDate", ""))[:DAY_LENGTH]
    try:
        return Newcomer(date.fromisoformat(written + UNKNOWN_DAY[len(written) :]), name)
    except ValueError:
        return Newcomer(date.fromisoformat(UNKNOWN_DAY), name)


def norwegian_numbers(patient: Mapping[str, Any]) -> list[str]:
    """Give the Norwegian numbers a Patient has."""
    identifiers = objects(patient.get("identifier"))
    return [str(identifier.get("value")) for identifier in identifiers if identifier.get("system") in PERSON_SYSTEMS]


def numbers_for(newcomers: Iterable[Newcomer], taken: Collection[str]) -> dict[Newcomer, str]:
    """
    Give every newcomer a number (month + 80) that nobody else has.

    A number follows from the person alone, unless two were born on one day and hash to one number: then the later in
    order of name gets the next. So the same set of files gives the same numbers in whatever order they are named, and
    only such a pair (one in some 400, of those born on one day) depends on who else is imported with them.
    """
    given: dict[Newcomer, str] = {}
    used = set(taken)
    for person in sorted(set(newcomers)):
        serial = person.serial
        while (number := national_id.synthetic(person.birth_date, serial)) in used:
            serial += 1
        used.add(number)
        given[person] = number
    return given


def named(patient: dict[str, Any], numbers: Mapping[Newcomer, str]) -> None:
    """Add a newcomer's number to a Patient, after the identifiers it has, since the first of them is its key."""
    person = newcomer(patient)
    if person is not None and person in numbers:
        patient["identifier"] = [
            *objects(patient.get("identifier")),
            {"system": BIRTH_NUMBER, "value": numbers[person]},
        ]
