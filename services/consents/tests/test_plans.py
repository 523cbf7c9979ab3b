"""However many grants there are, a decision looks at a few rows by an index, as PostgreSQL itself says."""

import re

import pytest
import sqlalchemy as sa

from helsami_kernel import reading
from helsami_kernel.errors import NotFound
from helsami_kernel.reading import Prepared
from helsami_kernel.testing import citizen_token

GIVER, RECEIVER = "a" * 32, "b" * 32


@pytest.fixture
def said(monkeypatch):
    """Every round trip to the database from now on that is not a transaction's begin or end, with its steps."""
    trips, send = [], reading.send

    def note(connection, steps):
        trips.append(steps)
        return send(connection, steps)

    monkeypatch.setattr(reading, "send", note)
    return trips


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_an_index_serves_everything_that_a_decision_asks_the_database(consents, store, give, said):
    give()
    del said[:]
    asked = {"actor": RECEIVER, "subject": GIVER, "audiences": ["results"], "purpose": "results"}
    consents.decide(asked, citizen_token("gateway", ["consents:decide"]))
    _owner, *trips = list(said)

    tables, scans = set(), {}
    with store.transaction(GIVER) as tx:
        tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        tx.connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        for prepared, values in ((Prepared.of(statement), values) for steps in trips for statement, values in steps):
            prepared.ready(tx.connection.connection.cursor(), tx.connection.info["prepared"])
            explained = f"EXPLAIN {prepared.execution}"
            plan = "\n".join(tx.connection.exec_driver_sql(explained, {**prepared.constants, **values}).scalars())
            tables |= set(re.findall(r" on (\w+)", plan))
            if "Seq Scan" in plan:
                scans[prepared.preparation] = plan
    assert len(trips) == len(["what is between the two, and the log's head", "the link, the head and the promise"])
    assert {"grants", "parenthoods", "capacity_applications", "shields", "access_log_heads"} <= tables
    assert scans == {}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_first_question_about_somebody_takes_as_many_round_trips_as_one_about_nobody(
    consents, register, store, said
):
    first, nobody = "e" * 32, "9" * 32
    register.knows(first)
    unprepared = []

    def count(_connection, _cursor, statement, *_more):
        unprepared.append([statement])

    sa.event.listen(store._database.engine, "before_cursor_execute", count)
    taken = []
    for subject in (first, first, nobody):
        del said[:], unprepared[:]
        with pytest.raises(NotFound):
            consents.decide(
                {"actor": RECEIVER, "subject": subject, "audiences": ["results"], "purpose": "results"},
                citizen_token("gateway", ["consents:decide"]),
            )
        taken.append(len(said) + len(unprepared))

    assert taken == [3, 3, 3]
