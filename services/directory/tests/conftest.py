"""A directory with a real database, and record systems that speak to it."""

from datetime import UTC, datetime
from types import SimpleNamespace

import orjson
import pytest
import sqlalchemy as sa

from helsami_directory import storage
from helsami_directory.account.storage import Reads, Writes
from helsami_directory.identity import Identity
from helsami_directory.register.synthetic import Synthetic
from helsami_directory.service import DirectoryService
from helsami_kernel.database import OUTBOX
from helsami_kernel.testing import MovableClock, open_store, service, system_token
from helsami_sdk.testing import closed_rules, manifest_of, organisations_of, rules_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def database():
    """Which kind, unless a test says otherwise."""
    return "sqlite"


@pytest.fixture
def url(database, migrated):
    """The address of an empty database."""
    return migrated("directory", database)


@pytest.fixture
def clock():
    return MovableClock(NOW)


@pytest.fixture
def store(url, clock):
    opened = open_store("directory", url, Reads, Writes, clock)
    yield opened
    opened._database.close()


@pytest.fixture
def identity():
    return Identity(bytes(range(32)))


@pytest.fixture
def told():
    """What every process was told of the organisations' states, in turn."""
    return []


@pytest.fixture
def announced(store):
    """What was announced, in order: whom it is about, what, and its data."""

    def listed():
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.sequence, OUTBOX.c.type)).all()
        return [(row.subject, row.type, orjson.loads(row.data)) for row in rows]

    return listed


@pytest.fixture
def population(tmp_path):
    """The synthetic register, which is not there until somebody is in it."""
    return Synthetic(tmp_path / "register.json")


@pytest.fixture
def in_register(tmp_path):
    """Let the register say this of people, by national id, and nothing of anybody else."""

    def say(people):
        entries = [{"foedselsEllerDNummer": each, "folkeregisterperson": said} for each, said in people.items()]
        (tmp_path / "register.json").write_bytes(orjson.dumps({"oppslag": entries}))

    return say


@pytest.fixture
def directory(store, identity, told, population, clock):
    rules = organisations_of(
        rules_of(manifest=manifest_of("st_olavs", go_live={"results": NOW.date(), "vaccines": None})),
        closed_rules(manifest=manifest_of("trondheim")),
    )
    settings = SimpleNamespace(embedded=True)
    return service(
        DirectoryService,
        store=store,
        identity=identity,
        rules=rules,
        settings=settings,
        population=population,
        clock=clock,
        tell_states=lambda: told.append(storage.states_told(store._database)),
    )


@pytest.fixture
def register(directory):
    """A record system says something of a person."""

    def say(national_id, organisation="st_olavs", key="k", **said):
        command = {"national_id": national_id, "key": key, "resource": {"resourceType": "Patient", **said}}
        return directory.register(command, system_token(organisation))

    return say
