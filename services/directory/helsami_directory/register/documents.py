"""Reads the person documents of Folkeregisteret (Skatteetaten's API, v1): the few elements that are kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

import orjson

from helsami_directory.register.domain import (
    CONFIDENTIAL,
    HEALTH_AND_CARE,
    STRICTLY_CONFIDENTIAL,
    UNPROTECTED,
    Address,
    Entry,
    Guardian,
)
from helsami_kernel.clock import OSLO

PARTS: Final = (
    "navn",
    "foedsel",
    "adressebeskyttelse",
    "bostedsadresse",
    "foreldreansvar",
    "vergemaalEllerFremtidsfullmakt",
    "doedsfall",
    "status",
)
"""What is asked for: no more than is read here (the register calls it data minimisation)."""

# "andre" is left out: of those the register does not tell a court's guardian from a foster parent, who has no access
# (R99); staff decide there. "ukjent" names nobody.
RESPONSIBLE: Final = frozenset({"felles", "mor", "far", "medmor"})
# A power of attorney for the future says on paper what it is for, and a minor's guardian stands in for parents: of both
# staff decide.
FOR_ADULTS: Final = frozenset({"voksen", "midlertidigForVoksen"})
# By whom it is met, and in what; all else that a guardian may be appointed for is no health service's business.
MET_BY: Final = "vergeTjenestevirksomhet"
TASK: Final = "vergeTjenesteoppgave"
MANDATES: Final = {("kommune", "helseOgOmsorg"): HEALTH_AND_CARE}
GRADES: Final = {
    "ugradert": UNPROTECTED,
    "klientadresse": UNPROTECTED,
    "fortrolig": CONFIDENTIAL,
    "strengtfortrolig": STRICTLY_CONFIDENTIAL,
}
UNGRADED: Final = "ugradert"
DEAD: Final = "doed"
NATIONAL_ID: Final = re.compile(r"[0-9]{11}")

Document = Mapping[str, Any]


class Unreadable(Exception):
    """An answer is no answer of the register's."""


def read_answer(body: bytes, asked: Collection[str]) -> dict[str, Entry]:
    """The people of a `bulkoppslag` that were asked for, by national id. Raises Unreadable."""
    try:
        found = _objects(_object(orjson.loads(body))["oppslag"])
        people = {str(one["foedselsEllerDNummer"]): _object(one.get("folkeregisterperson")) for one in found}
    except (orjson.JSONDecodeError, KeyError):
        raise Unreadable from None
    return {number: entry_of(people[number]) for number in asked if people.get(number)}


def read_feed(body: bytes, after: int) -> tuple[frozenset[str], int, int]:
    """
    Read a page of the feed (`hendelser/feed`): about whom, the last place in it, and how many changes it has.

    A page without any leaves one where one was. Raises Unreadable.
    """
    try:
        told = list(_objects(orjson.loads(body)))
    except orjson.JSONDecodeError:
        raise Unreadable from None
    places = [_place(one) for one in told]
    if any(place <= after for place in places):
        raise Unreadable
    people = {_text(_object(one.get("hendelse")).get("folkeregisteridentifikator")) for one in told}
    return frozenset(filter(NATIONAL_ID.fullmatch, people)), max([after, *places]), len(told)


def read_place(body: bytes) -> int:
    """Read the last place in the feed (`hendelser/siste/sekvensnummer`). Raises Unreadable."""
    try:
        return _place(_object(orjson.loads(body)))
    except orjson.JSONDecodeError:
        raise Unreadable from None


def _place(told: Document) -> int:
    place = told.get("sekvensnummer")
    if type(place) is not int or place < 0:
        raise Unreadable
    return place


def entry_of(document: Document) -> Entry:
    """One person's document as it holds now; history in it is passed over. Raises Unreadable."""
    died = next(_current(document, "doedsfall"), None)
    dead = any(_text(one.get("status")) == DEAD for one in _current(document, "status"))
    return Entry(
        name=_name(next(_current(document, "navn"), {})),
        birth_date=_date(next(_current(document, "foedsel"), {}).get("foedselsdato")),
        address=next(filter(None, map(_address, _current(document, "bostedsadresse"))), None),
        protection=_protection(document),
        holders=frozenset(_holders(document)),
        guardians=frozenset(_guardians(document)),
        deceased=dead or died is not None,
        death_date=None if died is None else _date(died.get("doedsdato")),
    )


def _protection(document: Document) -> str:
    """The strictest grade that holds; one that we do not know is the strictest of all."""
    grades = [_text(one.get("graderingsnivaa")).lower() for one in _current(document, "adressebeskyttelse")]
    found = {GRADES.get(grade, STRICTLY_CONFIDENTIAL) for grade in grades}
    return next((grade for grade in (STRICTLY_CONFIDENTIAL, CONFIDENTIAL) if grade in found), UNPROTECTED)


def _holders(document: Document) -> Iterator[str]:
    for one in _current(document, "foreldreansvar"):
        holder = _text(one.get("ansvarlig"))
        if _text(one.get("ansvar")) in RESPONSIBLE and NATIONAL_ID.fullmatch(holder):
            yield holder


def _guardians(document: Document) -> Iterator[Guardian]:
    """
    Who is a guardian in what concerns health, by what the appointment names (`tjenesteomraade`).

    What only says how far it reaches as a whole (`omfang`) does not say so clearly enough. Of two appointments of one
    guardian the earlier end counts for both.
    """
    found: dict[str, Guardian] = {}
    for one in _current(document, "vergemaalEllerFremtidsfullmakt"):
        guardian = _object(one.get("verge"))
        number, named = _text(guardian.get("foedselsEllerDNummer")), _objects(guardian.get("tjenesteomraade"))
        tasks = {(_text(each.get(MET_BY)), _text(each.get(TASK))) for each in named}
        mandates = frozenset(MANDATES[each] for each in tasks & MANDATES.keys())
        if _text(one.get("vergemaaltype")) in FOR_ADULTS and mandates and NATIONAL_ID.fullmatch(number):
            before = found.get(number, Guardian(number, frozenset()))
            ends = [each for each in (before.until, _moment(one.get("opphoerstidspunkt"))) if each is not None]
            found[number] = Guardian(number, before.mandates | mandates, min(ends, default=None))
    yield from found.values()


def _address(residence: Document) -> Address | None:
    """Where somebody lives, unless the address is graded or unknown."""
    if _text(residence.get("adressegradering")).lower() not in {UNGRADED, ""}:
        return None
    for kind, written in (("vegadresse", _street), ("matrikkeladresse", _parcel)):
        place = residence.get(kind)
        if isinstance(place, Mapping):
            return Address(_key(residence, kind, place), written(place))
    return None


def _key(residence: Document, kind: str, place: Document) -> str:
    """
    What tells one dwelling from another: the land register's id of the address where there is one, and the unit in it.

    In a block of flats two neighbours share the street address and not the dwelling.
    """
    unit = _text(place.get("bruksenhetsnummer")).upper()
    if cadastral := _text(residence.get("adresseIdentifikatorFraMatrikkelen")):
        return f"matrikkel {cadastral} {unit}"
    # Whom the post is for, and how the unit is used, are not where it is.
    where = {name: value for name, value in place.items() if name not in {"coAdressenavn", "bruksenhetstype"}}
    return f"{kind} {orjson.dumps(where, option=orjson.OPT_SORT_KEYS).decode().casefold()}"


def _street(place: Document) -> str:
    number = _object(place.get("adressenummer"))
    house = f"{_text(number.get('husnummer'))}{_text(number.get('husbokstav'))}"
    return _joined(f"{_text(place.get('adressenavn'))} {house}".strip(), place)


def _parcel(place: Document) -> str:
    return _joined(_text(place.get("matrikkeladressenavn")), place)


def _joined(first: str, place: Document) -> str:
    town = _object(place.get("poststed"))
    last = f"{_text(town.get('postnummer'))} {_text(town.get('poststedsnavn'))}".strip()
    return ", ".join(filter(None, (_text(place.get("bruksenhetsnummer")), first, last)))


def _name(name: Document) -> str:
    return " ".join(filter(None, (_text(name.get(part)) for part in ("fornavn", "mellomnavn", "etternavn"))))


def _current(document: Document, element: str) -> Iterator[Document]:
    return (one for one in _objects(document.get(element)) if one.get("erGjeldende") is not False)


def _date(value: object) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(_text(value))
    except ValueError:
        raise Unreadable from None


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        raise Unreadable from None
    return moment if moment.tzinfo else moment.replace(tzinfo=OSLO)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _object(value: object) -> Document:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> Iterator[Document]:
    """The objects of a list; none where there is nothing. Raises Unreadable for anything else."""
    if value is None:
        return iter(())
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise Unreadable
    return iter(value)
