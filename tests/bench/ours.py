"""HelsaMi as a contender: tokens, rules, row-level security and access log on, and a cookie for everybody."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from werkzeug.wrappers import Response

from bench.contenders import Contender, Counted, Partition, Servers
from bench.load import Asked
from bench.population import BIRTH_DATE, ORGANISATIONS, Citizen, represented_by
from bench.shape import SECTIONS
from harness.portal import HELSAMI, Portal, wait_until_all_obey
from harness.ports import reserve_port
from harness.processes import Program, Programs
from helsami_gateway.session import Sessions
from helsami_kernel.keys import KeyFolder
from helsami_kernel.origins import SECRET

HOME: Final = "/api/v1/home"
ACT_FOR: Final = "HelsaMi-Act-For"
ASKED: Final = ("consents", "directory")  # they own no section, but are asked
START_WITHIN: Final = 60.0


@dataclass(frozen=True)
class House:
    """A running HelsaMi: the gateway's port, its processes, and what seals its cookies and the origins of its items."""

    port: int
    processes: Mapping[str, Program]
    sessions: Sessions
    origins: bytes


def start(programs: Programs, servers: Servers, together: Partition, folder: Path) -> House:
    """Start every service, and wait until all are ready; consents and directory go with the first where any share."""
    keys = KeyFolder(folder / "keys")
    keys.make()
    port = reserve_port()
    env = {
        "HELSAMI_BUS": servers.bus,
        "HELSAMI_DATABASE": servers.database,
        "HELSAMI_KEYS": str(keys.path),
        "HELSAMI_DATA": str(folder),
        "HELSAMI_PORT": str(port),
    }
    processes, ops = {}, {}
    for services in _with_all(together):
        name = "+".join(services)
        ops[name] = reserve_port()
        more = {"HELSAMI_OPS_PORT": str(ops[name])}
        processes[name] = programs.start(f"ours-{services[0]}", HELSAMI, "serve", *services, env=env | more)
    for name, ops_port in ops.items():
        processes[name].wait_until_ready(f"http://127.0.0.1:{ops_port}/readyz", START_WITHIN)
    _bring_live(Portal(f"http://127.0.0.1:{port}", keys), {name: ops[name] for name in ops if name != "consents"})
    return House(port, processes, Sessions(keys.secret("session")), keys.secret(SECRET))


def _bring_live(portal: Portal, ops: Mapping[str, int]) -> None:
    """Take the organisations live as an operator does, and wait until every process that asks them obeys."""
    for organisation in ORGANISATIONS:
        portal.staff().bring_live(organisation, "the bench begins")
        wait_until_all_obey(ops, organisation, "live", START_WITHIN)


def _with_all(together: Partition) -> list[tuple[str, ...]]:
    apart = all(len(services) == 1 for services in together)
    first, *others = together
    return [*([first, *others, *((one,) for one in ASKED)] if apart else [(*first, *ASKED), *others]), ("gateway",)]


def migrate(servers: Servers) -> None:
    """Bring every service's database up to date. Raises subprocess.CalledProcessError."""
    env = {"HELSAMI_BUS": servers.bus, "HELSAMI_DATABASE": servers.database}
    subprocess.run((HELSAMI, "migrate"), env=env, check=True, capture_output=True, cwd="/")


def about_oneself(house: House, citizens: Sequence[Citizen]) -> Contender:
    """Everybody reads their own home view."""
    return _contender("ours", "HelsaMi, about oneself", house, citizens, lambda citizen: citizen)


def about_another(house: House, citizens: Sequence[Citizen]) -> Contender:
    """Everybody reads for somebody who has let them: decided, logged and signed by consents at each request."""
    return _contender("ours_granted", "HelsaMi, on someone's behalf", house, citizens, represented_by)


def _contender(
    name: str, title: str, house: House, citizens: Sequence[Citizen], reader: Callable[[Citizen], Citizen]
) -> Contender:
    ask = partial(_asked, house.sessions, citizens, reader)
    return Contender(name, title, house.port, house.processes, ask, _counted)


def _asked(sessions: Sessions, citizens: Sequence[Citizen], reader: Callable[[Citizen], Citizen]) -> list[Asked]:
    """Requests with the cookies of sessions that begin now: the gateway renews older ones at each request."""
    asked = []
    for citizen in citizens:
        response, who = Response(), reader(citizen)
        sessions.put(response, sessions.begin(who.id, BIRTH_DATE, protected=False))
        headers = {"Cookie": response.headers["Set-Cookie"].partition(";")[0]}
        if who != citizen:
            headers[ACT_FOR] = citizen.id
        asked.append(Asked(HOME, headers))
    return asked


def _counted(view: Any) -> Counted:
    sections = view["sections"]
    return {section.name: len(sections[section.name]["items"]) for section in SECTIONS}
