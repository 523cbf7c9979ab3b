"""Statements on PostgreSQL that take one round trip, and are planned once for each connection."""

from __future__ import annotations

import itertools
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection


class OnceForAll(PGCompiler):
    """Compiles for any number of values at once: they are one parameter, an array."""

    def visit_in_op_binary(self, binary: Any, _operator: Any, **more: Any) -> str:
        """`IN`, of values or of what a subquery finds."""
        wanted = binary.right
        if not isinstance(wanted, sa.BindParameter):
            return str(self._generate_generic_binary(binary, " IN ", **more))
        array = sa.bindparam(wanted.key, wanted.value, type_=sa.ARRAY(wanted.type))
        return str(self.process(binary.left == sa.any_(array), **more))


# The dialect of PREPARE, whose parameters are numbered; psycopg2 itself fills in those of EXECUTE.
NUMBERED: Final = PGDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
NUMBERED.statement_compiler = OnceForAll
OWNED: Final = "SELECT set_config('app.owner', %(owner)s, true); "

Select = sa.Select[Any] | sa.CompoundSelect[Any]
Statement = Select | sa.Insert | sa.Update
Step = tuple[Statement | str, Mapping[str, Any]]
"""A statement of a module's, or the text of a command that has no parameters, and the parameters."""

_numbers = itertools.count(1)


@dataclass
class Prepared:
    """A statement, as a connection prepares it once and executes it; rows are named tuples."""

    name: str
    preparation: str
    execution: str
    constants: Mapping[str, Any]
    row: Callable[[Sequence[Any]], Any] | None = field(default=None)

    @classmethod
    def of(cls, statement: Statement) -> Prepared:
        """Compile a statement of a module's, once."""
        if statement in _PREPARED:
            return _PREPARED[statement]
        form: Any = statement.compile(dialect=NUMBERED)
        names = list(form.positiontup or ())
        types = ", ".join(_type_of(form.binds[name]) for name in names)
        name = f"helsami_{next(_numbers)}"
        _PREPARED[statement] = made = cls(
            name,
            f"PREPARE {name} ({types}) AS {form}",
            f"EXECUTE {name} ({', '.join(f'%({each})s' for each in names)})",
            dict(form.params),
        )
        return made

    def ready(self, cursor: Any, known: set[str]) -> None:
        """Prepare it on a connection on which these are."""
        if self.name not in known:
            cursor.execute(self.preparation)
            known.add(self.name)

    def rows(self, cursor: Any) -> list[Any]:
        """What the statement has found, if it looks for anything."""
        if cursor.description is None:
            return []
        if self.row is None:
            names = [column.name for column in cursor.description]
            self.row = namedtuple("Row", names, rename=True)._make  # type: ignore[attr-defined]  # noqa: PYI024
        return list(map(self.row, cursor.fetchall()))


_PREPARED: dict[Statement, Prepared] = {}


def fetch(engine: Engine, statement: Select, parameters: Mapping[str, Any]) -> list[Any]:
    """
    All rows of a module-level select for the `owner` among the parameters, outside any transaction of ours.

    SQLAlchemy's connection is passed by: the way it puts autocommit on and off costs a second round trip. Raises its
    errors. A connection on which anything went wrong is not used again, and with a dead one none of its age is.
    """
    prepared = Prepared.of(statement)
    pooled: PoolProxiedConnection | None = None
    try:
        pooled = engine.raw_connection()
        rows = _executed(pooled, prepared, parameters)
    except engine.dialect.loaded_dbapi.Error as error:
        lost = _is_lost(engine.dialect, error, pooled)
        _discard(pooled)
        if lost:
            engine.dispose()  # whatever ended this connection has ended the others
        raise _told(engine.dialect, error, lost=lost) from error
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
    with connection.cursor() as cursor:
        prepared.ready(cursor, pooled.info.setdefault("prepared", set()))
        cursor.execute(OWNED + prepared.execution, {**prepared.constants, **parameters})
        rows = prepared.rows(cursor)
    connection.autocommit = False
    return rows


def send(connection: Connection, steps: Sequence[Step]) -> list[Any]:
    """
    Take several steps in the transaction of a connection, in one round trip; gives the rows of the last.

    SQLAlchemy is passed by, which takes longer than PostgreSQL. Raises its errors.
    """
    known, dialect = connection.info.setdefault("prepared", set()), connection.dialect
    try:
        with cast("Any", connection.connection.cursor()) as cursor:
            commands, prepared = [], None
            for statement, parameters in steps:
                if isinstance(statement, str):
                    commands.append(statement.encode())
                    continue
                prepared = Prepared.of(statement)
                prepared.ready(cursor, known)
                commands.append(cursor.mogrify(prepared.execution, {**prepared.constants, **parameters}))
            cursor.execute(b"; ".join(commands))
            return prepared.rows(cursor) if prepared else []
    except dialect.loaded_dbapi.Error as error:
        lost = _is_lost(dialect, error, connection.connection)
        if lost:
            connection.invalidate(error)
        raise _told(dialect, error, lost=lost) from error
    except BaseException:
        connection.invalidate()
        raise


def _is_lost(dialect: Dialect, error: Exception, pooled: PoolProxiedConnection | None) -> bool:
    return dialect.is_disconnect(error, None if pooled is None else pooled.dbapi_connection, None)  # type: ignore[arg-type]


def _told(dialect: Dialect, error: Exception, *, lost: bool) -> BaseException:
    """The driver's error as SQLAlchemy tells it, without the statement and its parameters."""
    driver = dialect.loaded_dbapi.Error
    return DBAPIError.instance("prepared", None, error, driver, connection_invalidated=lost, dialect=dialect)


def _discard(pooled: PoolProxiedConnection | None) -> None:
    if pooled is not None:
        pooled.invalidate()
        pooled.close()


def _type_of(bind: Any) -> str:
    return "unknown" if isinstance(bind.type, sa.types.NullType) else str(bind.type.compile(dialect=NUMBERED))
