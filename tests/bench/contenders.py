"""Starts the four systems that are compared, each on the same databases and with its services in as many processes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.load import Asked
from bench.population import Citizen
from harness.ports import reserve_port
from harness.processes import Program, Programs

TESTS: Final = Path(__file__).parents[1]
SCRIPTS: Final = Path(sys.executable).parent
PEERS: Final = Path(__file__).parent / "peers"
QUIET: Final = {"PYTHONWARNINGS": "ignore", "PYTHONPATH": str(TESTS)}

Counted = Mapping[str, int]
Partition = Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Servers:
    """Where everybody finds the broker and the databases; `database` holds {service}."""

    bus: str
    database: str


@dataclass(frozen=True)
class Contender:
    """A system that answers a citizen's home view on `port`; `requests` are made anew for each round."""

    name: str
    title: str
    port: int
    processes: Mapping[str, Program]
    requests: Callable[[], Sequence[Asked]]
    count: Callable[[Any], Counted]


def _plain(view: Any) -> Counted:
    return {name: len(items) for name, items in view.items()}


def _asked(citizens: Sequence[Citizen]) -> list[Asked]:
    return [Asked(f"/home/{citizen.id}") for citizen in citizens]


def stock_nameko(programs: Programs, servers: Servers, together: Partition, citizens: Sequence[Citizen]) -> Contender:
    """Nameko as it comes."""
    port = reserve_port()
    env = {**QUIET, "BENCH_BUS": servers.bus, "BENCH_DATABASE": servers.database, "BENCH_PORT": str(port)}
    command = (SCRIPTS / "nameko", "run", "--config", PEERS / "stock.yaml")
    processes = {
        "+".join(services): programs.start(
            f"stock-{services[0]}",
            *(*command, "bench.peers.stock_service"),
            env={**env, "BENCH_SERVICES": ",".join(services)},
        )
        for services in together
    }
    processes["gateway"] = programs.start("stock-gateway", *command, "bench.peers.stock_gateway", env=env)
    processes["gateway"].wait_until_ready(f"http://127.0.0.1:{port}/home/{citizens[0].id}")
    return Contender("stock", "(a) stock Nameko, RpcProxy", port, processes, partial(_asked, citizens), _plain)


def fastapi_fan_out(
    programs: Programs, servers: Servers, together: Partition, citizens: Sequence[Citizen]
) -> Contender:
    """FastAPI services behind a FastAPI gateway: the same processes, over HTTP."""
    ports = {services: reserve_port() for services in together}
    port_of = {service: port for services, port in ports.items() for service in services}
    env = {**QUIET, "BENCH_DATABASE": servers.database, "BENCH_PORTS": json.dumps(port_of)}
    processes = {
        "+".join(services): _uvicorn(programs, "fastapi_service", port, {**env, "BENCH_SERVICES": ",".join(services)})
        for services, port in ports.items()
    }
    port = reserve_port()
    processes["gateway"] = _uvicorn(programs, "fastapi_gateway", port, env)
    processes["gateway"].wait_until_ready(f"http://127.0.0.1:{port}/home/{citizens[0].id}")
    return Contender(
        "http", "(b) FastAPI services, aiohttp fan-out", port, processes, partial(_asked, citizens), _plain
    )


def asyncpg_monolith(programs: Programs, servers: Servers, citizens: Sequence[Citizen]) -> Contender:
    """One FastAPI process that reads the same rows."""
    port = reserve_port()
    process = _uvicorn(programs, "asyncpg_monolith", port, {**QUIET, "BENCH_DATABASE": servers.database})
    process.wait_until_ready(f"http://127.0.0.1:{port}/home/{citizens[0].id}")
    return Contender(
        "monolith", "(c) FastAPI + asyncpg, one process", port, {"monolith": process}, partial(_asked, citizens), _plain
    )


def _uvicorn(programs: Programs, module: str, port: int, env: Mapping[str, str]) -> Program:
    command = (sys.executable, "-m", "uvicorn", f"bench.peers.{module}:app", "--port", port, "--no-access-log")
    return programs.start(f"{module}-{port}", *command, "--log-level", "warning", env=env)
