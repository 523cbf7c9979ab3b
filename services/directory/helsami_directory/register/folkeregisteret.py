"""
Folkeregisteret over HTTP: many people in one question, within a bounded time, and no answer is a failure.

National ids travel in the body (`bulkoppslag`), never in an address.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import eventlet
import orjson

from helsami_directory.register.documents import PARTS, Unreadable, read_answer
from helsami_directory.register.domain import Entry
from helsami_kernel import logs
from helsami_kernel.errors import Unavailable

RESOURCE: Final = "/folkeregisteret/offentlig-med-hjemmel/api/v1/personer/bulkoppslag"
MOST_A_QUESTION: Final = 1000
TRY_WITHIN: Final = timedelta(seconds=1)
TRIES: Final = 2
LEFT_ALONE_FOR: Final = timedelta(seconds=10)
"""After a failure everybody is told at once that the register is away, so that nobody waits for it in turn."""
LONGEST_ANSWER: Final = 16 * 1024 * 1024
OK: Final = 200


class Folkeregisteret:
    """The register at an address, asked with the token that lies in a file (Maskinporten's, renewed by others)."""

    present = True

    def __init__(self, address: str, token: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = f"{address.rstrip('/')}{RESOURCE}?{urlencode([('part', part) for part in PARTS])}"
        self._token = token
        self._clock = clock
        self._asked_again_from = 0.0
        self._connections: Any = None

    def people(self, national_ids: Collection[str]) -> dict[str, Entry]:
        """Those of these people whom the register knows. Raises Unavailable, after TRIES of TRY_WITHIN at most."""
        known: dict[str, Entry] = {}
        for some in _batches(national_ids):
            known |= self._of(some)
        return known

    def _of(self, some: list[str]) -> dict[str, Entry]:
        if self._clock() < self._asked_again_from:
            raise Unavailable("register")
        for _ in range(TRIES):
            body = None
            with eventlet.Timeout(TRY_WITHIN.total_seconds(), False):  # also of an answer that trickles in
                body = self._answer(some)
            if body is not None:
                try:
                    return read_answer(body, some)
                except Unreadable:
                    logs.incident("register-unreadable", service="directory")
                    break
        self._asked_again_from = self._clock() + LEFT_ALONE_FOR.total_seconds()
        raise Unavailable("register")

    def _answer(self, some: list[str]) -> bytes | None:
        """One try; None when there was no answer, or another than an answer, of which the log tells the kind alone."""
        import urllib3  # noqa: PLC0415  a twentieth of a second of every start, for those who ask over HTTP

        if self._connections is None:
            within = urllib3.Timeout(total=TRY_WITHIN.total_seconds())
            self._connections = urllib3.PoolManager(retries=False, timeout=within)
        try:
            response = self._connections.request(
                "POST",
                self._url,
                body=orjson.dumps({"foedselsEllerDNummer": some}),
                headers={"Content-Type": "application/json", "Accept": "application/json", **self._login()},
                redirect=False,
                preload_content=False,
            )
            body = response.read(LONGEST_ANSWER + 1)
            response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as failure:
            logs.incident("register-away", service="directory", reason=type(failure).__name__)
            return None
        if response.status != OK or len(body) > LONGEST_ANSWER:
            logs.incident("register-away", service="directory", reason=f"status-{response.status}")
            return None
        return bytes(body)

    def _login(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token.read_text().strip()}"} if self._token.exists() else {}


def _batches(national_ids: Collection[str]) -> Iterator[list[str]]:
    left = iter(national_ids)
    while some := list(islice(left, MOST_A_QUESTION)):
        yield some
