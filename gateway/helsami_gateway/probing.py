"""`helsami probe revocation`: two synthetic people try how long a representative is answered after they may not."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import requests
from werkzeug.wrappers import Response

from helsami_gateway.headers import ACT_FOR
from helsami_gateway.importing import Hindered, default_url
from helsami_gateway.session import Sessions
from helsami_kernel.config import Settings
from helsami_kernel.keys import KeyFolder

GRANTS: Final = "/api/v1/grants"
READ: Final = "/api/v1/appointments?limit=1"
AREAS: Final = {"appointments": ["see"]}
ADULT: Final = date(1980, 1, 1)
"""What a session says of a birth date decides nothing here: consents asks the register."""
WITHIN: Final = (5, 30)
GIVE_UP_AFTER: Final = 60.0
"""As long as a token lives: whoever is answered later is answered for ever."""
BETWEEN: Final = 0.02
LATE: Final = 1
HINDERED: Final = 2


@dataclass(frozen=True, slots=True)
class Revoked:
    """
    What a representative met after a revocation.

    `seconds` are from the answer to the revocation until the first refusal had come (GIVE_UP_AFTER where none came);
    `late` is how many requests that began after that answer were answered all the same: none may be.
    """

    seconds: float
    late: int

    def __str__(self) -> str:
        """A line for an operator."""
        return f"refused {self.seconds:.3f} s after the revocation; {self.late} requests were answered in between"


class Probe:
    """A giver and a receiver at the door; each request is a connection of its own, so that any replica may answer."""

    def __init__(self, url: str, giver: str, receiver: str, cookie: Callable[[str], str]) -> None:
        self._url = url
        self._giver = giver
        self._receiver = receiver
        self._cookie = cookie

    def revocation(self) -> Revoked:
        """Grant, accept, read, revoke, and read until it is refused. Raises Hindered."""
        grant = self._granted()
        if self._reads() != HTTPStatus.OK:
            raise Hindered("the receiver is not let in by the grant; are both of age, alive, and not protected?")
        self._do("DELETE", self._giver, f"{GRANTS}/{grant}")
        revoked = time.monotonic()
        late = 0
        while (now := time.monotonic()) - revoked < GIVE_UP_AFTER:
            match self._reads():
                case HTTPStatus.NOT_FOUND:
                    return Revoked(time.monotonic() - revoked, late)
                case HTTPStatus.OK:
                    late += 1
            time.sleep(max(0.0, BETWEEN - (time.monotonic() - now)))
        return Revoked(GIVE_UP_AFTER, late)

    def _granted(self) -> str:
        """The id of a grant that holds; one that an earlier probe left is taken."""
        given = self._do("GET", self._giver, GRANTS)["given"]
        standing = next((one for one in given if one["citizen"] == self._receiver), None)
        if standing is None:
            standing = self._do("POST", self._giver, GRANTS, {"receiver": self._receiver, "areas": AREAS})
        grant = str(standing["id"])
        self._do("POST", self._receiver, f"{GRANTS}/{grant}/accept", {})
        return grant

    def _reads(self) -> int:
        """How a request on the giver's behalf is answered; what is not there now refuses, too, and is asked again."""
        return self._asked("GET", self._receiver, READ, None, {ACT_FOR: self._giver}).status_code

    def _do(self, verb: str, citizen: str, path: str, command: Any = None) -> Any:
        answer = self._asked(verb, citizen, path, command, {})
        if not answer.ok:
            raise Hindered(f"{verb} {GRANTS} was answered with {answer.status_code}")
        return answer.json()

    def _asked(self, verb: str, citizen: str, path: str, command: Any, more: dict[str, str]) -> requests.Response:
        headers = {"Cookie": self._cookie(citizen), "Connection": "close", **more}
        try:
            return requests.request(verb, self._url + path, json=command, headers=headers, timeout=WITHIN)
        except requests.RequestException as failure:
            raise Hindered(f"no answer from {self._url}: {type(failure).__name__}") from None


class ProbeCommand:
    """The sub-command `probe`."""

    def register(self, subparsers: Any) -> None:
        """Add it to the command line."""
        verbs = subparsers.add_parser("probe", help="try at the door what must hold").add_subparsers(
            required=True, metavar="VERB"
        )
        revocation = verbs.add_parser("revocation", help="how long a representative is answered after they may not")
        revocation.add_argument("--giver", required=True, metavar="ID", help="a synthetic adult, by the id of /me")
        revocation.add_argument("--receiver", required=True, metavar="ID", help="another one")
        revocation.add_argument("--url", default=default_url(), help="the gateway (HELSAMI_URL; here: %(default)s)")
        revocation.add_argument("--metrics", type=Path, metavar="FILE", help="tell Prometheus here (a textfile)")
        revocation.set_defaults(run=self.run)

    def run(self, arguments: argparse.Namespace) -> int:
        """Probe: 0 when the next request was refused, 1 when not, 2 when something hindered it."""
        keys = KeyFolder(Settings.read(os.environ).keys)
        sessions = Sessions(keys.secret("session"))
        probe = Probe(arguments.url.rstrip("/"), arguments.giver, arguments.receiver, lambda one: sealed(sessions, one))
        try:
            revoked = probe.revocation()
        except Hindered as trouble:
            sys.stderr.write(f"helsami probe: {trouble}\n")
            return HINDERED
        if arguments.metrics is not None:
            tell_prometheus(arguments.metrics, revoked)
        sys.stdout.write(f"{revoked}\n")
        return LATE if revoked.late or revoked.seconds >= GIVE_UP_AFTER else 0


command = ProbeCommand()


def sealed(sessions: Sessions, citizen: str) -> str:
    """The cookie of a login that the operator makes with the gateway's own key."""
    response = Response()
    sessions.put(response, sessions.begin(citizen, ADULT, protected=False))
    return response.headers["Set-Cookie"].partition(";")[0]


def tell_prometheus(file: Path, revoked: Revoked) -> None:
    """Write a textfile of node_exporter, whole or not at all."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text("".join(f"{name} {value}\n" for name, value in _told(revoked)), encoding="ascii")
    draft.replace(file)


def _told(revoked: Revoked) -> Iterator[tuple[str, float]]:
    yield "helsami_revocation_seconds", round(revoked.seconds, 6)
    yield "helsami_revocation_late_requests", revoked.late
    yield "helsami_revocation_probed_timestamp_seconds", int(time.time())
