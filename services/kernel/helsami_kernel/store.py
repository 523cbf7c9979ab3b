"""What a service stores with: its database as a dependency, and the relay that tells what was stored."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider

from helsami_kernel.clock import Clock
from helsami_kernel.config import Settings
from helsami_kernel.database import Cause, Database, Reads, Writes, open_database
from helsami_kernel.decisions import Decisions
from helsami_kernel.errors import Refused
from helsami_kernel.keys import KeyFolder
from helsami_kernel.origins import SECRET, Origins
from helsami_kernel.outbox import REPLAY_AT_START, Relay

R_co = TypeVar("R_co", bound=Reads, covariant=True)
W_co = TypeVar("W_co", bound=Writes, covariant=True)


class OpenStore(Generic[R_co, W_co]):
    """A store as one worker uses it; inside a handler, its one transaction also records what it is the effect of."""

    def __init__(
        self,
        database: Database,
        reads: type[R_co],
        writes: type[W_co],
        *,
        told: Callable[[], None],
        decisions: Decisions,
        cause: Cause | None = None,
    ) -> None:
        self._database = database
        self._reads = reads
        self._writes = writes
        self._told = told
        self.decisions = decisions
        self._cause = cause
        self._cause_recorded = False

    @contextlib.contextmanager
    def transaction(self, owner: str | None) -> Iterator[W_co]:
        """
        A transaction for the rows of one citizen, or of nobody.

        One that ends with Refused leaves nothing behind but the decisions that were noted in it: it was the last of
        them, and the refusal tells its id.
        """
        cause = None if self._cause_recorded else self._cause
        tx: W_co | None = None
        try:
            with self._database.transaction(self._writes, owner, cause) as tx:
                yield tx
                self.decisions.store_with(tx)
        except Refused as refusal:
            refusal.decision = self.decisions.store_after(tx)
            raise
        self._cause_recorded = True
        for counter in tx.counted:
            counter.inc()
        if tx.announced:
            self._told()

    def reading(self, owner: str | None) -> R_co:
        """Reads of the rows of one citizen, or of nobody."""
        return self._reads(self._database.reading_engine, owner, self.decisions)


class Store(DependencyProvider):  # type: ignore[misc]
    """Opens the service's database, relays its outbox, writes its decisions, and gives each worker an OpenStore."""

    def __init__(
        self, reads: type[Reads] = Reads, writes: type[Writes] = Writes, *, tells_of_items: bool = False
    ) -> None:
        """Whoever tells of items of organisations is given the key by which their origins are sealed."""
        self.reads = reads
        self.writes = writes
        self._tells_of_items = tells_of_items

    def setup(self) -> None:
        """Open the database; nothing connects yet. Raises `KeysUnusable`."""
        config = self.container.config
        self._now = Clock()
        service = self.container.service_name
        settings: Settings = config["settings"]
        origins = Origins(KeyFolder(settings.keys).secret(SECRET)) if self._tells_of_items else None
        self.database = open_database(settings, service, self._now, origins)
        config["databases"][service] = self.database
        self.relay = Relay(service, self.database, config["bus"], self._now)
        self.decisions = Decisions(service, self.database, self._now)

    def start(self) -> None:
        """Begin to relay; a bus that forgot everything with its process is told the last day again."""
        if self.container.config["settings"].embedded:
            self.relay.replay(self._now() - REPLAY_AT_START)
        self.container.spawn_managed_thread(self.relay.run, identifier="outbox relay")
        self.container.spawn_managed_thread(self.decisions.run, identifier="decisions")

    def stop(self) -> None:
        """Let the relay end its batch, write what was decided, and close the database's connections."""
        self.relay.stop()
        self.decisions.stop()
        self.database.close()

    def get_dependency(self, worker_ctx: WorkerContext) -> OpenStore[Any, Any]:
        """The store for one worker."""
        return OpenStore(
            self.database,
            self.reads,
            self.writes,
            told=self.relay.wake,
            decisions=self.decisions,
            cause=worker_ctx.data.get("cause"),
        )
