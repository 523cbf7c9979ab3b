"""Seeds the services' own tables, the same rows every time, and says who the citizens are."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final

import orjson
import sqlalchemy as sa

from bench.shape import CITIZENS, ITEMS_STORED, SECTIONS, Section
from helsami_kernel.origins import Origin, Origins

ORGANISATIONS: Final = ("st_olavs", "trondheim", "oya_legesenter")
PORTAL: Final = "helsami"
ADJECTIVES: Final = ("Modig", "Rolig", "Snill", "Klok", "Munter", "Stille", "Glad", "Rask")
NOUNS: Final = ("Fjell", "Fjord", "Bjerk", "Elv", "Skog", "Strand", "Vind", "Bekk")
BIRTH_DATE: Final = date(1980, 5, 17)
APART: Final = timedelta(days=3)


@dataclass(frozen=True)
class Citizen:
    """Somebody who logs in."""

    id: str
    number: int

    @property
    def name(self) -> str:
        """A name that nobody has."""
        return f"{ADJECTIVES[self.number % len(ADJECTIVES)]} {NOUNS[self.number // len(ADJECTIVES) % len(NOUNS)]}"


@cache
def citizens() -> tuple[Citizen, ...]:
    """Everybody, in the same order every time."""
    return tuple(Citizen(hashlib.md5(f"citizen {n}".encode()).hexdigest(), n) for n in range(CITIZENS))


@dataclass(frozen=True)
class _Place:
    """The n-th item of a section for one citizen."""

    section: Section
    citizen: Citizen
    position: int
    today: datetime

    @property
    def number(self) -> int:
        """A number of its own among all items of all citizens."""
        return self.citizen.number * ITEMS_STORED + self.position

    @property
    def at(self) -> datetime:
        """Its time: apart from all others of the citizen; appointments are still to come."""
        days = APART * (self.position + 1)
        minutes = timedelta(minutes=self.citizen.number)
        return self.today + days + minutes if self.section.name == "appointments" else self.today - days - minutes

    @property
    def organisation(self) -> str:
        """Whose record system sent it; notices are the portal's own."""
        return PORTAL if self.section.name == "notices" else ORGANISATIONS[self.position % len(ORGANISATIONS)]


def _told(place: _Place) -> dict[str, Any]:
    """What a citizen reads of an item, in the fields of its section."""
    at, n = _written(place.at), place.number
    ends = _written(place.at + timedelta(minutes=20))
    value = {"name": "Hemoglobin", "code": "718-7", "value": f"1{n % 9}.{n % 10}0", "unit": "g/dL", "text": ""}
    fields: dict[str, dict[str, Any]] = {
        "allergies": {"name": f"Stoff {n % 40}", "code": f"{n}", "criticality": "low", "reactions": ["Utslett"]},
        "appointments": {
            "kind": "Konsultasjon",
            "unit": "doctors",
            "clinician": f"Rolig Bekk {n % 50}",
            "status": "booked",
            "starts_at": at,
            "ends_at": ends,
            "place": "2. etasje, inngang B",
        },
        "conditions": {"name": f"Diagnose {n % 300}", "code": f"{n % 300}", "status": "active", "since": at},
        "medications": {
            "name": f"Legemiddel {n % 200} 20 mg tablett",
            "code": f"{n % 200}",
            "status": "active",
            "since": at,
            "dosage": "1 tablett morgen og kveld, med mat",
            "prescriber": f"Klok Elv {n % 50}",
        },
        "notices": {"message": "notice.result-released", "about": {"type": "result", "id": f"{n:032x}"}},
        "results": {
            "name": "Blodprøve",
            "code": "58410-2",
            "taken_at": at,
            "status": "final",
            "values": [value] * 4,
            "conclusion": "Innenfor referanseområdet.",
        },
        "vaccines": {"name": f"Vaksine {n % 30}", "code": f"{n % 30}", "given_at": at},
        "visits": {
            "kind": "Kontroll",
            "place": "Poliklinikken",
            "clinician": f"Modig Fjell {n % 50}",
            "starts_at": at,
            "ends_at": ends,
        },
    }
    return fields[place.section.name]


KINDS: Final = {
    "allergies": "allergy",
    "appointments": "appointment",
    "conditions": "condition",
    "medications": "medication",
    "notices": "result",
    "results": "result",
    "vaccines": "vaccine",
    "visits": "visit",
}


def _row(place: _Place) -> dict[str, Any]:
    """A row with every column that any of the tables has."""
    key = f"bench|{place.number}"
    item = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{place.section.name} {place.number}"))
    body = {"id": item, "organisation": place.organisation, "at": _written(place.at), **_told(place)}
    written = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return {
        "id": item,
        "owner": place.citizen.id,
        "organisation": place.organisation,
        "key": key,
        "digest": hashlib.sha256(written.encode()).hexdigest(),
        "occurred_at": place.at,
        "kind": KINDS[place.section.name],
        "setting": "outpatient",
        "visit_type": "consultation",
        "author_role": "",
        "body": written,
        "received_at": place.today,
        **EXTRA.get(place.section.name, _nothing)(place),
    }


def _nothing(_: _Place) -> Mapping[str, Any]:
    return {}


def _of_appointment(place: _Place) -> Mapping[str, Any]:
    return {
        "ends_at": place.at + timedelta(minutes=20),
        "status": "booked",
        "slot": None,
        "clinician": f"bench|{place.number}",
        "record_key": f"bench|{place.number}",
        "claim": None,
        "sequence": 1,
        "tell": True,
        "remind": True,
    }


def _of_result(place: _Place) -> Mapping[str, Any]:
    return {
        "is_report": True,
        "stage": "final",
        "category": "",
        "own_values": "[]",
        "asked": "[]",
        "release": 0,
        "provisional": False,
        "is_news": False,
        "released_at": place.today,
    }


def _of_notice(place: _Place) -> Mapping[str, Any]:
    return {"of": f"{place.number:032x}"}


EXTRA: Final[Mapping[str, Callable[[_Place], Mapping[str, Any]]]] = {
    "appointments": _of_appointment,
    "notices": _of_notice,
    "results": _of_result,
}


GRANTED: Final = "appointments:read medications:read notices:read records:read results:read"


def _seed_people(pattern: str) -> None:
    """Register everybody, and let each act for another."""
    everybody, now = citizens(), datetime.now(UTC)
    known = [
        {
            "id": one.id,
            "lookup": f"{one.number:064x}",
            "sealed_by": "bench",
            "nonce": b"",
            "sealed": b"",
            "name": one.name,
            "birth_date": BIRTH_DATE,
            "protected": False,
            "deceased": False,
            "opened_at": now,
        }
        for one in everybody
    ]
    grants = [
        {
            "id": f"{giver.number:032x}",
            "giver": giver.id,
            "receiver": represented_by(giver).id,
            "scopes": GRANTED,
            "version": 1,
            "granted_at": now,
            "confirmed_at": now,
            "accepted_at": now,
        }
        for giver in everybody
    ]
    for service, table, rows in (("directory", "citizens", known), ("consents", "grants", grants)):
        engine = sa.create_engine(pattern.format(service=service))
        with engine.begin() as connection:
            connection.execute(sa.insert(sa.Table(table, sa.MetaData(), autoload_with=engine)), rows)
        engine.dispose()


def represented_by(giver: Citizen) -> Citizen:
    """Who may act for this citizen."""
    everybody = citizens()
    return everybody[(giver.number + 1) % len(everybody)]


def seed(pattern: str) -> None:
    """Fill the tables of every section, the register and the grants; `pattern` is an address that holds {service}."""
    for section in SECTIONS:
        _seed(section, pattern.format(service=section.service))
    _seed_people(pattern)


def seed_origins(pattern: str, secret: bytes) -> None:
    """Say whose the results are of which there are notices, to who holds this secret alone."""
    origins, engine = Origins(secret), sa.create_engine(pattern.format(service="notifications"))
    table = sa.Table("item_origins", sa.MetaData(), autoload_with=engine)
    rows: list[dict[str, Any]] = []
    for one in _rows(next(section for section in SECTIONS if section.name == "notices")):
        organisation = ORGANISATIONS[len(rows) % len(ORGANISATIONS)]
        origin = Origin(one["of"], organisation, "results", one["occurred_at"], "result", one["setting"])
        sealed = origins.seal(one["owner"], origin)
        rows.append({"owner": one["owner"], "item": one["of"], "at": one["received_at"], "origin": sealed})
    with engine.begin() as connection:
        connection.execute(sa.delete(table))
        connection.execute(sa.insert(table), rows)
    engine.dispose()


def _seed(section: Section, url: str) -> None:
    engine = sa.create_engine(url)
    table = sa.Table(section.table, sa.MetaData(), autoload_with=engine)
    rows = list(_rows(section))
    read = f"json_populate_recordset(CAST(NULL AS {table.name}), CAST(:rows AS json))"
    told = ", ".join(column.name for column in table.c if column.name in rows[0])  # the rest has defaults
    fill = f"INSERT INTO {table.name} ({told}) SELECT {told} FROM {read}"
    with engine.begin() as connection:
        connection.execute(sa.text(fill), {"rows": orjson.dumps(rows).decode()})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()


def _rows(section: Section) -> Iterator[dict[str, Any]]:
    today = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    # In no order of owner, as rows come in real life: a citizen's ten rows are not neighbours on one page of the disk.
    everybody = citizens()
    for position in random.Random(section.name).sample(range(ITEMS_STORED), ITEMS_STORED):
        for citizen in everybody:
            yield _row(_Place(section, citizen, position, today))


def _written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
