"""Every row that the services of an embedded system keep, to see that something has changed none."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

Rows = frozenset[tuple[str, ...]]

# Who asked and how it was answered is written down, be it refused; none of these is what anything was asked about.
WRITTEN_OF_ASKING: Final = frozenset(
    {"access_log", "access_log_heads", "access_log_anchors", "decisions", "idempotency", "namings", "alembic_version"}
)
PROMISED_OF_ASKING: Final = "'anchor_access_log'"
QUIET_FOR: Final = 1.0
BETWEEN: Final = 0.2
READABLE: Final = 100


def at_rest(folder: Path, within: float = 60.0) -> dict[str, Rows]:
    """The rows of each table once none has changed for a second: what was announced is heard. Raises TimeoutError."""
    deadline = time.monotonic() + within
    with ExitStack() as opened:
        databases = {
            file.stem: opened.enter_context(closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)))
            for file in sorted(folder.glob("*.db"))
        }
        seen, since = _versions(databases.values()), time.monotonic()
        while time.monotonic() - since < QUIET_FOR:
            if time.monotonic() > deadline:
                raise TimeoutError("the services do not come to rest")
            time.sleep(BETWEEN)
            if (now := _versions(databases.values())) != seen:
                seen, since = now, time.monotonic()
        return {
            f"{service}.{table}": _rows(database, table)
            for service, database in databases.items()
            for table in _tables(database)
        }


def _versions(databases: Iterable[sqlite3.Connection]) -> list[int]:
    """A number each that is another once anybody else has changed anything."""
    return [database.execute("PRAGMA data_version").fetchone()[0] for database in databases]


def _tables(database: sqlite3.Connection) -> list[str]:
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return sorted({name for (name,) in names} - WRITTEN_OF_ASKING)


def _rows(database: sqlite3.Connection, table: str) -> Rows:
    found = (tuple(map(_short, row)) for row in database.execute(f'SELECT * FROM "{table}"'))
    return frozenset(row for row in found if PROMISED_OF_ASKING not in row)


def _short(value: object) -> str:
    """A value as it can be read, or its digest where it is long."""
    text = repr(value)
    return text if len(text) <= READABLE else hashlib.sha256(text.encode()).hexdigest()


def changes(before: Mapping[str, Rows], after: Mapping[str, Rows]) -> list[str]:
    """Each row that has come or gone, by its table."""
    return sorted(
        f"{sign} {table} {row}"
        for table in before.keys() | after.keys()
        for sign, rows in (
            ("-", before.get(table, frozenset()) - after.get(table, frozenset())),
            ("+", after.get(table, frozenset()) - before.get(table, frozenset())),
        )
        for row in rows
    )
