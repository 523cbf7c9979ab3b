"""What the database of consents allows, on SQLite and PostgreSQL."""

import eventlet
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError, ProgrammingError

from helsami_consents import domain
from helsami_consents.domain import Asked, Head
from helsami_consents.models import ACCESS_LOG, metadata
from helsami_kernel.database import KERNEL_TABLES

GIVER, RECEIVER, STRANGER = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/consents.db"
    return request.getfixturevalue("new_database")("consents")


@pytest.fixture
def log(store, clock):
    """Log that somebody asked about the giver."""

    def ask(actor=RECEIVER, subject=GIVER):
        with store.transaction(subject) as tx:
            return tx.log(Asked(clock(), actor, "grant", "home", "allowed", "grant", 1))

    return ask


def _whole(store, subject=GIVER):
    reads = store.reading(subject)
    return domain.verify(reversed(reads.log(1000, 1000)), reads.head()) is None


def test_the_migrations_make_the_tables_of_the_models(store):
    with store._database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), [metadata, KERNEL_TABLES])

    assert found == []


def test_a_log_is_a_chain_of_its_subjects_own(log, store):
    entries = [log(), log(), log(subject=STRANGER)]

    assert [entry.sequence for entry in entries] == [1, 2, 1]
    assert entries[1].previous == entries[0].hash
    assert store.reading(GIVER).log(1000, 1000) == [entries[1], entries[0]]
    assert store.reading(GIVER).head() == Head(2, entries[1].hash)
    assert _whole(store)
    assert _whole(store, STRANGER)


def test_a_page_of_the_log_ends_where_the_next_begins(log, store):
    for _ in range(5):
        log()
    reads = store.reading(GIVER)

    assert [entry.sequence for entry in reads.log(1000, 2)] == [5, 4]
    assert [entry.sequence for entry in reads.log(4, 2)] == [3, 2]
    assert [entry.sequence for entry in reads.log(2, 2)] == [1]


def test_twenty_who_ask_at_once_make_one_whole_chain(log, store):
    pile = eventlet.GreenPile()
    for _ in range(20):
        pile.spawn(log)

    assert sorted(entry.sequence for entry in pile) == list(range(1, 21))
    assert _whole(store)


def test_what_is_rolled_back_was_not_logged(log, store, clock):
    log()

    def broken():
        with store.transaction(GIVER) as tx:
            tx.log(Asked(clock(), STRANGER, "grant", "home", "allowed", "grant", 1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert store.reading(GIVER).head().sequence == 1
    assert log().sequence == 2
    assert _whole(store)


TAMPERINGS = {
    "update": "UPDATE access_log SET actor = 'nobody'",
    "delete": "DELETE FROM access_log WHERE sequence = 1",
    "delete all": "DELETE FROM access_log",
    "update of nothing": "UPDATE access_log SET actor = 'nobody' WHERE owner = 'x'",
    "truncate": "TRUNCATE access_log",
    "replace": "INSERT OR REPLACE INTO access_log SELECT owner, 1, previous, at, 'nobody', basis, purpose, outcome,"
    " reason, consent_version, hash FROM access_log",
    "upsert": "INSERT INTO access_log SELECT * FROM access_log WHERE true"
    " ON CONFLICT (owner, sequence) DO UPDATE SET actor = 'nobody'",
}
ONLY = {"truncate": ["postgresql"], "update of nothing": ["postgresql"], "replace": ["sqlite"]}
on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@pytest.mark.parametrize(
    ("url", "way"),
    [(kind, way) for way in TAMPERINGS for kind in ONLY.get(way, ["sqlite", "postgresql"])],
    indirect=["url"],
)
def test_the_database_itself_refuses_to_change_the_log(log, store, way):
    kept = log()

    with pytest.raises(DBAPIError, match="append-only"), store.transaction(GIVER) as tx:
        tx.connection.exec_driver_sql(TAMPERINGS[way])

    assert store.reading(GIVER).log(1000, 1000) == [kept]


@on_postgresql
def test_the_refusal_is_insufficient_privilege_and_holds_for_the_tables_own_role(log, store):
    log()

    with store._database.engine.connect() as connection:
        owns = "SELECT tableowner = current_user FROM pg_tables WHERE tablename = 'access_log'"
        assert connection.exec_driver_sql(owns).scalar_one()
        with pytest.raises(ProgrammingError) as refused:
            connection.exec_driver_sql("TRUNCATE access_log")
    assert refused.value.orig.pgcode == "42501"


@on_postgresql
def test_row_level_security_hides_one_subjects_log_from_another(log, store):
    log()

    with store.transaction(STRANGER) as tx:
        assert tx.connection.execute(sa.select(ACCESS_LOG)).all() == []
    assert store.reading(RECEIVER).log(1000, 1000) == []
