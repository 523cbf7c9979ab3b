"""What waits is found by an index of what waits, however much was answered before."""

import pytest

from helsami_kernel.reading import Prepared
from helsami_messages.ways.storage import IN_A_PLACE, IN_AN_INBOX, OVERDUE, WAITING

CASES = [
    (IN_A_PLACE, "lying_unanswered"),
    (IN_AN_INBOX, "lying_unanswered"),
    (OVERDUE, "lying_unopened"),
    (WAITING, "lying_unanswered"),
]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("statement", "index"), CASES)
def test_what_waits_is_found_by_its_index(store, clock, statement, index):
    prepared = Prepared.of(statement)
    asked = {"owner": None, "organisation": "trondheim", "inbox": "duty", "employee": "", "unopened": True}
    asked |= {"from_at": clock(), "from_id": "", "limit": 9, "now": clock(), "before": clock()}
    with store.transaction(None) as tx:
        tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        tx.connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        prepared.ready(tx.connection.connection.cursor(), tx.connection.info["prepared"])
        explained = f"EXPLAIN {prepared.execution}"
        plan = "\n".join(tx.connection.exec_driver_sql(explained, {**prepared.constants, **asked}).scalars())

    assert index in plan
