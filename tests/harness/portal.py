"""HelsaMi as a test uses it: the embedded one or one of a process per service, and clients for citizens and systems."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import requests
from werkzeug.wrappers import Response

from harness.ports import reserve_port
from harness.processes import Program, Programs
from helsami_gateway.lifecycle import Staff
from helsami_gateway.session import Session, Sessions
from helsami_kernel.access import SystemIssuer
from helsami_kernel.keys import KeyFolder

HELSAMI: Final = Path(sys.executable).with_name("helsami")
ANSWER_WITHIN: Final = 30.0
STARTS_WITHIN: Final = 180.0  # however busy the machine is; tests of how fast it starts say how fast
SERVICES: Final = (
    "appointments",
    "consents",
    "directory",
    "gateway",
    "medications",
    "messages",
    "notifications",
    "records",
    "results",
)

LIVE: Final = ("trondheim", "oya_legesenter", "st_olavs")
OBEYING: Final = tuple(service for service in SERVICES if service != "consents")  # which asks no organisation


class Citizen:
    """A logged-in citizen's front end: requests with the session's cookie."""

    def __init__(self, url: str, cookie: str) -> None:
        self._url = url
        self.cookie = cookie
        self._client = requests.Session()
        self._client.headers["Cookie"] = cookie

    def get(self, path: str, **options: Any) -> requests.Response:
        """Ask."""
        return self._client.get(self._url + path, timeout=ANSWER_WITHIN, **options)

    def post(self, path: str, command: Any, **options: Any) -> requests.Response:
        """Do."""
        return self._client.post(self._url + path, json=command, timeout=ANSWER_WITHIN, **options)

    def put(self, path: str, command: Any, **options: Any) -> requests.Response:
        """Write anew."""
        return self._client.put(self._url + path, json=command, timeout=ANSWER_WITHIN, **options)

    def put_bytes(self, path: str, body: bytes) -> requests.Response:
        """Send a file."""
        return self._client.put(self._url + path, data=body, timeout=ANSWER_WITHIN)

    def patch(self, path: str, command: Any, **options: Any) -> requests.Response:
        """Write some of it anew."""
        return self._client.patch(self._url + path, json=command, timeout=ANSWER_WITHIN, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        """Take back."""
        return self._client.delete(self._url + path, timeout=ANSWER_WITHIN, **options)

    def home(self) -> dict[str, Any]:
        """The sections of the home view."""
        answer = self.get("/api/v1/home")
        answer.raise_for_status()
        sections: dict[str, Any] = answer.json()["sections"]
        return sections


@dataclass
class Portal:
    """A running HelsaMi."""

    url: str
    keys: KeyFolder
    processes: dict[str, Program] = field(default_factory=dict)

    def log_in(self, pid: str) -> Citizen:
        """Log in by the embedded mode's own route."""
        answer = requests.post(f"{self.url}/dev/login", json={"pid": pid}, timeout=ANSWER_WITHIN)
        answer.raise_for_status()
        return Citizen(self.url, answer.headers["Set-Cookie"].partition(";")[0])

    def citizen(self, citizen: str, birth_date: date = date(1980, 1, 1), *, protected: bool = False) -> Citizen:
        """A citizen whose session was sealed with the installation's own key, where there is no login yet."""
        sessions = Sessions(self.keys.secret("session"))
        session: Session = sessions.begin(citizen, birth_date, protected=protected)
        response = Response()
        sessions.put(response, session)
        return Citizen(self.url, response.headers["Set-Cookie"].partition(";")[0])

    def token(self, organisation: str) -> str:
        """A record system's login."""
        return SystemIssuer(self.keys.signing("systems")).issue(organisation, timedelta(hours=1))

    def staff(self, organisation: str = "region") -> Staff:
        """The staff API, for those who run the region or for an organisation's own."""
        return Staff(self.url, lambda _: self.token(organisation))

    def deliver(self, organisation: str, bundle: Mapping[str, Any] | bytes, **headers: str) -> requests.Response:
        """Send a bundle to the journal."""
        body = bundle if isinstance(bundle, bytes) else json.dumps(bundle).encode()
        told = {"Authorization": f"Bearer {self.token(organisation)}", "Content-Type": "application/fhir+json"}
        return requests.post(f"{self.url}/journal/v1/fhir", body, headers=told | headers, timeout=ANSWER_WITHIN * 4)


def embedded(programs: Programs, data: Path, within: float = STARTS_WITHIN) -> Portal:
    """Start everything in one process, with the demo population."""
    port = reserve_port()
    env = {"HELSAMI_DATA": str(data), "HELSAMI_PORT": str(port)}
    process = programs.start("embedded", HELSAMI, "run", env=env)
    process.wait_for_line("HelsaMi is ready", within)
    return Portal(f"http://127.0.0.1:{port}", KeyFolder(data / "keys"), {"embedded": process})


@dataclass
class Installation:
    """HelsaMi as a region runs it: a process for each service, on a broker and a database for each."""

    programs: Programs
    env: dict[str, str]
    portal: Portal
    ops: dict[str, int]

    @classmethod
    def start(cls, programs: Programs, bus: str, database: str, folder: Path, **more: str) -> Installation:
        """Make keys, migrate and start everything; `database` holds {service}."""
        keys = KeyFolder(folder / "keys")
        keys.make()
        port = reserve_port()
        env = {
            "HELSAMI_BUS": bus,
            "HELSAMI_DATABASE": database,
            "HELSAMI_DATA": str(folder),
            "HELSAMI_KEYS": str(keys.path),
            "HELSAMI_PORT": str(port),
            "HELSAMI_RULES_DEADLINE": "5",  # a machine full of tests is slow, and no organisation
            **more,
        }
        if programs.start("migrate", HELSAMI, "migrate", env=env).wait(STARTS_WITHIN) != 0:
            raise RuntimeError("the databases could not be migrated")
        installation = cls(programs, env, Portal(f"http://127.0.0.1:{port}", keys), {})
        for service in SERVICES:
            installation.begin(service)
        for service in SERVICES:
            installation.wait_until_ready(service, STARTS_WITHIN)
        for organisation in LIVE:
            installation.portal.staff().bring_live(organisation, "the tests begin")
            installation.wait_until_all_obey(organisation, "live")
        return installation

    def begin(self, service: str) -> None:
        """Start a service, or start it again."""
        ops = self.ops.setdefault(service, reserve_port())
        env = {**self.env, "HELSAMI_OPS_PORT": str(ops)}
        self.portal.processes[service] = self.programs.start(service, HELSAMI, "serve", service, env=env)

    def wait_until_ready(self, service: str, within: float = 60.0) -> None:
        """Wait until a service says that it is ready."""
        self.portal.processes[service].wait_until_ready(f"http://127.0.0.1:{self.ops[service]}/readyz", within)

    def wait_until_all_obey(self, organisation: str, state: str, within: float = 10.0) -> None:
        """Wait until an organisation is in this state in every process. Raises TimeoutError."""
        wait_until_all_obey({service: self.ops[service] for service in OBEYING}, organisation, state, within)

    def metrics(self, service: str) -> str:
        """What a scrape of a service shows."""
        return scraped(self.ops[service])


def wait_until_all_obey(ops: Mapping[str, int], organisation: str, state: str, within: float) -> None:
    """Wait until an organisation is in this state in every process, by their ops ports. Raises TimeoutError."""
    shown = f'helsami_organisation_state{{organisation="{organisation}",state="{state}"}} 1.0'
    deadline = time.monotonic() + within
    for process, port in ops.items():
        while shown not in scraped(port):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{organisation} is not {state} in {process}")
            time.sleep(0.02)


def scraped(port: int) -> str:
    """What a scrape of an ops port shows."""
    return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=ANSWER_WITHIN).text
