"""Telling what was stored: a relay with confirms; rows are found by being unsent, never by a high-water mark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import eventlet
import orjson
import sqlalchemy as sa
from eventlet.event import Event as Signal
from sqlalchemy.engine import Connection, Row

from helsami_kernel import logs, metrics
from helsami_kernel.bus import EVENTS, Bus, Unroutable
from helsami_kernel.database import OUTBOX, Database, Event, Writes
from helsami_kernel.errors import Unavailable
from helsami_kernel.events import event_message

BATCH = 100
LOOK_EVERY = timedelta(seconds=1)
TRY_AGAIN_AFTER = timedelta(seconds=5)
STOP_WITHIN = timedelta(seconds=2)
REPLAY_AT_START = timedelta(days=30)

BACKLOG = sa.select(sa.func.count(), sa.func.min(OUTBOX.c.announced_at)).where(OUTBOX.c.published_at.is_(None))


class Relay:
    """Sends a service's unsent events, oldest first; several relays of one service share the rows without waiting."""

    def __init__(self, service: str, database: Database, bus: Bus, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._database = database
        self._bus = bus
        self._clock = clock
        self._signal = Signal()
        self._stopping = False
        self._ended = Signal()

    def wake(self) -> None:
        """There is something new; called after the commit."""
        if not self._signal.ready():
            self._signal.send(None)

    def run(self) -> None:
        """Until stopped: send what there is while there is a bus, then sleep until woken or a second has passed."""
        while not self._stopping:
            try:
                # Until the whole process has started, a bus in memory lacks the queues of services that come later.
                while self._measure() and self._bus.connected and self.send_batch() == BATCH:
                    pass
            except Exception as failure:  # noqa: BLE001  a relay that ends would take its service with it
                logs.incident("outbox-not-sent", service=self._service, failure=failure)
            with eventlet.Timeout(LOOK_EVERY.total_seconds(), False):
                self._signal.wait()
            self._signal = Signal()
        self._ended.send(None)

    def stop(self) -> None:
        """End after the batch that is being sent, so that what was sent is also marked; waits STOP_WITHIN at most."""
        self._stopping = True
        self.wake()
        with eventlet.Timeout(STOP_WITHIN.total_seconds(), False):
            self._ended.wait()

    def send_batch(self) -> int:
        """Send up to BATCH events; returns how many were sent. When the bus goes away the rest stays unsent."""
        sent = 0
        with self._database.transaction(Writes, owner=None) as tx:
            for row in tx.connection.execute(unsent(tx.now)).all():
                if self._stopping or not self._taken(tx.connection, row, tx.now):
                    break
                sent += 1
        return sent

    def _taken(self, connection: Connection, row: Row[Any], now: datetime) -> bool:
        event = Event(
            type=row.type,
            subject=row.subject,
            data=orjson.loads(row.data),
            sequence=row.sequence,
            id=row.id,
            source=self._service,
            time=row.announced_at,
        )
        try:
            self._bus.publish_confirmed(event_message(event, row.traceparent), EVENTS, f"{self._service}.{row.type}")
        except Unavailable as failure:
            logs.incident("outbox-not-sent", service=self._service, failure=failure)
            return False
        except Unroutable:
            logs.incident("event-unroutable", service=self._service, event=row.type)
            change = {"try_after": now + TRY_AGAIN_AFTER}
        else:
            change = {"published_at": now}
        connection.execute(sa.update(OUTBOX).where(OUTBOX.c.id == row.id).values(**change))
        return True

    def replay(self, since: datetime) -> int:
        """Send again what was announced since then, for a bus that forgets; inboxes suppress what had arrived."""
        with self._database.transaction(Writes, owner=None) as tx:
            again = sa.update(OUTBOX).where(OUTBOX.c.announced_at >= since).values(published_at=None, try_after=tx.now)
            return int(tx.connection.execute(again).rowcount)

    def _measure(self) -> int:
        """How many events are unsent: most often none, and then there is no transaction to begin."""
        with self._database.reading_engine.connect() as connection:
            count, oldest = connection.execute(BACKLOG).one()
        age = (self._clock() - oldest).total_seconds() if oldest is not None else 0.0
        metrics.OUTBOX_UNSENT.labels(self._service).set(count)
        metrics.OUTBOX_OLDEST_SECONDS.labels(self._service).set(age)
        return int(count)


def unsent(now: datetime) -> sa.Select[Any]:
    """Unsent events that may be tried now; rows that another relay holds are passed over (PostgreSQL)."""
    return (
        sa.select(OUTBOX)
        .where(OUTBOX.c.published_at.is_(None), OUTBOX.c.try_after <= now)
        .order_by(OUTBOX.c.announced_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
