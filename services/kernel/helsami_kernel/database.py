"""A service's database: transactions that also tell, owned reads in one round trip, and the kernel's own tables."""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
import sqlalchemy as sa
from eventlet.semaphore import Semaphore
from prometheus_client import Counter
from sqlalchemy import event as sa_event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine, Row

from helsami_kernel import reading, tracing
from helsami_kernel.errors import Conflict
from helsami_kernel.notes import UNKEPT, Notes
from helsami_kernel.origins import FIELD, Origin, Origins
from helsami_sdk.decisions import Decision

if TYPE_CHECKING:
    from helsami_kernel.config import Settings
    from helsami_kernel.items import Item

STATEMENT_TIMEOUT_MS = 3000
LOCK_TIMEOUT_MS = 2000
IDLE_TIMEOUT_MS = 10_000
CONNECT_TIMEOUT_S = 3
POOL_TIMEOUT_S = 2
SQLITE_BUSY_S = 5


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware time, kept in UTC by both databases; a naive one is an error of the program."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


KERNEL_TABLES = sa.MetaData()

OUTBOX = sa.Table(
    "outbox",
    KERNEL_TABLES,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("type", sa.String(80), nullable=False),
    sa.Column("subject", sa.String(40)),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("traceparent", sa.String(60)),
    sa.Column("announced_at", UtcDateTime, nullable=False),
    sa.Column("try_after", UtcDateTime, nullable=False),
    sa.Column("published_at", UtcDateTime),
    sa.Index("outbox_unsent", "try_after", postgresql_where=sa.text("published_at IS NULL")),
)
INBOX = sa.Table(
    "inbox",
    KERNEL_TABLES,
    sa.Column("handler", sa.String(120), primary_key=True),
    sa.Column("event_id", sa.String(80), primary_key=True),
    sa.Column("handled_at", UtcDateTime, nullable=False),
)
OBLIGATIONS = sa.Table(
    "obligations",
    KERNEL_TABLES,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(80), nullable=False),
    sa.Column("key", sa.String(200), nullable=False),
    sa.Column("owner", sa.String(40)),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("claimed_until", UtcDateTime),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("fulfilled_at", UtcDateTime),
    sa.UniqueConstraint("kind", "key"),
    sa.Index("obligations_due", "due_at", postgresql_where=sa.text("fulfilled_at IS NULL")),
)
IDEMPOTENCY = sa.Table(
    "idempotency",
    KERNEL_TABLES,
    sa.Column("owner", sa.String(40), primary_key=True),
    sa.Column("key", sa.String(120), primary_key=True),
    sa.Column("command", sa.String(64), nullable=False),
    sa.Column("result", sa.Text),
    sa.Column("kept_at", UtcDateTime, nullable=False),
)
DECISIONS = sa.Table(
    "decisions",
    KERNEL_TABLES,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("key", sa.String(64), nullable=False, unique=True),
    sa.Column("decided_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False, index=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("hook", sa.String(40), nullable=False),
    sa.Column("organisation", sa.String(60), nullable=False),
    sa.Column("layer", sa.String(80), nullable=False),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("outcome", sa.String(60), nullable=False),
    sa.Column("reason", sa.String(60), nullable=False),
    sa.Column("question_hash", sa.String(64), nullable=False),
    sa.Column("about", sa.String(64), nullable=False, index=True),
    sa.Column("shadow", sa.Boolean, nullable=False),
)


OWN = sa.select(sa.func.set_config("app.owner", sa.bindparam("owner", type_=sa.Text), True))  # noqa: FBT003
PROMISE = (
    postgresql.insert(OBLIGATIONS)  # SQLite understands it as well
    .values(attempts=0, **{name: sa.bindparam(name) for name in ("id", "kind", "key", "owner", "payload", "due_at")})
    .on_conflict_do_nothing()
)


def create_kernel_tables(op: Any) -> None:
    """In a service's first migration: every table of the kernel."""
    KERNEL_TABLES.create_all(op.get_bind())
    protect(op, "idempotency")


def create_decisions(op: Any) -> None:
    """In a later migration: the table of decisions, which a database made since has from its first."""
    DECISIONS.create(op.get_bind(), checkfirst=True)


def protect(op: Any, table: str) -> None:
    """
    In a migration: let a row be seen and written by transactions of its owner only (PostgreSQL; nothing on SQLite).

    The second net behind statements that name the owner themselves (reliability.md 0, decision 12).
    """
    if op.get_bind().dialect.name != "postgresql":
        return
    name = sa.sql.quoted_name(table, quote=True)
    for statement in (
        "ALTER TABLE %(table)s ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE %(table)s FORCE ROW LEVEL SECURITY",
        "CREATE POLICY owner ON %(table)s USING (owner = current_setting('app.owner', true))",
    ):
        op.execute(sa.DDL(statement, context={"table": name}))  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Event:
    """Something that has happened, told with opaque ids and coded state only (architecture.md section 3, rule 4)."""

    type: str
    subject: str | None
    data: Mapping[str, Any]
    sequence: int = 1
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    source: str = ""
    time: datetime | None = None

    @classmethod
    def of(cls, type: str, subject: str | None, data: Mapping[str, Any], sequence: int = 1) -> Event:  # noqa: A002
        """A new event; its source and time are set when it is announced."""
        return cls(type=type, subject=subject, data=data, sequence=sequence)


@dataclass(frozen=True)
class Cause:
    """What a transaction is the effect of: an event, or an obligation; recorded with it, so that it happens once."""

    kind: str
    name: str
    id: str


class AlreadyDone(Exception):
    """The cause of this transaction has had its effect before."""


class Writes:
    """One transaction, for one owner; a service adds its own methods."""

    def __init__(self, connection: Connection, owner: str | None, now: datetime) -> None:
        self.connection = connection
        self.owner = owner
        self.now = now
        self.announced: list[Event] = []
        self.noted: list[tuple[Decision, str]] = []
        self.counted: list[Counter] = []
        self.origins: Origins | None = None
        """By what the origins of items are sealed, for who tells of them (helsami_kernel.origins)."""
        self.relimited: dict[str, str] = {}
        """The new access limit of each item of which this transaction has changed it (helsami_kernel.access_limits)."""
        self.reshared: dict[str, Item] = {}
        """Each item of which this transaction has changed what decides who is shown it: news of it follow."""
        self._kept_key: str | None = None

    def announce(self, event: Event, of: Origin | None = None) -> None:
        """
        Tell the others, if and only if this transaction commits.

        News of an item of an organisation is told with its origin, `of`: who acts for its citizen hears of it where
        they are shown it.
        """
        if of is not None and self.origins is not None and event.subject is not None:
            event = replace(event, data={**event.data, FIELD: self.origins.seal(event.subject, of)})
        self.connection.execute(
            sa.insert(OUTBOX).values(
                id=event.id,
                type=event.type,
                subject=event.subject,
                sequence=event.sequence,
                data=orjson.dumps(event.data).decode(),
                traceparent=tracing.current(),
                announced_at=self.now,
                try_after=self.now,
            )
        )
        self.announced.append(event)

    def note(self, decision: Decision, about: str = "") -> None:
        """
        Keep an organisation's decision with what it lets happen, or with the refusal that it is.

        `about` is the opaque id of what is decided on.
        """
        self.noted.append((decision, about))

    def note_all(self, noted: Iterable[tuple[Decision, str]]) -> None:
        """As `note`, of several."""
        self.noted += noted

    def count(self, counter: Counter) -> None:
        """Count something by one, if and only if this transaction commits; what is done again is not counted again."""
        self.counted.append(counter)

    def promise(self, kind: str, due_at: datetime, payload: Mapping[str, Any], key: str) -> None:
        """Make an obligation, unless one of this kind and key exists; `payload` holds opaque ids and codes only."""
        self.send(self.promised(kind, due_at, payload, key))

    def promised(self, kind: str, due_at: datetime, payload: Mapping[str, Any], key: str) -> reading.Step:
        """`promise`, as a step that goes with others."""
        promise = {
            "id": str(uuid.uuid4()),
            "kind": kind,
            "key": key,
            "owner": self.owner,
            "payload": orjson.dumps(payload).decode(),
            "due_at": due_at,
        }
        return PROMISE, promise

    def send(self, *steps: reading.Step) -> Sequence[Any]:
        """Take several steps, on PostgreSQL in one round trip; gives the rows of the last, if it is a select."""
        if self.connection.dialect.name == "postgresql":
            return reading.send(self.connection, steps)
        found: Sequence[Any] = []
        for statement, parameters in steps:
            if isinstance(statement, str):
                self.connection.exec_driver_sql(statement)
            else:
                done = self.connection.execute(statement, parameters)
                found = done.all() if done.returns_rows else []
        return found

    def discharge(self, kind: str, key: str) -> None:
        """Mark an obligation fulfilled that has been met before it was due."""
        met = sa.and_(OBLIGATIONS.c.kind == kind, OBLIGATIONS.c.key == key, OBLIGATIONS.c.fulfilled_at.is_(None))
        self.connection.execute(sa.update(OBLIGATIONS).where(met).values(fulfilled_at=self.now))

    def once(self, key: str | None, command: object) -> Any:
        """
        The result that this idempotency key has had before, or None when the effect is still to be made.

        Two at once: the second waits for the first to commit. A key used for another command is a Conflict.
        """
        if key is None:
            return None
        digest = fingerprint(command)
        values = {"owner": self.owner, "key": key, "command": digest, "kept_at": self.now}
        if self.connection.execute(insert_new(self.connection, IDEMPOTENCY, values)).rowcount:
            self._kept_key = key
            return None
        kept = self.connection.execute(
            sa.select(IDEMPOTENCY.c.command, IDEMPOTENCY.c.result).where(
                IDEMPOTENCY.c.owner == self.owner, IDEMPOTENCY.c.key == key
            )
        ).one()
        if kept.command != digest:
            raise Conflict("idempotency-key-reused")
        return orjson.loads(kept.result)

    def remember(self, result: Any) -> Any:
        """Store the result under the key of `once`, in the same transaction as the effect; returns it."""
        if self._kept_key is not None:
            self.connection.execute(
                sa.update(IDEMPOTENCY)
                .where(IDEMPOTENCY.c.owner == self.owner, IDEMPOTENCY.c.key == self._kept_key)
                .values(result=orjson.dumps(result).decode())
            )
        return result


class Reads:
    """Reads for one owner, each in autocommit and one round trip; a service adds its own methods."""

    def __init__(self, engine: Engine, owner: str | None, notes: Notes = UNKEPT) -> None:
        self._engine = engine
        self.owner = owner
        self.notes = notes

    def fetch(self, statement: reading.Select, **parameters: Any) -> Sequence[Row[Any]]:
        """
        All rows of a select whose `owner` bind parameter is this reader's owner.

        On PostgreSQL the owner of row-level security is set in the same statement, nothing of theirs stays on the
        connection, and the statement stays prepared there: it is one of a module, not one made for each question.
        """
        parameters["owner"] = self.owner
        if self._engine.dialect.name == "postgresql":
            return reading.fetch(self._engine, statement, parameters)
        with self._engine.connect() as connection:
            return connection.execute(statement, parameters).all()


def insert_new(connection: Connection, table: sa.Table, values: Mapping[str, Any]) -> Any:
    """An insert that does nothing where the row exists; its rowcount tells which."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(table).values(**values).on_conflict_do_nothing()


def fingerprint(command: object) -> str:
    """A digest of a JSON-able command, the same for the same content in any order of keys."""
    return hashlib.sha256(orjson.dumps(command, option=orjson.OPT_SORT_KEYS)).hexdigest()


W = TypeVar("W", bound=Writes)


class Database:
    """An engine, and the two ways to use it."""

    def __init__(
        self, url: str, pool_size: int, clock: Callable[[], datetime], origins: Origins | None = None
    ) -> None:
        """`origins` seal the origins of items for who tells of them."""
        self.engine = open_engine(url, pool_size)
        self._origins = origins
        self.reading_engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._clock = clock
        self._one_writer = Semaphore(1) if self.engine.dialect.name == "sqlite" else None

    @contextlib.contextmanager
    def transaction(self, writes: type[W], owner: str | None, cause: Cause | None = None) -> Iterator[W]:
        """
        One transaction for one owner; `cause` is recorded in it, and AlreadyDone raised when it was before.

        SQLite has one writer: greenlets take turns, since its own lock would hold the whole process.
        """
        with self._one_writer or contextlib.nullcontext(), self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                reading.send(connection, [(OWN, {"owner": owner or ""})])
            now = self._clock()
            if cause is not None:
                record(connection, cause, now)
            tx = writes(connection, owner, now)
            tx.origins = self._origins
            yield tx

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def record(connection: Connection, cause: Cause, now: datetime) -> None:
    """Mark an event as handled or an obligation as fulfilled, once."""
    if cause.kind == "event":
        values = {"handler": cause.name, "event_id": cause.id, "handled_at": now}
        done = connection.execute(insert_new(connection, INBOX, values))
    else:
        done = connection.execute(
            sa.update(OBLIGATIONS)
            .where(OBLIGATIONS.c.id == cause.id, OBLIGATIONS.c.fulfilled_at.is_(None))
            .values(fulfilled_at=now)
        )
    if not done.rowcount:
        raise AlreadyDone(cause.name)


def open_engine(url: str, pool_size: int) -> Engine:
    """An engine with every wait bounded: to connect, for the pool, for a lock, for a statement, in a transaction."""
    if url.startswith("sqlite"):
        return _open_sqlite(url)
    options = " ".join(
        f"-c {name}={value}"
        for name, value in {
            "statement_timeout": STATEMENT_TIMEOUT_MS,
            "lock_timeout": LOCK_TIMEOUT_MS,
            "idle_in_transaction_session_timeout": IDLE_TIMEOUT_MS,
            "timezone": "UTC",
        }.items()
    )
    return sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        pool_reset_on_return="rollback",
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": options},
    )


def _open_sqlite(url: str) -> Engine:
    engine = sa.create_engine(url, connect_args={"timeout": SQLITE_BUSY_S, "check_same_thread": False})

    @sa_event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa_event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def open_database(
    settings: Settings, service: str, clock: Callable[[], datetime], origins: Origins | None = None
) -> Database:
    """The database that the settings give a service."""
    return Database(settings.database_url(service), settings.pool_size, clock, origins)
