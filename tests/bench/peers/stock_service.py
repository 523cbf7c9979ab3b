"""Peer (a), services: Nameko as it comes, an `@rpc` for each section that returns a list of dicts."""

from __future__ import annotations

import json
import os
from typing import Any

from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider
from nameko.rpc import rpc
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from bench.shape import CONNECTIONS, Section, items_of, sections_of


class Database(DependencyProvider):  # type: ignore[misc]
    """SQLAlchemy's engine as it comes."""

    def setup(self) -> None:
        """Make the engine."""
        url = os.environ["BENCH_DATABASE"].replace("{service}", self.container.service_name)
        self.engine = create_engine(url, pool_size=CONNECTIONS, max_overflow=0)

    def get_dependency(self, worker_ctx: WorkerContext) -> Engine:
        """Give the engine."""
        return self.engine


def _method(section: Section) -> Any:
    statement = text(items_of(section, ":owner"))

    def items(self: Any, owner: str) -> list[Any]:
        with self.database.connect() as connection:
            return [json.loads(row.body) for row in connection.execute(statement, {"owner": owner})]

    items.__name__ = section.name
    return rpc(items)


def _service(owner: str) -> type:
    methods = {section.name: _method(section) for section in sections_of(owner)}
    return type(owner.title(), (), {"name": owner, "__module__": __name__, "database": Database(), **methods})


globals().update({name.title(): _service(name) for name in os.environ["BENCH_SERVICES"].split(",")})
