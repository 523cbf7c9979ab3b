"""Databases as an older release left them, for the tests of what an upgrade makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

from alembic import command
from alembic.config import Config

from helsami_kernel.migrations import ENVIRONMENT, closing_engine

Left = tuple[str, str]
"""A citizen, and the statement that stores something of theirs."""


def leave(url: str, service: str, revision: str, left: Iterable[Left]) -> None:
    """Bring an empty database to an old revision of a service, and store in it what was left."""
    with closing_engine(url) as engine, engine.connect() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(ENVIRONMENT))
        config.set_main_option("version_locations", str(files(f"helsami_{service}") / "migrations"))
        config.set_main_option("path_separator", "newline")
        command.upgrade(config, revision)
        for owner, statement in left:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("select set_config('app.owner', %s, true)", (owner,))
            connection.exec_driver_sql(statement)
        connection.commit()
