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

from bench import contenders, embedded, measure, ours, population, report  # noqa: E402
from bench.load import WRK  # noqa: E402
from harness import install  # noqa: E402  what it imports warns
from harness.broker import Broker  # noqa: E402
from harness.caretaker import Caretaker  # noqa: E402
from harness.portal import SERVICES, Installation  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.processes import Programs  # noqa: E402

OUT: Final = Path(__file__).parent / "out"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for; 1 when something did not work, whatever the figures are."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of load on each system (%(default)s)")
    parser.add_argument("--seconds", type=float, default=8.0, help="seconds of a round (%(default)s)")
    parser.add_argument("--only", choices=("views", "embedded"), help="leave out the rest")
    asked = parser.parse_args(arguments)
    if (hindered := install.main((WRK,))) != 0:
        return hindered
    told: dict[str, Any] = {"began": datetime.now(UTC).isoformat(timespec="seconds"), "machine": report.machine()}
    caretaker = Caretaker()
    try:
        if asked.only != "embedded":
            told |= views(caretaker, asked.rounds, asked.seconds)
        if asked.only != "views":
            told["embedded"] = embedded.measure(caretaker)
            report.tell_embedded(told["embedded"])
    finally:
        caretaker.dismiss()
    OUT.mkdir(exist_ok=True)
    file = OUT / "latest.json"
    file.write_text(json.dumps(told, indent=2) + "\n")
    report.tell(f"All of it as JSON: {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")
    return 0 if told.get("sound", True) else 1


def views(caretaker: Caretaker, rounds: int, seconds: float) -> dict[str, Any]:
    """Measure the home view, ours and theirs, on the same rows."""
    with closing(Broker(caretaker)) as broker, closing(Postgres(caretaker)) as postgres:
        broker.start()
        postgres.start()
        postgres.make_durable()
        with closing(Programs(caretaker)) as programs, tempfile.TemporaryDirectory() as folder:
            report.tell("Starting HelsaMi and its peers on the same databases")
            running = _start(programs, broker, postgres, Path(folder))
            items = measure.agreed(running)
            report.tell(f"All show a citizen the same: {sum(items.values())} items in {len(items)} sections")
            servers = {"RabbitMQ": broker.pid, "PostgreSQL": postgres.pid}
            figures = measure.views(running, servers, rounds, seconds, Path(folder))
            report.tell_views(figures)
            return {"items": items, "views": figures, "sound": all(one["failed"] == 0 for one in figures.values())}


def _start(programs: Programs, broker: Broker, postgres: Postgres, folder: Path) -> list[contenders.Contender]:
    pattern = "bench_{service}"
    for service in SERVICES:
        postgres.create_database(pattern.format(service=service))
    house = Installation.start(programs, broker.url, postgres.url(pattern), folder)
    # The peers know nothing of row-level security, so the superuser reads for them; so does the seeding write.
    superuser = f"postgres@127.0.0.1:{postgres.port}/{pattern}"
    population.seed(f"postgresql+psycopg2://{superuser}")
    citizens = population.citizens()
    psycopg2 = contenders.Servers(broker.url, f"postgresql+psycopg2://{superuser}")
    asyncpg = contenders.Servers(broker.url, f"postgresql://{superuser}")
    return [
        ours.about_oneself(house, citizens),
        ours.about_another(house, citizens),
        contenders.stock_nameko(programs, psycopg2, citizens),
        contenders.fastapi_fan_out(programs, asyncpg, citizens),
        contenders.asyncpg_monolith(programs, asyncpg, citizens),
    ]


if __name__ == "__main__":
    sys.exit(main())
