"""A directory with a real database, and record systems that speak to it."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from helsami_directory import storage
from helsami_directory.identity import Identity
from helsami_directory.service import DirectoryService
from helsami_kernel.testing import MovableClock, open_store, service, system_token
from helsami_sdk.testing import closed_rules, manifest_of, organisations_of, rules_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def url(tmp_path):
    """The address of an empty database."""
    return f"sqlite:///{tmp_path}/directory.db"


@pytest.fixture
def store(url):
    opened = open_store("directory", url, storage.Reads, storage.Writes, MovableClock(NOW))
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
def directory(store, identity, told):
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
        tell_states=lambda: told.append(storage.states_told(store._database)),
    )


@pytest.fixture
def register(directory):
    """A record system says something of a person."""

    def say(national_id, organisation="st_olavs", key="k", **said):
        command = {"national_id": national_id, "key": key, "resource": {"resourceType": "Patient", **said}}
        return directory.register(command, system_token(organisation))

    return say
