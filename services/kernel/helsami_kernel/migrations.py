"""
Bringing a service's database up to date, by one process at a time.

A service's migrations are the numbered files of `helsami_<name>/migrations`. Whether there is anything to do is told
from their text: alembic is imported, and they are run, only when there is.
"""

import importlib.util
import re
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.pool import NullPool

from helsami_kernel.database import open_engine

ENVIRONMENT: Final = Path(__file__).parent / "alembic_environment"
VERSION: Final = sa.table("alembic_version", sa.column("version_num"))
NAMES: Final = re.compile(r"""^(revision|down_revision)\b[^=\n]*=\s*["'](\w+)["']""", re.MULTILINE)

# Who migrates first is waited for; a table that is in use is not waited for long, since all later readers queue behind.
LOCK_WITHIN_MS: Final = 120_000
TABLE_WITHIN_MS: Final = 5_000


class MigrationsBroken(Exception):
    """A service's migrations are not one unbroken line."""


def upgrade(service: str, url: str) -> bool:
    """
    Bring a service's database to the newest revision; False when it was there already.

    A revision that is not among the files is a newer release's, which this one can run beside (expand, then contract).
    Raises SQLAlchemy's errors, and `MigrationsBroken`.
    """
    folder = _folder(service)
    if folder is None:
        return False
    with closing_engine(url) as engine:
        if _is_up_to_date(engine, folder):
            return False
        with _alone(engine, service), engine.connect() as connection:
            if _is_newest(_revision(connection), folder):
                return False
            connection.rollback()
            _run(connection, folder)
            connection.commit()
    return True


def is_at_head(service: str, url: str) -> bool:
    """Say whether a service's database is at the newest revision, or newer; a service without migrations is."""
    folder = _folder(service)
    if folder is None:
        return True
    with closing_engine(url) as engine:
        return _is_up_to_date(engine, folder)


@contextmanager
def closing_engine(url: str) -> Iterator[Engine]:
    """Give an engine for migrations, which may take longer than a citizen would wait."""
    if make_url(url).get_backend_name() != "sqlite":
        yield _engine_without_connections(url)
        return
    engine = open_engine(url, pool_size=1)
    try:
        yield engine
    finally:
        engine.dispose()


@cache
def _engine_without_connections(url: str) -> Engine:
    """
    Keep an engine that holds nothing while nobody asks.

    Who serves looks every few seconds, and a new engine asks a server many things before its first question.
    """
    options = {"options": f"-c lock_timeout={TABLE_WITHIN_MS} -c timezone=UTC", "connect_timeout": 5}
    return sa.create_engine(url, poolclass=NullPool, connect_args=options)


def _folder(service: str) -> Path | None:
    """Find the migrations beside the service's code, without importing it."""
    found = importlib.util.find_spec(f"helsami_{service}")
    for place in (found.submodule_search_locations or []) if found else []:
        if (folder := Path(place) / "migrations").is_dir():
            return folder
    return None


def _line(folder: Path) -> tuple[set[str], str | None]:
    """Return every revision among the files, and the newest; none without files."""
    names = [dict(NAMES.findall(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.py"))]
    revisions = {name["revision"] for name in names if "revision" in name}
    newest = revisions - {name.get("down_revision") for name in names}
    if len(newest) > 1:
        raise MigrationsBroken(f"{folder.parent.name} has more than one newest migration: {', '.join(sorted(newest))}")
    return revisions, next(iter(newest), None)


def _is_up_to_date(engine: Engine, folder: Path) -> bool:
    with engine.connect() as connection:
        return _is_newest(_revision(connection), folder)


def _is_newest(revision: str | None, folder: Path) -> bool:
    revisions, newest = _line(folder)
    return revision == newest or (revision is not None and revision not in revisions)


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION.name):
        return None
    return connection.execute(sa.select(VERSION.c.version_num)).scalar_one_or_none()


@contextmanager
def _alone(engine: Engine, service: str) -> Iterator[None]:
    """Hold off every other process that would migrate this service; a SQLite file has only one."""
    if engine.dialect.name != "postgresql":
        yield
        return
    key = sa.bindparam("key", zlib.crc32(f"helsami.migrations.{service}".encode()), sa.BigInteger)
    with closing(engine.connect().execution_options(isolation_level="AUTOCOMMIT")) as holder:
        holder.execute(sa.select(sa.func.set_config("lock_timeout", str(LOCK_WITHIN_MS), False)))  # noqa: FBT003
        holder.execute(sa.select(sa.func.pg_advisory_lock(key)))
        yield  # the lock ends with the connection, also when this process does


def _run(connection: Connection, folder: Path) -> None:
    from alembic import command  # noqa: PLC0415  a tenth of a second that a start with nothing to do is spared
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", _escaped(ENVIRONMENT))
    config.set_main_option("version_locations", _escaped(folder))
    config.set_main_option("path_separator", "newline")
    command.upgrade(config, "head")


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
