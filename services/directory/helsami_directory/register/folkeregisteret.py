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
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import eventlet
import orjson

from helsami_directory.register.documents import PARTS, Unreadable, read_answer, read_feed, read_place
from helsami_directory.register.domain import Changes, Entry
from helsami_kernel import logs
from helsami_kernel.errors import Unavailable

RIGHTS: Final = "/folkeregisteret/offentlig-med-hjemmel/api/v1"
RESOURCE: Final = f"{RIGHTS}/personer/bulkoppslag"
FEED: Final = f"{RIGHTS}/hendelser/feed"
LATEST: Final = f"{RIGHTS}/hendelser/siste/sekvensnummer"
A_PAGE: Final = 1000
"""How many changes the feed gives at most at once: as many say that there may be more."""

FEED_WITHIN: Final = timedelta(seconds=5)
"""Nobody waits for the feed, which is asked beside what citizens ask; it is as long away as it likes."""
MOST_A_QUESTION: Final = 1000
TRY_WITHIN: Final = timedelta(seconds=1)
TRIES: Final = 2
LEFT_ALONE_FOR: Final = timedelta(seconds=10)
"""After a failure everybody is told at once that the register is away, so that nobody waits for it in turn."""
LONGEST_ANSWER: Final = 16 * 1024 * 1024
OK: Final = 200

T = TypeVar("T")


class Folkeregisteret:
    """The register at an address, asked with the token that lies in a file (Maskinporten's, renewed by others)."""

    present = True

    def __init__(self, address: str, token: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.address: Final = address.rstrip("/")
        self._url = f"{self.address}{RESOURCE}?{urlencode([('part', part) for part in PARTS])}"
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

    def latest(self) -> int:
        """The place of the last change. Raises Unavailable."""
        return self._followed(LATEST, read_place)

    def changes(self, after: int) -> Changes:
        """The changes after a place, at most A_PAGE of them. Raises Unavailable."""
        people, place, count = self._followed(f"{FEED}?seq={after + 1}", lambda body: read_feed(body, after))
        return Changes(people, place, more=count >= A_PAGE)

    def _followed(self, resource: str, read: Callable[[bytes], T]) -> T:
        """
        What the feed answers; its failures are its own, and leave questions about people alone.

        An address of the feed holds a number of a change, and nobody's national id.
        """
        body = None
        with eventlet.Timeout(FEED_WITHIN.total_seconds(), False):
            body = self._answer("GET", self.address + resource, FEED_WITHIN)
        if body is None:
            raise Unavailable("register")
        try:
            return read(body)
        except Unreadable:
            logs.incident("register-unreadable", service="directory")
            raise Unavailable("register") from None

    def _of(self, some: list[str]) -> dict[str, Entry]:
        if self._clock() < self._asked_again_from:
            raise Unavailable("register")
        for _ in range(TRIES):
            body = None
            with eventlet.Timeout(TRY_WITHIN.total_seconds(), False):  # also of an answer that trickles in
                body = self._answer("POST", self._url, TRY_WITHIN, {"foedselsEllerDNummer": some})
            if body is not None:
                try:
                    return read_answer(body, some)
                except Unreadable:
                    logs.incident("register-unreadable", service="directory")
                    break
        self._asked_again_from = self._clock() + LEFT_ALONE_FOR.total_seconds()
        raise Unavailable("register")

    def _answer(self, verb: str, url: str, within: timedelta, asked: object = None) -> bytes | None:
        """One try; None when there was no answer, or another than an answer, of which the log tells the kind alone."""
        import urllib3  # noqa: PLC0415  a twentieth of a second of every start, for those who ask over HTTP

        if self._connections is None:
            self._connections = urllib3.PoolManager(retries=False)
        try:
            response = self._connections.request(
                verb,
                url,
                body=None if asked is None else orjson.dumps(asked),
                timeout=urllib3.Timeout(total=within.total_seconds()),
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
