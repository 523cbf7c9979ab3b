"""The fixtures every test may ask for; a server starts once, for the first test that asks, and ends with the run."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.broker import Broker
from harness.caretaker import Caretaker
from harness.ports import reserve_port
from harness.postgres import Postgres
from harness.processes import Programs
from harness.releases import Left, leave
from harness.templates import Templates

NewDatabase = Callable[[str], str]
Migrated = Callable[[str, str], str]
OldDatabase = Callable[..., str]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def caretaker() -> Iterator[Caretaker]:
    """Return who ends what this run started if the run is killed."""
    keeper = Caretaker()
    yield keeper
    keeper.dismiss()


@pytest.fixture(scope="session")
def broker(caretaker: Caretaker) -> Iterator[Broker]:
    """Return a running RabbitMQ node that all tests share; a test that ends it starts it again."""
    with closing(Broker(caretaker)) as node:
        node.start()
        yield node


@pytest.fixture
def bus(broker: Broker) -> str:
    """Return the address of an empty virtual host that this test has to itself."""
    return broker.empty_virtual_host()


@pytest.fixture(scope="session")
def postgres(caretaker: Caretaker) -> Iterator[Postgres]:
    """Return a running PostgreSQL cluster that all tests share; a test that ends it starts it again."""
    with closing(Postgres(caretaker)) as cluster:
        cluster.start()
        yield cluster


@pytest.fixture
def new_database(postgres: Postgres) -> Iterator[NewDatabase]:
    """Return a maker of empty databases, dropped after the test; it takes a word and returns the SQLAlchemy address."""
    made: list[str] = []

    def make(word: str) -> str:
        name = re.sub(r"\W", "_", f"{word}_{next(_numbers)}")
        made.append(name)
        return postgres.create_database(name)

    yield make
    for name in made:
        postgres.drop_database(name)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Return what services' migrations make of an empty database, made once for each."""
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def migrated(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path) -> Iterator[Migrated]:
    """Return a maker of databases as a service's migrations leave them: `migrated("results", "sqlite")`, an address."""
    made: list[str] = []

    def make(service: str, kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{shutil.copy(templates.file(service), tmp_path / f'{service}.db')}"
        name = f"{service}_{next(_numbers)}"
        made.append(name)
        postgres: Postgres = request.getfixturevalue("postgres")
        return postgres.copy_database(name, templates.database(service, postgres))

    yield make
    for name in made:
        request.getfixturevalue("postgres").drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> OldDatabase:
    """
    Return a maker of databases of each kind as an older release left them, which returns their address.

    `old_database("records", "0004", ("c1", "INSERT ..."))` is of that revision and holds what is stored for `c1`.
    """

    def make(service: str, revision: str, *left: Left) -> str:
        sqlite = request.param == "sqlite"
        url = f"sqlite:///{tmp_path}/old.db" if sqlite else request.getfixturevalue("new_database")(service)
        leave(url, service, revision, left)
        return url

    return make


@pytest.fixture
def programs(caretaker: Caretaker) -> Iterator[Programs]:
    """Return a starter of programs that are ended after the test."""
    with closing(Programs(caretaker)) as started:
        yield started


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Return a maker of TCP ports on 127.0.0.1 that no other run is given."""
    return reserve_port
