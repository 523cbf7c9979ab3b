"""What the tests of records share: a store on each kind of database, and the service on it."""

from datetime import UTC, datetime

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel.database import OUTBOX, Reads
from helsami_kernel.origins import Origins
from helsami_kernel.testing import MovableClock, citizen_token, open_store, service, system_token
from helsami_records.service import RecordsService
from helsami_records.storage import Writes
from helsami_sdk.testing import manifest_of, organisations_of, rules_of


@pytest.fixture
def clock():
    return MovableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, migrated, clock):
    opened = open_store("records", migrated("records", request.param), Reads, Writes, clock, Origins(bytes(32)))
    yield opened
    opened._database.close()


@pytest.fixture
def records(store, clock):
    rules = organisations_of(rules_of(), rules_of(manifest=manifest_of("st_olavs")))
    return service(RecordsService, store=store, rules=rules, clock=clock)


@pytest.fixture
def citizen():
    return citizen_token("c1", ["records:read"])


@pytest.fixture
def receive(records):
    """Deliver resources about the citizen; the outcomes by position."""

    def send(*resources, organisation="trondheim", as_they_are=False, **more):
        entries = [
            {"index": place, "type": one["resourceType"], "key": one["id"], "resource": one}
            for place, one in enumerate(resources)
        ]
        answer = records.receive({"citizen": "c1", "entries": entries, **more}, system_token(organisation))
        return answer["outcomes"] if as_they_are else [outcome["outcome"] for outcome in answer["outcomes"]]

    return send


@pytest.fixture
def page(records, citizen):
    """What the citizen, or another, reads of a section."""

    def read(section, access=citizen, **query):
        return orjson.loads(records.page({"section": section, **query}, access))

    return read


@pytest.fixture
def told(store):
    """The ids of the visits, or letters, that the citizen has been told of, in order."""

    def read(what="visit", which=None):
        kinds = {"visit": "summary_published", "letter": "letter_issued"}
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.announced_at)).all()
        assert {(row.type, row.subject) for row in rows} <= {(kind, "c1") for kind in kinds.values()}
        return [orjson.loads(row.data)[which or what] for row in rows if row.type == kinds[what]]

    return read
