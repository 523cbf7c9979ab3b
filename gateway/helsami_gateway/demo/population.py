"""What the population register says of the demo's people, in the form in which Folkeregisteret answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Final

import orjson

from helsami_gateway.demo.people import Parenthood, Person, families, people
from helsami_gateway.demo.register import STREETS

FILE: Final = "register.json"
OF_AGE: Final = 18

Json = dict[str, Any]


def write_register(folder: Path, today: date) -> None:
    """Write the register into a data folder, where an embedded directory reads it; whole or not at all."""
    draft = folder / f".{FILE}"
    draft.touch(mode=0o600)
    draft.write_bytes(orjson.dumps(population(today)))
    draft.replace(folder / FILE)


def population(today: date) -> Json:
    """Everybody's document; the adults of a household share responsibility for its children until those are 18."""
    minors = {one.pid for one in people(today) if one.age_on(today) < OF_AGE}
    responsible = [each for each in families(today) if each.child in minors]
    documents = {one.pid: document(one, responsible) for one in people(today)}
    return {"oppslag": [{"foedselsEllerDNummer": pid, "folkeregisterperson": said} for pid, said in documents.items()]}


def document(person: Person, responsible: Iterable[Parenthood]) -> Json:
    """One person's document: of a protected address the grade and nothing else."""
    holders = [each.parent for each in responsible if each.child == person.pid]
    kind = "felles" if len(holders) > 1 else "mor"
    said: Json = {
        "identifikasjonsnummer": {"foedselsEllerDNummer": person.pid, "status": "iBruk"},
        "status": {"status": "bosatt"},
        "navn": {"fornavn": person.given, "etternavn": person.family},
        "foedsel": {"foedselsdato": person.birth_date.isoformat()},
    }
    if person.protected:
        said["adressebeskyttelse"] = {"graderingsnivaa": "strengtFortrolig"}
    else:
        said["bostedsadresse"] = {"adressegradering": "ugradert", "vegadresse": _home(person)}
    current: Json = {element: [{"erGjeldende": True, **one}] for element, one in said.items()}
    if holders:
        current["foreldreansvar"] = [{"erGjeldende": True, "ansvar": kind, "ansvarlig": each} for each in holders]
    return current


def _home(person: Person) -> Json:
    return {
        "adressenavn": f"{person.household}{STREETS[len(person.household) % len(STREETS)]}",
        "adressenummer": {"husnummer": "1"},
        "poststed": {"postnummer": "7030", "poststedsnavn": "TRONDHEIM"},
    }
