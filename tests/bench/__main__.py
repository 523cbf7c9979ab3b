"""`make bench`: measures everything, prints it as tables, and writes it as JSON beside this file."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

from bench import (  # noqa: E402
    access_log,
    bookings,
    contenders,
    decisions,
    embedded,
    measure,
    ours,
    population,
    report,
    rules,
    slots,
    waitlist,
)
from bench.load import WRK  # noqa: E402
from bench.shape import PARTITIONS  # noqa: E402
from harness import install  # noqa: E402  what it imports warns
from harness.broker import Broker  # noqa: E402
from harness.caretaker import Caretaker  # noqa: E402
from harness.portal import SERVICES  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.processes import Programs  # noqa: E402

PARTS: Final = ("views", "embedded", "rules", "waitlist", "slots", "bookings", "access-log", "decisions")
OUT: Final = Path(__file__).parent / "out"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for; 1 when something did not work, whatever the figures are."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of load on each system (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="seconds of a round (%(default)s)")
    parser.add_argument("--services", choices=PARTITIONS, help="spread over processes in this way only")
    parser.add_argument("--only", choices=PARTS, help="leave out the rest")
    asked = parser.parse_args(arguments)
    if (hindered := install.main((WRK,))) != 0:
        return hindered
    told: dict[str, Any] = {"began": datetime.now(UTC).isoformat(timespec="seconds"), "machine": report.machine()}
    caretaker = Caretaker()
    try:
        if asked.only in {None, "rules"}:
            told["rules"] = rules.measure()
            report.tell_rules(told["rules"])
        if asked.only in {None, "waitlist"}:
            told["waitlist"] = waitlist.measure(caretaker)
            report.tell_waitlist(told["waitlist"])
        if asked.only in {None, "slots"}:
            told["slots"] = slots.measure(caretaker)
            report.tell_slots(told["slots"])
        if asked.only in {None, "bookings"}:
            told["bookings"] = bookings.measure(caretaker)
            report.tell_bookings(told["bookings"])
        if asked.only in {None, "access-log"}:
            told["access_log"] = access_log.measure(caretaker)
            report.tell_access_log(told["access_log"])
        if asked.only in {None, "decisions"}:
            told["decisions"] = decisions.measure(caretaker)
            report.tell_decisions(told["decisions"])
        if asked.only in {None, "views"}:
            partitions = [asked.services] if asked.services else list(PARTITIONS)
            told |= views(caretaker, partitions, asked.rounds, asked.seconds)
        if asked.only in {None, "embedded"}:
            told["embedded"] = embedded.measure(caretaker)
            report.tell_embedded(told["embedded"])
    finally:
        caretaker.dismiss()
    OUT.mkdir(exist_ok=True)
    file = OUT / "latest.json"
    file.write_text(json.dumps(told, indent=2) + "\n")
    report.tell(f"All of it as JSON: {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")
    return 0 if told.get("sound", True) else 1


def views(caretaker: Caretaker, partitions: Sequence[str], rounds: int, seconds: float) -> dict[str, Any]:
    """Measure the home view, ours and theirs, on the same rows, for each way to spread services over processes."""
    with closing(Broker(caretaker)) as broker, closing(Postgres(caretaker)) as postgres:
        broker.start()
        postgres.start()
        postgres.make_durable()
        pattern = "bench_{service}"
        for service in SERVICES:
            postgres.create_database(pattern.format(service=service))
        owners = postgres.url(pattern)
        ours.migrate(contenders.Servers(broker.url, owners))
        # The peers know nothing of row-level security, so the superuser reads for them; so does the seeding write.
        superuser = f"postgres@127.0.0.1:{postgres.port}/{pattern}"
        population.seed(f"postgresql+psycopg2://{superuser}")
        told: dict[str, Any] = {"sound": True}
        for partition in partitions:
            report.tell(f"\nServices {partition}: HelsaMi and its peers on the same databases")
            together = PARTITIONS[partition]
            with closing(Programs(caretaker)) as programs, tempfile.TemporaryDirectory() as folder:
                house = ours.start(
                    programs, contenders.Servers(broker.empty_virtual_host(), owners), together, Path(folder)
                )
                population.seed_origins(f"postgresql+psycopg2://{superuser}", house.origins)
                theirs = contenders.Servers(broker.empty_virtual_host(), superuser)
                running = _around(house, programs, theirs, together)
                items = measure.agreed(running)
                report.tell(f"All show a citizen the same: {sum(items.values())} items in {len(items)} sections")
                measured = {"RabbitMQ": broker.pid, "PostgreSQL": postgres.pid}
                figures = measure.views(running, measured, rounds, seconds, Path(folder))
            report.tell_views(figures)
            told[partition] = {"items": items, "views": figures, "ratios": report.all_ratios(figures)}
            told["sound"] &= all(one["failed"] == 0 for one in figures.values())
        return told


def _around(
    house: ours.House, programs: Programs, servers: contenders.Servers, together: contenders.Partition
) -> list[contenders.Contender]:
    """Start the peers; what they have in common is an address of databases without a driver."""
    citizens = population.citizens()
    psycopg2 = contenders.Servers(servers.bus, f"postgresql+psycopg2://{servers.database}")
    asyncpg = contenders.Servers(servers.bus, f"postgresql://{servers.database}")
    return [
        ours.about_oneself(house, citizens),
        ours.about_another(house, citizens),
        contenders.stock_nameko(programs, psycopg2, together, citizens),
        contenders.fastapi_fan_out(programs, asyncpg, together, citizens),
        contenders.asyncpg_monolith(programs, asyncpg, citizens),
    ]


if __name__ == "__main__":
    sys.exit(main())
