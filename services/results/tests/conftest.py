"""What the tests of results share: a store on each kind of database, and the service on it."""

from datetime import UTC, datetime

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel.database import OBLIGATIONS, OUTBOX, Cause
from helsami_kernel.obligations import claim
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import MovableClock, citizen_token, open_store, service, system_token
from helsami_results.service import ResultsService
from helsami_results.storage import Reads, Writes
from helsami_sdk.answers import ResultClass
from helsami_sdk.testing import manifest_of, organisations_of, rules_of


@pytest.fixture
def clock():
    return MovableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, migrated, clock):
    opened = open_store("results", migrated("results", request.param), Reads, Writes, clock)
    yield opened
    opened._database.close()


@pytest.fixture
def results(store, clock):
    rules = organisations_of(rules_of(classify_result=ResultClass.auto()), rules_of(manifest=manifest_of("st_olavs")))
    return service(ResultsService, store=store, rules=rules, clock=clock)


@pytest.fixture
def citizen():
    return citizen_token("c1", ["results:read"])


@pytest.fixture
def receive(results):
    """Deliver resources about the citizen; the outcomes by position."""

    def send(*resources, organisation="trondheim", setting="", as_they_are=False):
        entries = [
            {"index": place, "type": one["resourceType"], "key": one["id"], "resource": one, "setting": setting}
            for place, one in enumerate(resources)
        ]
        answer = results.receive({"citizen": "c1", "entries": entries}, system_token(organisation))
        return answer["outcomes"] if as_they_are else [outcome["outcome"] for outcome in answer["outcomes"]]

    return send


@pytest.fixture
def page(results, citizen):
    """What the citizen reads."""
    return lambda **query: orjson.loads(results.page({"limit": 100, **query}, citizen))


@pytest.fixture
def told(store):
    """The ids that the citizen has been told of, in order."""

    def read():
        with store._database.engine.connect() as connection:
            rows = connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.announced_at)).all()
        assert {(row.type, row.subject) for row in rows} <= {("result_released", "c1"), ("result_linked", "c1")}
        return [orjson.loads(row.data)["result"] for row in rows if row.type == "result_released"]

    return read


@pytest.fixture
def promised(store):
    """What is promised and not yet fulfilled, by kind and time."""

    def read():
        statement = sa.select(OBLIGATIONS).where(OBLIGATIONS.c.fulfilled_at.is_(None)).order_by(OBLIGATIONS.c.due_at)
        with store._database.engine.connect() as connection:
            return [(row.kind, row.due_at) for row in connection.execute(statement)]

    return read


@pytest.fixture
def keep_promises(results, store):
    """Do what is due, as the kernel's clerk would; each in a store of its own, as after a restart."""
    methods = {"release_result": "release", "classify_again": "classify_again"}

    def run(*, only_claim=False):
        claimed = claim(store._database, list(methods))
        for due in () if only_claim else claimed:
            cause = Cause("obligation", due.kind, due.id)
            own = OpenStore(store._database, Reads, Writes, told=lambda: None, decisions=store.decisions, cause=cause)
            restarted = service(ResultsService, store=own, rules=results.rules, clock=results.clock)
            getattr(restarted, methods[due.kind])(due)
        return claimed

    return run
