"""However many grants there are, a decision looks at a few rows by an index, as PostgreSQL itself says."""

import re

import pytest
import sqlalchemy as sa

from helsami_kernel.testing import citizen_token

GIVER, RECEIVER = "a" * 32, "b" * 32


@pytest.fixture
def said(store):
    """Every statement that is sent to the database from now on, with its parameters."""
    statements = []

    def note(connection, cursor, statement, parameters, context, executemany):
        statements.append((statement, parameters))

    engine = store._database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_an_index_serves_everything_that_a_decision_asks_the_database(consents, store, give, said):
    give()
    del said[:]
    asked = {"actor": RECEIVER, "subject": GIVER, "audiences": ["results"], "purpose": "results"}
    consents.decide(asked, citizen_token("gateway", ["consents:decide"]))
    reading = [(text, values) for text, values in said if re.match(r"\s*(SELECT .*FROM|UPDATE)", text, re.DOTALL)]

    tables, scans = set(), {}
    with store._database.engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SELECT set_config('app.owner', %s, true)", (GIVER,))
        for text, values in reading:
            plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {text}", values).scalars())
            tables |= set(re.findall(r" on (\w+)", plan))
            if "Seq Scan" in plan:
                scans[text] = plan
    assert {"grants", "parenthoods", "capacity_applications", "shields", "access_log_heads"} <= tables
    assert scans == {}
