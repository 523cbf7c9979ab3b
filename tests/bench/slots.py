"""How long a search for free times takes, among ten thousand slots and among a million, on PostgreSQL (issue 4)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from harness.caretaker import Caretaker
from harness.postgres import Postgres
from helsami_appointments.service import AppointmentsService
from helsami_appointments.slots.search import clinician_id
from helsami_appointments.store import Reads, Writes
from helsami_kernel.database import Database
from helsami_kernel.decisions import Decisions
from helsami_kernel.migrations import upgrade
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import citizen_token, service
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

SIZES: Final = (10_000, 1_000_000)
A_SCHEDULE: Final = 500
"""Slots of one clinician: ten a day, for fifty days."""

ORGANISATIONS: Final = 20
UNITS: Final = 5
TYPES: Final = ("consultation", "vaccination", "blood-test", "video-consultation")
RARE: Final = "travel-vaccination"
NOBODY_HAS: Final = "astrology"
FULL: Final = "org_3"
"""An organisation whose every time is taken."""

NOW: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
SEARCHES: Final = 200
WARM_UP: Final = 20
SCOPES: Final = ("appointments:read",)

SCHEDULES: Final = sa.text(
    """
    INSERT INTO schedules (id, organisation, key, active, visit_type, kind, unit, place, clinician, clinician_name)
    SELECT md5('schedule ' || n)::uuid::text, 'org_' || n % :organisations, 's' || n, true,
        CASE n WHEN 7 THEN :rare ELSE (CAST(:types AS text[]))[1 + (n / 5 + n / 20) % :number_of_types] END,
        'Legetime', 'unit-' || n / 3 % :units, 'Legekontoret', 'lege-' || n, 'Klar Kompass'
    FROM generate_series(0, :schedules - 1) AS n
    """
)
SLOTS: Final = sa.text(
    """
    INSERT INTO slots (id, schedule, organisation, key, visit_type, kind, starts_at, ends_at, status, taken_by,
        search_open, search_unit, search_type, search_clinician)
    SELECT lpad(to_hex(n), 8, '0') || '-0000-4000-8000-000000000000', schedules.id, organisation, 't' || n, '', '',
        at, at + interval '20 minutes', 'free',
        CASE WHEN n / :schedules % 10 = 3 OR organisation = :full THEN md5('appointment ' || n)::uuid::text END,
        true, unit, visit_type, (CAST(:clinicians AS text[]))[1 + n % :schedules]
    FROM generate_series(0, :slots - 1) AS n
    CROSS JOIN LATERAL (
        SELECT CAST(:first AS timestamptz) + n / :schedules / 10 * interval '1 day'
            + n / :schedules % 10 * interval '20 minutes' AS at
    ) AS times
    JOIN schedules ON schedules.key = 's' || n % :schedules
    """
)
INDEXES: Final = sa.text(
    "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'slots' AND indexdef NOT LIKE 'CREATE UNIQUE%'"
)


def measure(caretaker: Caretaker) -> dict[str, Any]:
    """
    Milliseconds to search (median and p99 of SEARCHES), by what is looked for, for each of SIZES.

    The service is asked as the bus asks it, by a citizen, with the organisations' rules inline; each search reads and
    offers up to 200 slots for a page of 20. One in ten is taken, and all of one organisation's.
    """
    with closing(Postgres(caretaker)) as postgres:
        postgres.start()
        return {str(size): _of_size(postgres, size) for size in SIZES}


def _of_size(postgres: Postgres, size: int) -> dict[str, Any]:
    url = postgres.create_database(f"bench_slots_{size}")
    upgrade("appointments", url)
    began = time.perf_counter()
    _seed(url, size)
    seeded = time.perf_counter() - began
    database = Database(url, pool_size=1, clock=lambda: NOW)
    try:
        decisions = Decisions("appointments", database, lambda: NOW)
        store = OpenStore(database, Reads, Writes, told=lambda: None, decisions=decisions)
        rules = organisations_of(*(rules_of(manifest=manifest_of(f"org_{n}")) for n in range(ORGANISATIONS)))
        appointments = service(AppointmentsService, store=store, rules=rules, clock=lambda: NOW)
        asked = {name: _measured(appointments, searches) for name, searches in _searches(size).items()}
    finally:
        database.close()
    return {"seeded_seconds": round(seeded, 1), "searches": asked}


def _seed(url: str, size: int) -> None:
    """Fill the tables where they are; without the service's own time limits."""
    schedules = size // A_SCHEDULE
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        about = {"organisations": ORGANISATIONS, "units": UNITS, "types": list(TYPES), "number_of_types": len(TYPES)}
        connection.execute(SCHEDULES, {**about, "rare": RARE, "schedules": schedules})
        clinicians = [clinician_id(f"org_{n % ORGANISATIONS}", f"lege-{n}") for n in range(schedules)]
        first = (NOW + timedelta(days=1)).isoformat()
        # To fill a table and index it then takes a fraction of the time that it takes the other way round.
        indexes = connection.execute(INDEXES).all()
        for name, _ in indexes:
            connection.execute(sa.DDL("DROP INDEX %(name)s", context={"name": name}))  # type: ignore[no-untyped-call]
        about = {"schedules": schedules, "slots": size, "clinicians": clinicians, "first": first, "full": FULL}
        connection.execute(SLOTS, about)
        for _, definition in indexes:
            connection.exec_driver_sql(definition)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(sa.text("ANALYZE slots"))
        connection.execute(sa.text("ANALYZE schedules"))
    engine.dispose()


def _searches(size: int) -> dict[str, Callable[[int], Mapping[str, Any]]]:
    """What is looked for, from one search to the next: much and little, near and far, and what nobody has."""
    schedules = size // A_SCHEDULE

    def clinician(number: int) -> str:
        one = number * 7 % schedules
        return clinician_id(f"org_{one % ORGANISATIONS}", f"lege-{one}")

    def later(number: int) -> str:
        return (NOW + timedelta(days=1 + number % 40, hours=1)).isoformat()

    return {
        "anything": lambda _: {},
        "anything from a later day on": lambda n: {"from": later(n)},
        "an organisation": lambda n: {"organisation": f"org_{n % ORGANISATIONS}"},
        "a visit type": lambda n: {"visit_type": TYPES[n % len(TYPES)]},
        "a unit of an organisation": lambda n: {
            "organisation": f"org_{n % ORGANISATIONS}",
            "unit": f"unit-{n % UNITS}",
        },
        "a visit type of an organisation, later": lambda n: {
            "organisation": f"org_{n % ORGANISATIONS}",
            "visit_type": TYPES[n % len(TYPES)],
            "from": later(n),
        },
        "all three": lambda n: {
            "organisation": f"org_{n % ORGANISATIONS}",
            "unit": f"unit-{n % UNITS}",
            "visit_type": TYPES[n % len(TYPES)],
        },
        "a clinician": lambda n: {"clinician": clinician(n)},
        "a visit type that one clinician has": lambda _: {"visit_type": RARE},
        "an organisation that is full": lambda _: {"organisation": FULL},
        "a visit type that nobody has": lambda _: {"visit_type": NOBODY_HAS},
    }


def _measured(appointments: Any, search: Callable[[int], Mapping[str, Any]]) -> dict[str, float]:
    reader = citizen_token("c1", SCOPES)
    taken, found = [], 0
    for number in range(-WARM_UP, SEARCHES):
        began = time.perf_counter()
        answer = appointments.slots(search(number), reader)
        if number >= 0:
            taken.append(1000 * (time.perf_counter() - began))
            found += len(answer["slots"])
    return {
        "p50_ms": statistics.median(taken),
        "p99_ms": statistics.quantiles(taken, n=100)[98],
        "found": found / SEARCHES,
    }
