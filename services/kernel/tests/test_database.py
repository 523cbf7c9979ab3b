"""The database as services use it, on both: owners, idempotency, causes, and nothing left on a pooled connection."""

from datetime import UTC, datetime, timedelta, timezone

import eventlet
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from helsami_kernel.database import (
    AlreadyDone,
    Cause,
    Database,
    Reads,
    UtcDateTime,
    Writes,
    create_kernel_tables,
    open_engine,
    protect,
)
from helsami_kernel.errors import Conflict
from helsami_kernel.testing import MovableClock


class Broken(Exception):
    """What a test raises in the middle."""


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOTES = sa.Table(
    "notes",
    sa.MetaData(),
    sa.Column("owner", sa.String),
    sa.Column("text", sa.String),
    sa.Column("at", UtcDateTime),
)
MINE = sa.select(NOTES).where(NOTES.c.owner == sa.bindparam("owner"))
AMONG = MINE.where(NOTES.c.text.in_(sa.bindparam("texts", expanding=True)))
EVERYBODYS = sa.select(NOTES).where(sa.bindparam("owner", type_=sa.String).is_not(None))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    url = f"sqlite:///{tmp_path}/o.db" if request.param == "sqlite" else request.getfixturevalue("new_database")("d")
    database = Database(url, 3, MovableClock(NOON))
    with database.engine.begin() as connection:
        op = Operations(MigrationContext.configure(connection))
        create_kernel_tables(op)
        NOTES.create(connection)
        protect(op, "notes")
    for owner in ("c1", "c2"):
        with database.transaction(Writes, owner) as tx:
            tx.connection.execute(sa.insert(NOTES).values(owner=owner, text=f"of {owner}", at=NOON))
    yield database
    database.close()


on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def texts(database, owner, statement=MINE):
    return [row.text for row in Reads(database.reading_engine, owner).fetch(statement)]


def of_one_connection(database):
    return Database(str(database.engine.url.render_as_string(hide_password=False)), 1, MovableClock(NOON))


def test_a_reader_sees_the_rows_of_its_owner(database):
    assert texts(database, "c1") == ["of c1"]


@on_postgresql
def test_a_statement_that_forgets_the_owner_still_sees_only_theirs(database):
    assert texts(database, "c1", EVERYBODYS) == ["of c1"]


@pytest.mark.parametrize("wanted", [[], ["of c1"], ["of c1", "another", "of c2"]], ids=len)
def test_one_of_several_is_asked_for_by_one_statement_whatever_their_number(database, wanted):
    assert texts(database, "c1", MINE.where(NOTES.c.text.in_(wanted))) == wanted[:1]
    rows = Reads(database.reading_engine, "c1").fetch(AMONG, texts=wanted)
    assert [row.text for row in rows] == wanted[:1]


@on_postgresql
def test_f38_nothing_of_an_owner_is_left_on_a_pooled_connection(database):
    one = of_one_connection(database)
    assert texts(one, "c1", EVERYBODYS) == ["of c1"]

    with one.reading_engine.connect() as connection:
        assert connection.execute(sa.select(NOTES)).all() == []
    one.close()


@on_postgresql
def test_a_read_is_planned_once_for_each_connection_and_is_the_last_that_is_said_on_it(database):
    one = of_one_connection(database)
    with one.reading_engine.connect() as connection:
        session = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    assert texts(one, "c1") == ["of c1"]
    assert texts(one, "c2") == ["of c2"]

    with database.reading_engine.connect() as connection:
        seen = connection.exec_driver_sql("SELECT query FROM pg_stat_activity WHERE pid = %s", (session,))
        assert "EXECUTE" in seen.scalar_one()
    with one.reading_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar_one() == 1
    one.close()


@on_postgresql
def test_a_session_that_the_database_ended_costs_one_read_and_is_told_as_a_lost_one(database):
    one = of_one_connection(database)
    assert texts(one, "c1") == ["of c1"]
    with database.reading_engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = current_user AND pid <> pg_backend_pid()"
        )

    with pytest.raises(sa.exc.OperationalError) as lost:
        texts(one, "c1")
    assert lost.value.connection_invalidated
    assert texts(one, "c1") == ["of c1"]
    one.close()


@on_postgresql
def test_a_read_that_is_cut_off_leaves_no_half_read_connection_behind(database):
    one = of_one_connection(database)
    slow = sa.select(NOTES.c.text, sa.func.pg_sleep(5)).where(NOTES.c.owner == sa.bindparam("owner"))

    with eventlet.Timeout(0.2, False):
        texts(one, "c1", slow)
        pytest.fail("it was not cut off")

    assert texts(one, "c1") == ["of c1"]
    one.close()


ADDED = sa.insert(NOTES).values(owner=sa.bindparam("owner"), text=sa.bindparam("text"), at=NOON)


def noted(text, owner="c1"):
    return ADDED, {"owner": owner, "text": text}


def test_steps_are_taken_one_after_the_other_and_what_the_last_finds_is_given(database):
    with database.transaction(Writes, "c1") as tx:
        undone = [("SAVEPOINT here", {}), noted("two"), ("ROLLBACK TO SAVEPOINT here", {})]
        rows = tx.send(noted("one"), *undone, (MINE, {"owner": "c1"}))
        assert sorted(row.text for row in rows) == ["of c1", "one"]
        assert tx.send((MINE, {"owner": "c1"}), noted("three")) == []

    assert sorted(texts(database, "c1")) == ["of c1", "one", "three"]


@on_postgresql
def test_steps_take_one_round_trip_and_are_planned_once_for_each_connection(database):
    one = of_one_connection(database)
    for text in "ab":
        with one.transaction(Writes, "c1") as tx:
            tx.send(noted(text), noted(text), (MINE, {"owner": "c1"}))
            session = tx.connection.connection.dbapi_connection.info.backend_pid
            with database.reading_engine.connect() as connection:
                seen = connection.exec_driver_sql("SELECT query FROM pg_stat_activity WHERE pid = %s", (session,))
                assert seen.scalar_one().count("EXECUTE") == 3

    with one.reading_engine.connect() as connection:
        planned = connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar_one()
    assert planned == len({"the owner", "the insert", "the select"})
    one.close()


@on_postgresql
def test_a_session_that_ended_within_a_transaction_is_told_as_a_lost_one_and_costs_no_other(database):
    one = of_one_connection(database)
    with pytest.raises(sa.exc.OperationalError) as lost, one.transaction(Writes, "c1") as tx:
        session = tx.connection.connection.dbapi_connection.info.backend_pid
        with database.reading_engine.connect() as connection:
            connection.exec_driver_sql("SELECT pg_terminate_backend(%s)", (session,))
        tx.send(noted("lost"))

    assert lost.value.connection_invalidated
    assert texts(one, "c1") == ["of c1"]
    one.close()


@on_postgresql
def test_steps_that_are_cut_off_leave_no_half_read_connection_behind(database):
    one = of_one_connection(database)
    slow = sa.select(sa.func.pg_sleep(sa.bindparam("seconds", type_=sa.Integer)))

    with eventlet.Timeout(0.2, False), one.transaction(Writes, "c1") as tx:
        tx.send(noted("half"), (slow, {"seconds": 5}))
        pytest.fail("it was not cut off")

    assert texts(one, "c1") == ["of c1"]
    one.close()


@on_postgresql
def test_a_step_that_the_database_refuses_is_told_as_any_other(database):
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), database.transaction(Writes, "c1") as tx:
        tx.send(noted("theirs", owner="c2"))

    assert texts(database, "c2") == ["of c2"]


@on_postgresql
def test_a_transaction_cannot_write_for_another_owner(database):
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), database.transaction(Writes, "c1") as tx:
        tx.connection.execute(sa.insert(NOTES).values(owner="c2", text="forged"))


def test_times_come_back_in_utc_whatever_zone_they_went_in_with(database):
    oslo = timezone(timedelta(hours=1))
    with database.transaction(Writes, "c3") as tx:
        tx.connection.execute(sa.insert(NOTES).values(owner="c3", text="t", at=NOON.astimezone(oslo)))

    (row,) = Reads(database.reading_engine, "c3").fetch(MINE)
    assert row.at == NOON
    assert row.at.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_an_error_of_the_program(database):
    with pytest.raises(sa.exc.StatementError, match="without a zone"), database.transaction(Writes, "c1") as tx:
        tx.connection.execute(sa.insert(NOTES).values(owner="c1", text="t", at=datetime(2026, 3, 1)))  # noqa: DTZ001


def book(database, key, command="book s1"):
    with database.transaction(Writes, "c1") as tx:
        if (done := tx.once(key, command)) is not None:
            return done
        tx.connection.execute(sa.insert(NOTES).values(owner="c1", text=command, at=NOON))
        return tx.remember({"booked": command})


def test_a_command_sent_twice_under_one_key_has_one_effect_and_one_answer(database):
    assert book(database, "k") == book(database, "k") == {"booked": "book s1"}
    assert texts(database, "c1").count("book s1") == 1


def test_a_command_without_a_key_has_its_effect_each_time(database):
    book(database, None)
    book(database, None)

    assert texts(database, "c1").count("book s1") == 2


def test_a_key_used_for_another_command_is_a_conflict(database):
    book(database, "k")

    with pytest.raises(Conflict, match="idempotency-key-reused"):
        book(database, "k", "book s2")


def test_a_key_whose_command_failed_may_be_used_again(database):
    with pytest.raises(Broken), database.transaction(Writes, "c1") as tx:
        tx.once("k", "book s1")
        raise Broken

    assert book(database, "k") == {"booked": "book s1"}


def test_twenty_at_once_under_one_key_have_one_effect(database):
    answers = [eventlet.spawn(book, database, "k") for _ in range(20)]

    assert {str(answer.wait()) for answer in answers} == {"{'booked': 'book s1'}"}
    assert texts(database, "c1").count("book s1") == 1


def test_a_cause_has_its_effect_once(database):
    cause = Cause("event", "reader.keep", "e1")
    with database.transaction(Writes, "c1", cause):
        pass

    with pytest.raises(AlreadyDone), database.transaction(Writes, "c1", cause):
        pytest.fail("the body must not run")


def test_a_cause_whose_effect_was_rolled_back_may_have_it_again(database):
    cause = Cause("event", "reader.keep", "e1")
    with pytest.raises(Broken), database.transaction(Writes, "c1", cause):
        raise Broken

    with database.transaction(Writes, "c1", cause) as tx:
        assert tx.owner == "c1"


@on_postgresql
def test_f22_a_held_lock_and_a_slow_statement_end_in_bounded_time(database):
    with database.transaction(Writes, "c1") as tx:
        tx.connection.exec_driver_sql("lock table notes in access exclusive mode")
        with pytest.raises(sa.exc.OperationalError, match="timeout"):
            texts(database, "c1")


@on_postgresql
def test_a_slow_query_lets_other_greenlets_run(database):
    ticks = []
    eventlet.spawn(lambda: [ticks.append(eventlet.sleep(0.05)) for _ in range(8)])

    with database.engine.connect() as connection:
        connection.exec_driver_sql("select pg_sleep(0.5)")

    assert len(ticks) >= 7


def test_sqlite_writers_take_turns_without_holding_the_process(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/s.db", 5, MovableClock(NOON))
    NOTES.create(database.engine)

    def write(number):
        with database.transaction(Writes, "c1") as tx:
            tx.connection.execute(sa.insert(NOTES).values(owner="c1", text=str(number), at=NOON))
            eventlet.sleep(0.01)

    writers = [eventlet.spawn(write, number) for number in range(20)]
    for writer in writers:
        writer.wait()

    assert len(texts(database, "c1")) == 20


def test_an_engine_names_its_limits():
    engine = open_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none", 1)

    with pytest.raises(sa.exc.OperationalError):
        engine.connect()
