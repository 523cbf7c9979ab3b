"""How many bookings a second go in at the gateway, by sixteen clients at once, on PostgreSQL and RabbitMQ (issue 4)."""

from __future__ import annotations

import statistics
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson
import sqlalchemy as sa
from werkzeug.wrappers import Response

from bench import contenders, ours, population, usage
from bench.load import Asked, load
from bench.shape import PARTITIONS
from harness.broker import Broker
from harness.caretaker import Caretaker
from harness.portal import SERVICES
from harness.postgres import Postgres
from harness.processes import Programs

ORGANISATION: Final = "oya_legesenter"
A_CITIZEN: Final = 60
ROUNDS: Final = 3
SECONDS: Final = 8.0
BOOK: Final = "/api/v1/appointments"
SLOTS: Final = sa.text(
    """
    WITH opened AS (
        INSERT INTO schedules (id, organisation, key, active, visit_type, kind, unit, place, clinician, clinician_name)
        SELECT md5('schedule ' || n)::uuid::text, :organisation, 's' || n, true, 'consultation', 'Legetime', 'doctors',
            'Legekontoret', 'lege-' || n, 'Klar Kompass'
        FROM generate_series(0, :citizens - 1) AS n
        RETURNING id, key
    )
    INSERT INTO slots (id, schedule, organisation, key, visit_type, kind, starts_at, ends_at, status,
        search_open, search_unit, search_type)
    SELECT md5(opened.key || ' ' || n)::uuid::text, opened.id, :organisation, opened.key || ' ' || n, '', '',
        CAST(:first AS timestamptz) + n * interval '30 minutes',
        CAST(:first AS timestamptz) + (n + 1) * interval '30 minutes',
        'free', true, 'doctors', 'consultation'
    FROM opened CROSS JOIN generate_series(0, :each - 1) AS n
    RETURNING key, id
    """
)


def measure(caretaker: Caretaker) -> dict[str, Any]:
    """
    Bookings a second, and milliseconds of each (p50, p99): medians of ROUNDS; how many failed in all, and the processor
    time of one (milliseconds: ours, RabbitMQ's and PostgreSQL's), which a busy machine disturbs least.

    Every service runs, together in two processes, and the gateway in a third; each booking is a POST by a citizen who
    is logged in, of a slot that nobody else wants, with the organisation's rules in their own process.
    """
    with closing(Broker(caretaker)) as broker, closing(Postgres(caretaker)) as postgres:
        broker.start()
        postgres.start()
        postgres.make_durable()
        pattern = "bookings_{service}"
        for service in SERVICES:
            postgres.create_database(pattern.format(service=service))
        owners = postgres.url(pattern)
        ours.migrate(contenders.Servers(broker.url, owners))
        superuser = f"postgresql+psycopg2://postgres@127.0.0.1:{postgres.port}/{pattern}"
        population.seed(superuser)
        wanted = _slots(superuser.format(service="appointments"))
        with closing(Programs(caretaker)) as programs, tempfile.TemporaryDirectory() as folder:
            servers = contenders.Servers(broker.empty_virtual_host(), owners)
            house = ours.start(programs, servers, PARTITIONS["together"], Path(folder))
            requests = _requests(house, wanted)
            share = len(requests) // (ROUNDS + 1)  # what was booked once is not free again
            parts = [requests[number * share : (number + 1) * share] for number in range(ROUNDS + 1)]
            load(house.port, parts[0], SECONDS, Path(folder))
            pids = [broker.pid, postgres.pid, *(program.pid for program in house.processes.values())]
            before = usage.cpu_seconds(pids)
            rounds = [load(house.port, part, SECONDS, Path(folder)) for part in parts[1:]]
            spent = usage.cpu_seconds(pids) - before
    return {
        "cpu_ms": 1000 * spent / sum(one.per_second * SECONDS for one in rounds),
        "per_second": statistics.median(one.per_second for one in rounds),
        "p50_ms": statistics.median(one.p50_ms for one in rounds),
        "p99_ms": statistics.median(one.p99_ms for one in rounds),
        "failed": sum(one.failed for one in rounds),
        "rounds": [one.per_second for one in rounds],
    }


def _slots(url: str) -> list[tuple[str, str]]:
    """Open a clinician's day for each citizen, so that nobody has two times at once; key and id of each slot."""
    first = (datetime.now(UTC) + timedelta(days=90)).replace(hour=6, minute=0, second=0, microsecond=0)
    about = {"citizens": len(population.citizens()), "each": A_CITIZEN, "organisation": ORGANISATION}
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        found = connection.execute(SLOTS, {**about, "first": first.isoformat()}).all()
        connection.exec_driver_sql("ANALYZE slots")
    engine.dispose()
    return [(row.key, row.id) for row in found]


def _requests(house: ours.House, wanted: list[tuple[str, str]]) -> list[Asked]:
    """A booking of each slot by the citizen whose it is to be, one citizen after another."""
    cookies = []
    for citizen in population.citizens():
        response = Response()
        house.sessions.put(response, house.sessions.begin(citizen.id, population.BIRTH_DATE, protected=False))
        cookies.append(response.headers["Set-Cookie"].partition(";")[0])
    asked = []
    for key, slot in sorted(wanted, key=lambda one: int(one[0].partition(" ")[2])):
        headers = {"Cookie": cookies[int(key.partition(" ")[0][1:])], "Content-Type": "application/json"}
        asked.append(Asked(BOOK, headers, orjson.dumps({"slot": slot}).decode()))
    return asked
