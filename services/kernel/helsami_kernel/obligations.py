"""Promises with a clock: due rows claimed by one worker, fulfilled once, over restarts (requirements.md 2, idea 6)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import eventlet
import orjson
import sqlalchemy as sa
from nameko.containers import WorkerContext
from nameko.extensions import SharedExtension
from sqlalchemy.engine import Row
from sqlalchemy.exc import SQLAlchemyError

from helsami_kernel import logs, metrics
from helsami_kernel.container import KernelEntrypoint, Work
from helsami_kernel.database import OBLIGATIONS, AlreadyDone, Cause, Database, Writes
from helsami_kernel.decorators import Decorator

LOOK_EVERY = timedelta(seconds=1)
CLAIMED_FOR = timedelta(minutes=3)
TRY_AGAIN_AFTER = (timedelta(seconds=2), timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))
OVERDUE_AFTER = timedelta(minutes=1)
BATCH = 20


@dataclass(frozen=True)
class Obligation:
    """A promise that is due."""

    id: str
    kind: str
    owner: str | None
    due_at: datetime
    payload: Mapping[str, Any]


class Clerk(SharedExtension):  # type: ignore[misc]
    """Looks for due obligations of the kinds that its service fulfils."""

    def __init__(self) -> None:
        self._kinds: dict[str, Fulfils] = {}
        self._stopping = False

    def register(self, entrypoint: Fulfils) -> None:
        """Fulfil this kind."""
        self._kinds[entrypoint.obligation] = entrypoint

    def start(self) -> None:
        """Begin to look."""
        if self._kinds:
            self.container.spawn_managed_thread(self._run)

    def cancel(self) -> None:
        """Claim no more."""
        self._stopping = True

    def _run(self) -> None:
        database: Database = self.container.config["databases"][self.container.service_name]
        while not self._stopping:
            try:
                for due in claim(database, list(self._kinds)):
                    self._kinds[due.kind].accept(due)
                self._measure(database)
            except Exception as failure:  # noqa: BLE001  a clerk that ends would take its service with it
                logs.incident("obligations-not-read", service=self.container.service_name, failure=failure)
            eventlet.sleep(LOOK_EVERY.total_seconds())

    def _measure(self, database: Database) -> None:
        for kind, count in overdue(database, list(self._kinds)).items():
            metrics.OBLIGATIONS_OVERDUE.labels(self.container.service_name, kind).set(count)


class Fulfils(KernelEntrypoint):
    """A method that fulfils one kind of obligation; its one transaction also marks the obligation fulfilled."""

    kind = "obligation"
    clerk = Clerk()

    def __init__(self, obligation: str, **kwargs: Any) -> None:
        self.obligation = obligation
        super().__init__(**kwargs)

    def setup(self) -> None:
        """Register with the service's clerk."""
        self.clerk.register(self)

    def stop(self) -> None:
        """Claim no more."""
        self.clerk.cancel()

    def accept(self, due: Obligation) -> None:
        """Begin when a worker is free."""
        self.container.dispatch(self, {}, Work(partial(self._prepare, due), partial(self._settle, due)))

    def _prepare(self, due: Obligation, worker_ctx: WorkerContext) -> tuple[Obligation]:
        worker_ctx.data["cause"] = Cause("obligation", due.kind, due.id)
        return (due,)

    def _settle(self, due: Obligation, _result: Any, failure: BaseException | None) -> None:
        if isinstance(failure, AlreadyDone):
            return
        database: Database = self.container.config["databases"][self.service_name]
        try:
            if failure is None:
                conclude(database, due)
            else:
                release(database, due.id)
        except SQLAlchemyError as unreleased:  # the claim runs out by itself
            logs.incident("obligation-not-released", service=self.service_name, kind=due.kind, failure=unreleased)


fulfils: Callable[..., Decorator] = Fulfils.decorator


def claim(database: Database, kinds: Sequence[str]) -> list[Obligation]:
    """Take up to BATCH due obligations for CLAIMED_FOR; others pass over them meanwhile."""
    with database.transaction(Writes, owner=None) as tx:
        due = (
            sa.select(OBLIGATIONS)
            .where(
                OBLIGATIONS.c.fulfilled_at.is_(None),
                OBLIGATIONS.c.kind.in_(kinds),
                OBLIGATIONS.c.due_at <= tx.now,
                sa.or_(OBLIGATIONS.c.claimed_until.is_(None), OBLIGATIONS.c.claimed_until <= tx.now),
            )
            .order_by(OBLIGATIONS.c.due_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        rows = tx.connection.execute(due).all()
        if rows:
            claimed = sa.update(OBLIGATIONS).where(OBLIGATIONS.c.id.in_([row.id for row in rows]))
            tx.connection.execute(
                claimed.values(claimed_until=tx.now + CLAIMED_FOR, attempts=OBLIGATIONS.c.attempts + 1)
            )
    return [obligation(row) for row in rows]


def conclude(database: Database, due: Obligation) -> None:
    """Mark one fulfilled whose handler had nothing to store; void when its transaction has marked it."""
    with contextlib.suppress(AlreadyDone), database.transaction(Writes, None, Cause("obligation", due.kind, due.id)):
        pass


def release(database: Database, obligation_id: str) -> None:
    """Give a failed one back, to be claimed again after a delay that grows with its attempts."""
    mine = OBLIGATIONS.c.id == obligation_id
    with database.transaction(Writes, owner=None) as tx:
        attempts = tx.connection.execute(sa.select(OBLIGATIONS.c.attempts).where(mine)).scalar_one()
        delay = TRY_AGAIN_AFTER[min(attempts, len(TRY_AGAIN_AFTER)) - 1]
        tx.connection.execute(sa.update(OBLIGATIONS).where(mine).values(claimed_until=tx.now + delay))


def overdue(database: Database, kinds: Sequence[str]) -> dict[str, int]:
    """How many obligations of each kind should have been fulfilled OVERDUE_AFTER ago: the alert."""
    with database.transaction(Writes, owner=None) as tx:
        late = (
            sa.select(OBLIGATIONS.c.kind, sa.func.count())
            .where(OBLIGATIONS.c.fulfilled_at.is_(None), OBLIGATIONS.c.due_at <= tx.now - OVERDUE_AFTER)
            .group_by(OBLIGATIONS.c.kind)
        )
        counted = {kind: int(count) for kind, count in tx.connection.execute(late)}
    return {kind: counted.get(kind, 0) for kind in kinds}


def obligation(row: Row[Any]) -> Obligation:
    """An obligation from its row."""
    return Obligation(row.id, row.kind, row.owner, row.due_at, orjson.loads(row.payload))
