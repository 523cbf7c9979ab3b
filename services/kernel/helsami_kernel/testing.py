"""Stand-ins with real behaviour, for the tests of whoever builds on the kernel."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import eventlet

from helsami_kernel.access import AccessToken
from helsami_kernel.database import Database, Reads, Writes
from helsami_kernel.decisions import Decisions
from helsami_kernel.errors import Refusal
from helsami_kernel.migrations import upgrade
from helsami_kernel.origins import Origins
from helsami_kernel.store import OpenStore


class MovableClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.move_to(now)

    def __call__(self) -> datetime:
        """Return the moment at which the clock stands."""
        return self._now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by

    def move_to(self, now: datetime) -> None:
        """Stand at another moment, which must be aware."""
        if now.tzinfo is None:
            raise ValueError("a clock shows aware times")
        self._now = now


def open_store(
    service: str,
    url: str,
    reads: type[Reads],
    writes: type[Writes],
    clock: Callable[[], datetime],
    origins: Origins | None = None,
    pool_size: int = 5,
) -> OpenStore[Any, Any]:
    """A real store for tests: the service's own migrations on an empty database, its transactions, and no relay."""
    upgrade(service, url)
    database = Database(url, pool_size, clock, origins)
    return OpenStore(database, reads, writes, told=lambda: None, decisions=Decisions(service, database, clock))


def service(cls: type, **dependencies: object) -> Any:
    """A service with its dependencies in place, as a worker has it, without a bus."""
    instance = cls()
    for name, dependency in dependencies.items():
        setattr(instance, name, dependency)
    return instance


def citizen_token(subject: str, scopes: Iterable[str], **claims: Any) -> AccessToken:
    """What a service sees of a verified token: a citizen about themselves, unless the claims say otherwise."""
    now = datetime.now(UTC)
    token = AccessToken(
        issuer="gateway",
        audience="",
        actor=subject,
        subject=subject,
        scopes=frozenset(scopes),
        basis="self",
        age_band="16+",
        protected=False,
        consent_version=None,
        organisation=None,
        issued_at=now,
        expires_at=now + timedelta(seconds=60),
        token_id="test",  # noqa: S106  the id of a token opens nothing
    )
    return replace(token, **claims)


def system_token(organisation: str, **claims: Any) -> AccessToken:
    """What a service sees of a record system's call."""
    about_nobody = {"actor": organisation, "subject": None, "basis": "system", "age_band": None}
    return replace(citizen_token("", ["journal:write"], organisation=organisation), **{**about_nobody, **claims})


def at_once(*calls: Callable[[], object]) -> Counter[str]:
    """Run calls at once, each in a greenlet; count their outcomes by code: "ok", or a refusal's."""

    def outcome(call: Callable[[], object]) -> str:
        try:
            call()
        except Refusal as refusal:
            return refusal.code
        return "ok"

    return Counter(eventlet.GreenPool(len(calls)).imap(outcome, calls))


def until(condition: Callable[[], Any], within: float = 10.0) -> Any:
    """Wait until something is true and return it; eventlet.Timeout after so many seconds."""
    with eventlet.Timeout(within):
        while not (met := condition()):
            eventlet.sleep(0.01)
    return met
