"""Databases to copy for each test: to migrate one of a service's takes longer than most tests."""

from __future__ import annotations

from pathlib import Path

from harness.postgres import Postgres
from helsami_kernel.migrations import upgrade


class Templates:
    """What the migrations of services make of an empty database, each made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        """Keep the files in `folder`; databases end with their cluster."""
        self._folder = folder
        self._databases: dict[str, str] = {}

    def file(self, service: str) -> Path:
        """The SQLite file of a service."""
        path = self._folder / f"{service}.db"
        if not path.exists():
            upgrade(service, f"sqlite:///{path}")
        return path

    def database(self, service: str, postgres: Postgres) -> str:
        """The name of a service's database in the cluster."""
        if service not in self._databases:
            name = f"template_{service}"
            upgrade(service, postgres.create_database(name))
            self._databases[service] = name
        return self._databases[service]
