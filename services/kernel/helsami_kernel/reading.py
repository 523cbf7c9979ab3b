"""Owned reads on PostgreSQL: one round trip each, and planned once for each connection."""

from __future__ import annotations

import itertools
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection

# The dialect of PREPARE, whose parameters are numbered; psycopg2 itself fills in those of EXECUTE.
NUMBERED: Final = PGDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
OWNED: Final = "SELECT set_config('app.owner', %(owner)s, true); "

Select = sa.Select[Any] | sa.CompoundSelect[Any]

_numbers = itertools.count(1)


@dataclass
class Prepared:
    """A select, as a connection prepares it once and executes it behind the owner's setting; rows are named tuples."""

    name: str
    preparation: str
    execution: str
    constants: Mapping[str, Any]
    row: Callable[[Sequence[Any]], Any] | None = field(default=None)

    @classmethod
    def of(cls, statement: Select) -> Prepared:
        """Compile a select that has an `owner` among its bind parameters."""
        form: Any = statement.compile(dialect=NUMBERED)
        names = list(form.positiontup or ())
        types = ", ".join(_type_of(form.binds[name]) for name in names)
        name = f"helsami_{next(_numbers)}"
        return cls(
            name,
            f"PREPARE {name} ({types}) AS {form}",
            f"{OWNED}EXECUTE {name} ({', '.join(f'%({each})s' for each in names)})",
            dict(form.params),
        )

    def rows(self, cursor: Any) -> list[Any]:
        """What the statement has found."""
        if self.row is None:
            names = [column.name for column in cursor.description]
            self.row = namedtuple("Row", names, rename=True)._make  # type: ignore[attr-defined]  # noqa: PYI024
        return list(map(self.row, cursor.fetchall()))


_PREPARED: dict[Select, Prepared] = {}


def fetch(engine: Engine, statement: Select, parameters: Mapping[str, Any]) -> list[Any]:
    """
    All rows of a module-level select for the `owner` among the parameters, outside any transaction of ours.

    SQLAlchemy's connection is passed by: the way it puts autocommit on and off costs a second round trip. Raises its
    errors. A connection on which anything went wrong is not used again, and with a dead one none of its age is.
    """
    prepared = _PREPARED.get(statement)
    if prepared is None:
        prepared = _PREPARED[statement] = Prepared.of(statement)
    pooled: PoolProxiedConnection | None = None
    try:
        pooled = engine.raw_connection()
        rows = _executed(pooled, prepared, parameters)
    except engine.dialect.loaded_dbapi.Error as error:
        raise _told(engine, prepared, error, pooled) from error
    except BaseException:
        _discard(pooled)
        raise
    pooled.close()
    return rows


def _executed(pooled: PoolProxiedConnection, prepared: Prepared, parameters: Mapping[str, Any]) -> list[Any]:
    connection: Any = pooled.dbapi_connection
    if connection.isolation_level is None:
        connection.autocommit = True
    else:
        # SQLAlchemy has left a level behind, with which psycopg2 would take back autocommit in a round trip of its own.
        connection.set_session(isolation_level="DEFAULT", autocommit=True)
    known = pooled.info.setdefault("prepared", set())
    with connection.cursor() as cursor:
        if prepared.name not in known:
            cursor.execute(prepared.preparation)
            known.add(prepared.name)
        cursor.execute(prepared.execution, {**prepared.constants, **parameters})
        rows = prepared.rows(cursor)
    connection.autocommit = False
    return rows


def _told(engine: Engine, prepared: Prepared, error: Exception, pooled: PoolProxiedConnection | None) -> BaseException:
    """The driver's error as SQLAlchemy tells it, without the parameters."""
    dialect = engine.dialect
    lost = dialect.is_disconnect(error, None if pooled is None else pooled.dbapi_connection, None)  # type: ignore[arg-type]
    _discard(pooled)
    if lost:
        engine.dispose()  # whatever ended this connection has ended the others
    return DBAPIError.instance(
        prepared.name, None, error, dialect.loaded_dbapi.Error, connection_invalidated=lost, dialect=dialect
    )


def _discard(pooled: PoolProxiedConnection | None) -> None:
    if pooled is not None:
        pooled.invalidate()
        pooled.close()


def _type_of(bind: Any) -> str:
    return "unknown" if isinstance(bind.type, sa.types.NullType) else str(bind.type.compile(dialect=NUMBERED))
