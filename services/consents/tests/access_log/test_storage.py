"""What the database lets be done with the access log, on SQLite and PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import eventlet
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError, ProgrammingError

from helsami_consents.access_log.domain import Access, Head
from helsami_consents.access_log.models import ACCESS_LOG, HEADS
from helsami_consents.access_log.schemas import EARLIEST, LATEST
from helsami_consents.access_log.storage import PROMISE, Wanted
from helsami_consents.access_log.verification import Trust, fault_of
from helsami_consents.models import parts
from helsami_kernel.database import KERNEL_TABLES, OBLIGATIONS

GIVER, RECEIVER, STRANGER = "a" * 32, "b" * 32, "c" * 32
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = b"k" * 32
ALL = Wanted(EARLIEST, LATEST)
BEGINNING = (LATEST, 1000)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, migrated):
    """The address of an empty database of each kind."""
    return migrated("consents", request.param)


@pytest.fixture
def log(store, clock):
    """Log that somebody asked about the giver."""

    def ask(actor=RECEIVER, subject=GIVER):
        with store.transaction(subject) as tx:
            return tx.log(_looked(clock, actor), KEY)

    return ask


def _looked(clock, actor=RECEIVER, **more):
    return Access(clock(), actor, "grant", "home", "allowed", "grant", 1, **more)


def _whole(store, subject=GIVER):
    reads = store.reading(subject)
    return fault_of(subject, reads.chain(), Trust(reads.head(), key=KEY))[0] is None


def test_the_migrations_make_the_tables_of_the_models(store):
    with store._database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), [*parts, KERNEL_TABLES])

    assert found == []


def test_a_log_is_a_chain_of_its_subjects_own(log, store):
    entries = [log(), log(), log(subject=STRANGER)]

    assert [entry.sequence for entry in entries] == [1, 2, 1]
    assert entries[1].previous == entries[0].hash
    assert store.reading(GIVER).chain() == entries[:2]
    assert store.reading(GIVER).log(ALL, BEGINNING, 9) == [entries[1], entries[0]]
    assert store.reading(GIVER).head() == Head(2, entries[1].hash)
    assert _whole(store)
    assert _whole(store, STRANGER)


def test_a_page_of_the_log_ends_where_the_next_begins(log, store, clock):
    for _ in range(4):
        log()
    clock.move(timedelta(minutes=-1))
    log()
    reads = store.reading(GIVER)

    assert [entry.sequence for entry in reads.log(ALL, BEGINNING, 2)] == [4, 3]
    assert [entry.sequence for entry in reads.log(ALL, (NOW, 3), 2)] == [2, 1]
    assert [entry.sequence for entry in reads.log(ALL, (NOW, 1), 2)] == [5]


FILTERS = {
    "role": ("staff", [2]),
    "organisation": ("st_olavs", [2]),
    "kind": ("results", [3, 1]),
    "outcome": ("refused", [3]),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_page_holds_what_is_asked_for(store, clock, name):
    at_st_olavs = replace(_looked(clock), basis="staff", organisation="st_olavs", kinds="records")
    refused = replace(_looked(clock, kinds="overview results"), outcome="refused")
    for looked in (_looked(clock, kinds="results"), at_st_olavs, refused):
        with store.transaction(GIVER) as tx:
            tx.log(looked, KEY)
    value, expected = FILTERS[name]

    found = store.reading(GIVER).log(replace(ALL, **{name: value}), BEGINNING, 9)

    assert [entry.sequence for entry in found] == expected


def test_a_page_holds_what_is_from_a_time_on_and_before_another(log, store, clock):
    for _ in range(3):
        log()
        clock.move(timedelta(hours=1))

    found = store.reading(GIVER).log(Wanted(NOW + timedelta(hours=1), NOW + timedelta(hours=2)), BEGINNING, 9)

    assert [entry.sequence for entry in found] == [2]


def test_links_about_several_subjects_are_added_in_one_transaction(log, store, clock):
    log()
    with store.transaction(None) as tx:
        heads = tx.heads_of([STRANGER, GIVER])
        added = tx.log_all({STRANGER: [_looked(clock)] * 2, GIVER: [_looked(clock)]}, heads, KEY)

    assert [(entry.subject, entry.sequence) for entry in added] == [(STRANGER, 1), (STRANGER, 2), (GIVER, 2)]
    assert _whole(store)
    assert _whole(store, STRANGER)


def test_those_who_log_about_the_same_subjects_at_once_wait_for_each_other_and_never_both(store, clock):
    subjects = [f"{number:032x}" for number in range(5)]

    def log(order):
        with store.transaction(None) as tx:
            heads = tx.heads_of(order)
            eventlet.sleep(0)
            tx.log_all({subject: [_looked(clock)] for subject in order}, heads, KEY)

    pile = eventlet.GreenPile()
    for turn in range(6):
        pile.spawn(log, subjects if turn % 2 else subjects[::-1])
    list(pile)

    assert [store.reading(subject).head().sequence for subject in subjects] == [6] * 5
    assert all(_whole(store, subject) for subject in subjects)


def test_what_is_logged_is_promised_an_anchor_once_a_minute(log, store, clock):
    log()
    log(subject=STRANGER)
    clock.move(timedelta(minutes=1))
    log()

    with store._database.engine.connect() as connection:
        promised = sa.select(OBLIGATIONS.c.due_at).where(OBLIGATIONS.c.kind == PROMISE, OBLIGATIONS.c.key != "first")
        due = connection.execute(promised.order_by(OBLIGATIONS.c.due_at)).scalars().all()
    assert due == [NOW + timedelta(seconds=75), NOW + timedelta(seconds=135)]


def test_what_is_logged_of_nobody_leaves_nothing_and_what_follows_does(store, clock):
    with store.transaction(GIVER) as tx:
        tx.send(*tx.locking_head(of_nobody=True))
        tx.log_of_nobody(_looked(clock), KEY)
        assert tx.connection.execute(sa.select(HEADS)).all() == []
        tx.log(_looked(clock, STRANGER), KEY)

    assert [entry.access.actor for entry in store.reading(GIVER).chain()] == [STRANGER]
    assert _whole(store)


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
            tx.log(_looked(clock, STRANGER), KEY)
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
    " reason, consent_version, hash, organisation, unit, name, profession, kinds, source, seal FROM access_log",
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

    with pytest.raises(DBAPIError, match=r"append-only|permission denied"), store.transaction(GIVER) as tx:
        tx.connection.exec_driver_sql(TAMPERINGS[way])

    assert store.reading(GIVER).chain() == [kept]


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
def test_the_role_of_the_service_may_add_to_the_log_and_read_it_and_nothing_else(store):
    allowed = sa.text("SELECT privilege_type FROM information_schema.role_table_grants WHERE table_name = :table")

    with store._database.engine.connect() as connection:
        for table in ("access_log", "access_log_anchors"):
            told = connection.execute(allowed, {"table": table}).scalars().all()
            assert set(told) == {"INSERT", "SELECT"}


@on_postgresql
def test_who_reads_all_heads_to_anchor_them_says_so_and_changes_no_row_of_the_log(log, store):
    log()

    with store.transaction(None) as tx:
        tx.connection.exec_driver_sql("SELECT set_config('app.auditing', 'on', true)")
        assert len(tx.connection.execute(sa.select(ACCESS_LOG)).all()) == 1
        with pytest.raises(ProgrammingError, match="row-level security"):
            tx.connection.exec_driver_sql("INSERT INTO access_log SELECT * FROM access_log")


@on_postgresql
def test_row_level_security_hides_one_subjects_log_from_another(log, store):
    log()

    with store.transaction(STRANGER) as tx:
        assert tx.connection.execute(sa.select(ACCESS_LOG)).all() == []
    assert store.reading(RECEIVER).chain() == []
