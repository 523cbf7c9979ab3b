"""
What organisations' rules decided, kept for whoever asks why: one row for each distinct decision.

A decision is noted in memory and written behind the citizen's back, in batches; one that changes something is written
in the transaction that changes it. Nothing of a citizen is in it: what it is about has an opaque id, and of the
question there is a hash.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

import eventlet
import orjson
import sqlalchemy as sa
from eventlet.event import Event as Signal
from marshmallow import Schema, fields, validate
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, RowMapping
from sqlalchemy.exc import SQLAlchemyError

from helsami_kernel import logs, metrics
from helsami_kernel.access import AccessToken
from helsami_kernel.clock import written
from helsami_kernel.database import DECISIONS, Database, Writes
from helsami_kernel.errors import load
from helsami_sdk.decisions import Decision
from helsami_sdk.rules import REGION

WRITE_EVERY: Final = timedelta(seconds=1)
COUNT_EVERY: Final = timedelta(minutes=10)
PRUNE_EVERY: Final = timedelta(hours=1)
KEPT_FOR: Final = timedelta(days=400)
STOP_WITHIN: Final = timedelta(seconds=2)
BATCH: Final = 100
PRUNED_AT_ONCE: Final = 1000
MOST_UNWRITTEN: Final = 5000
MOST_KNOWN: Final = 10_000
MOST_TOLD: Final = 100
LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)
LONGEST: Final = {column.name: column.type.length for column in DECISIONS.c if isinstance(column.type, sa.String)}
TOLD: Final = [column for column in DECISIONS.c if column.name != "key"]


@dataclass(slots=True)
class Tally:
    """A decision, what it is about, and how often it was made since it was last written."""

    decision: Decision
    about: str
    first_at: datetime
    last_at: datetime
    times: int = 1
    written_at: datetime = LONG_AGO


class Decisions:
    """
    A service's decisions, noted in memory and written in batches.

    The same decision about the same thing is one row. Once it is written, how often it is made again is written every
    COUNT_EVERY. Memory is bounded: what comes on top of it is dropped and counted.
    """

    def __init__(self, service: str, database: Database, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._database = database
        self._clock = clock
        self._unwritten: dict[tuple[str, str], Tally] = {}
        self._known: dict[tuple[str, str], Tally] = {}
        self._stopping = Signal()
        self._ended = Signal()

    def note(self, decision: Decision, about: str = "") -> None:
        """Keep a decision; `about` is the opaque id of what is decided on, where it is one thing."""
        self.note_all([(decision, about)])

    def note_all(self, noted: Iterable[tuple[Decision, str]]) -> None:
        """Keep decisions made at one moment, each with what it is about."""
        now, known, unwritten = self._clock(), self._known, self._unwritten
        for decision, about in noted:
            key = (decision.words, about or decision.question_hash)
            tally = known.get(key) or unwritten.get(key)
            if tally is not None:
                tally.times += 1
                tally.last_at = now
            elif len(unwritten) < MOST_UNWRITTEN:
                unwritten[key] = Tally(decision, about, now, now)
            else:
                metrics.DECISIONS_DROPPED.labels(self._service).inc()

    def run(self) -> None:
        """Until stopped: write what was noted, and now and then forget what is too old."""
        pruned_at: datetime | None = None
        while not self._stopping.ready():
            self._try(self.write)
            if pruned_at is None or self._clock() - pruned_at >= PRUNE_EVERY:
                pruned_at = self._clock()
                self._try(self.prune)
            with eventlet.Timeout(WRITE_EVERY.total_seconds(), False):
                self._stopping.wait()
        self._try(self.write_all)
        self._ended.send(None)

    def stop(self) -> None:
        """Write what was noted, and end; waits STOP_WITHIN at most."""
        if not self._stopping.ready():
            self._stopping.send(None)
        with eventlet.Timeout(STOP_WITHIN.total_seconds(), False):
            self._ended.wait()

    def write(self) -> int:
        """Write what was noted and not written, and what was made again since long; returns how many rows."""
        self._count_again(self._clock() - COUNT_EVERY)
        rows = 0
        while batch := list(islice(self._unwritten.items(), BATCH)):
            self._write(batch)
            rows += len(batch)
            eventlet.sleep(0)  # where a database is a file, its work is the process's own
        return rows

    def write_all(self) -> int:
        """As `write`, with every count as it stands."""
        self._count_again(self._clock())
        return self.write()

    def store_with(self, tx: Writes) -> None:
        """Store what was noted in a transaction together with what it changes."""
        store(tx.connection, [Tally(decision, about, tx.now, tx.now) for decision, about in tx.noted])

    def store_after(self, tx: Writes | None) -> str | None:
        """
        Store what was noted in a transaction that a refusal has ended; returns the id of the last of it.

        A refusal is told whether or not it can be stored.
        """
        stored = None
        try:
            for decision, about in tx.noted if tx is not None else ():
                stored = self._store_one(Tally(decision, about, now := self._clock(), now))
        except (SQLAlchemyError, OSError) as failure:
            logs.incident("decisions-not-written", service=self._service, failure=failure)
        return stored

    def explained(self, this: str, organisation: str | None) -> list[dict[str, Any]]:
        """
        What was decided under this id, or about what has it, the newest first, at most MOST_TOLD.

        With an organisation its own decisions alone.
        """
        mine = [] if organisation is None else [DECISIONS.c.organisation == organisation]
        found = sa.select(*TOLD).where(sa.or_(DECISIONS.c.id == this, DECISIONS.c.about == this), *mine)
        with self._database.reading_engine.connect() as connection:
            rows = connection.execute(found.order_by(DECISIONS.c.last_at.desc()).limit(MOST_TOLD))
            return [told(row) for row in rows.mappings()]

    def prune(self) -> int:
        """Forget what was last decided longer than KEPT_FOR ago; returns how many rows."""
        gone = 0
        while True:
            with self._database.transaction(Writes, owner=None) as tx:
                old = sa.select(DECISIONS.c.id).where(DECISIONS.c.last_at < tx.now - KEPT_FOR).limit(PRUNED_AT_ONCE)
                deleted = tx.connection.execute(sa.delete(DECISIONS).where(DECISIONS.c.id.in_(old))).rowcount
            gone += deleted
            if deleted < PRUNED_AT_ONCE:
                return gone

    def _count_again(self, until: datetime) -> None:
        """Take back what was written before then, and no later: each comes to be known when it is written."""
        while (first := next(iter(self._known.values()), None)) is not None and first.written_at <= until:
            self._forget_first()

    def _write(self, batch: Sequence[tuple[tuple[str, str], Tally]]) -> None:
        counts = {key: tally.times for key, tally in batch}
        with self._database.transaction(Writes, owner=None) as tx:
            store(tx.connection, [tally for _, tally in batch])
        for key, tally in batch:
            del self._unwritten[key]
            tally.times -= counts[key]  # the rest came while it was written
            tally.written_at = tx.now
            self._known[key] = tally
        self._make_room()

    def _make_room(self) -> None:
        while len(self._known) > MOST_KNOWN:
            self._forget_first()

    def _forget_first(self) -> None:
        """Forget what was written first, but for how often it has come again since."""
        key = next(iter(self._known))
        tally = self._known.pop(key)
        if tally.times:
            self._unwritten[key] = tally

    def _store_one(self, tally: Tally) -> str:
        with self._database.transaction(Writes, owner=None) as tx:
            upsert = _upsert(tx.connection).returning(DECISIONS.c.id)
            return str(tx.connection.execute(upsert, row_of(tally)).scalar_one())

    def _try(self, do: Callable[[], object]) -> None:
        try:
            do()
        except Exception as failure:  # noqa: BLE001  whoever writes and ends would take the service with it
            logs.incident("decisions-not-written", service=self._service, failure=failure)


class Explain(Schema):
    """Of which decision, or of what that was decided on, an explanation is asked for."""

    id = fields.String(required=True, validate=validate.Length(1, 64))


def explained(decisions: Decisions, question: object, access: AccessToken) -> bytes:
    """A service's part of the view `decisions`: for the region all there is, for an organisation its own."""
    asked = load(Explain, question)
    organisation = None if access.organisation == REGION else access.organisation or ""
    return orjson.dumps({"items": decisions.explained(asked["id"], organisation), "status": "ok"})


def told(row: RowMapping) -> dict[str, Any]:
    """A decision as it is told, with its times in writing."""
    return {str(name): written(value) if isinstance(value, datetime) else value for name, value in row.items()}


def store(connection: Connection, noted: Iterable[Tally]) -> None:
    """Add decisions to what is stored; of two transactions with some in common, one waits for the other."""
    rows: dict[str, dict[str, Any]] = {}
    for row in map(row_of, noted):
        row["times"] += rows.get(row["key"], {"times": 0})["times"]
        rows[row["key"]] = row
    if rows:
        connection.execute(_upsert(connection), [rows[key] for key in sorted(rows)])


def row_of(tally: Tally) -> dict[str, Any]:
    """A decision as it is stored; the key is what tells it from every other, and the id tells nothing."""
    decision = tally.decision
    told = {
        "hook": decision.hook,
        "organisation": decision.organisation,
        "layer": decision.layer,
        "version": decision.version,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "question_hash": decision.question_hash,
        "about": tally.about,
    }
    key = f"{decision.words}|{tally.about or decision.question_hash}"
    return {
        **{name: value[: LONGEST[name]] for name, value in told.items()},
        "id": uuid.uuid4().hex,
        "key": hashlib.sha256(key.encode()).hexdigest(),
        "decided_at": tally.first_at,
        "last_at": tally.last_at,
        "times": tally.times,
        "shadow": decision.shadow,
    }


def _upsert(connection: Connection) -> Any:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    new = insert(DECISIONS)
    latest = sa.case((new.excluded.last_at > DECISIONS.c.last_at, new.excluded.last_at), else_=DECISIONS.c.last_at)
    again = {"times": DECISIONS.c.times + new.excluded.times, "last_at": latest}
    return new.on_conflict_do_update(index_elements=[DECISIONS.c.key], set_=again)
