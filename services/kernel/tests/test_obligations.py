"""Promises with a clock: fulfilled once, by one worker, when due, also after a failure or a restart."""

from datetime import UTC, datetime, timedelta

import eventlet
import pytest
import sqlalchemy as sa

from helsami_kernel import Store, fulfils
from helsami_kernel.database import KERNEL_TABLES, OBLIGATIONS, Database, Writes
from helsami_kernel.obligations import CLAIMED_FOR, claim, conclude, overdue, release
from helsami_kernel.testing import MovableClock, until

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    clock = MovableClock(NOON)
    url = f"sqlite:///{tmp_path}/o.db" if request.param == "sqlite" else request.getfixturevalue("new_database")("o")
    database = Database(url, 5, clock)
    database.clock = clock
    KERNEL_TABLES.create_all(database.engine)
    yield database
    database.close()


def promise(database, key="k", due=NOON + timedelta(hours=1)):
    with database.transaction(Writes, "c1") as tx:
        tx.promise("release_result", due, {"result": "r1"}, key)


def test_an_obligation_is_not_claimed_before_it_is_due(database):
    promise(database)

    assert claim(database, ["release_result"]) == []
    database.clock.move(timedelta(hours=1))
    assert [due.payload for due in claim(database, ["release_result"])] == [{"result": "r1"}]


def test_a_claimed_obligation_is_passed_over_until_its_claim_runs_out(database):
    promise(database, due=NOON)

    assert len(claim(database, ["release_result"])) == 1
    assert claim(database, ["release_result"]) == []
    database.clock.move(CLAIMED_FOR)
    assert len(claim(database, ["release_result"])) == 1


def test_twenty_claimers_at_once_share_one_obligation_out_once(database):
    promise(database, due=NOON)
    claims = [eventlet.spawn(claim, database, ["release_result"]) for _ in range(20)]

    assert sum(len(each.wait()) for each in claims) == 1


def test_a_promise_made_twice_is_one(database):
    promise(database, due=NOON)
    promise(database, due=NOON)

    assert len(claim(database, ["release_result"])) == 1


def test_a_fulfilled_obligation_is_never_claimed_again(database):
    promise(database, due=NOON)
    (due,) = claim(database, ["release_result"])

    conclude(database, due)
    conclude(database, due)

    database.clock.move(timedelta(days=1))
    assert claim(database, ["release_result"]) == []


def test_a_failed_one_comes_back_later_each_time(database):
    promise(database, due=NOON)
    (due,) = claim(database, ["release_result"])

    release(database, due.id)

    assert claim(database, ["release_result"]) == []
    database.clock.move(timedelta(seconds=2))
    assert len(claim(database, ["release_result"])) == 1


def test_what_is_a_minute_late_is_overdue(database):
    promise(database, due=NOON)
    assert overdue(database, ["release_result"]) == {"release_result": 0}

    database.clock.move(timedelta(minutes=1))

    assert overdue(database, ["release_result"]) == {"release_result": 1}


class Results:
    name = "results"
    store = Store()
    tries: list[str] = []

    @fulfils("release_result")
    def release(self, obligation):
        Results.tries.append(obligation.payload["result"])
        with self.store.transaction(obligation.owner) as tx:
            tx.promise("told", obligation.due_at, {}, key=obligation.id)
            if len(Results.tries) == 1:
                raise ValueError("once")


def test_a_running_service_fulfils_what_is_due_with_its_effect_in_one_transaction(start):
    Results.tries.clear()
    system = start("memory://", Results)
    database = system.runner.containers[0].config["databases"]["results"]

    promise(database, due=datetime.now(UTC))

    def kept():
        with database.reading_engine.connect() as connection:
            return {row.kind: row.fulfilled_at for row in connection.execute(sa.select(OBLIGATIONS))}

    until(lambda: kept()["release_result"])
    assert Results.tries == ["r1", "r1"]
    assert kept()["told"] is None
