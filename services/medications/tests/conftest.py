"""What the tests of medications share: a store on each kind of database, and the service on it."""

from datetime import UTC, datetime

import pytest

from helsami_kernel.database import Reads
from helsami_kernel.testing import MovableClock, citizen_token, open_store, service
from helsami_medications.service import MedicationsService
from helsami_medications.storage import Writes
from helsami_sdk.testing import manifest_of, organisations_of, rules_of


@pytest.fixture
def clock():
    return MovableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, migrated, clock):
    opened = open_store("medications", migrated("medications", request.param), Reads, Writes, clock)
    yield opened
    opened._database.close()


@pytest.fixture
def medications(store, clock):
    rules = organisations_of(rules_of(), rules_of(manifest=manifest_of("st_olavs")))
    return service(MedicationsService, store=store, rules=rules, clock=clock)


@pytest.fixture
def citizen():
    return citizen_token("c1", ["medications:read"])
