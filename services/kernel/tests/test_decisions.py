"""Decisions are kept once each, behind the citizen's back or with what they change, and nobody is in them."""

from datetime import UTC, datetime, timedelta

import eventlet
import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from helsami_kernel import decisions as kept
from helsami_kernel import metrics
from helsami_kernel.database import DECISIONS, KERNEL_TABLES, Database, Reads, Writes
from helsami_kernel.decisions import BATCH, COUNT_EVERY, KEPT_FOR, Decisions, explained
from helsami_kernel.errors import Conflict, Refused
from helsami_kernel.items import Item, items_table, keep_all
from helsami_kernel.sections import Section
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import MovableClock, citizen_token, system_token, until
from helsami_sdk.answers import Restriction
from helsami_sdk.decisions import Decision
from helsami_sdk.questions import SharingQuestion
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
METADATA = sa.MetaData()
MEETINGS = items_table("meetings", METADATA)
SECTION = Section(MEETINGS, "appointments")
POLICY = "trondheim/policy.toml"
NOTE, VISIT = SharingQuestion("note"), SharingQuestion("visit")
WITHHELD = Decision("restrict_sharing", "trondheim", POLICY, "0.1.0", "withheld", "not-here", question=NOTE)
STAFF = {"scopes": frozenset({"organisations:manage"})}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path, clock):
    """An empty database of each kind."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/kept.db" if sqlite else request.getfixturevalue("new_database")("kept")
    opened = Database(url, 3, clock)
    KERNEL_TABLES.create_all(opened.engine)
    METADATA.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def clock():
    return MovableClock(NOW)


@pytest.fixture
def decisions(database, clock):
    return Decisions("records", database, clock)


@pytest.fixture
def store(database, decisions):
    return OpenStore(database, Reads, Writes, told=lambda: None, decisions=decisions)


@pytest.fixture
def rows(database):
    """What is stored, in the order in which it was decided."""

    def read():
        with database.engine.connect() as connection:
            return connection.execute(sa.select(DECISIONS).order_by(DECISIONS.c.decided_at, DECISIONS.c.about)).all()

    return read


def test_a_decision_is_one_row_however_often_it_is_made(decisions, clock, rows):
    for _ in range(3):
        decisions.note(WITHHELD, "item-1")
        clock.move(timedelta(seconds=1))
    decisions.note(WITHHELD, "item-2")
    decisions.write()

    first, second = rows()
    assert (first.about, first.times, first.decided_at) == ("item-1", 3, NOW)
    assert first.last_at == NOW + timedelta(seconds=2)
    assert (second.about, second.times) == ("item-2", 1)
    assert (first.hook, first.organisation, first.layer, first.version, first.outcome, first.reason, first.shadow) == (
        "restrict_sharing", "trondheim", "trondheim/policy.toml", "0.1.0", "withheld", "not-here", False
    )  # fmt: skip
    assert first.question_hash == WITHHELD.question_hash
    assert first.id != second.id


def test_what_is_made_again_is_written_seldom_and_counted_in_the_end(decisions, clock, rows):
    decisions.note(WITHHELD, "item-1")
    decisions.write()
    for _ in range(4):
        decisions.note(WITHHELD, "item-1")
    assert decisions.write() == 0

    clock.move(COUNT_EVERY)
    assert decisions.write() == 1
    (row,) = rows()
    assert row.times == 5


def test_what_does_not_come_again_is_forgotten_by_the_process(decisions, clock, rows):
    decisions.note(WITHHELD, "item-1")
    decisions.write()
    clock.move(COUNT_EVERY)

    assert decisions.write() == 0
    assert decisions._known == {}
    assert len(rows()) == 1


def test_two_processes_and_one_that_starts_again_share_a_row(database, decisions, clock, rows):
    for own in (decisions, Decisions("records", database, clock), Decisions("records", database, clock)):
        own.note(WITHHELD, "item-1")
        own.write()

    (row,) = rows()
    assert row.times == 3


def test_what_is_about_nothing_is_told_apart_by_its_question(decisions, rows):
    for question in (NOTE, VISIT, NOTE):
        decisions.note(Decision("restrict_sharing", "trondheim", "region", "1", "shown", question=question))
    decisions.write()

    assert sorted(row.times for row in rows()) == [1, 2]
    assert len({row.question_hash for row in rows()}) == 2


def test_many_are_written_in_batches(decisions, rows):
    for number in range(BATCH * 2 + 1):
        decisions.note(WITHHELD, f"item-{number}")

    assert decisions.write() == BATCH * 2 + 1
    assert len(rows()) == BATCH * 2 + 1


def test_what_is_too_much_is_dropped_and_counted(decisions, rows, monkeypatch):
    monkeypatch.setattr(kept, "MOST_UNWRITTEN", 3)
    dropped = metrics.DECISIONS_DROPPED.labels("records")
    before = dropped._value.get()
    for number in range(5):
        decisions.note(WITHHELD, f"item-{number}")
    decisions.write()

    assert len(rows()) == 3
    assert dropped._value.get() - before == 2


def test_the_memory_of_what_is_written_is_bounded_and_loses_no_count(decisions, rows, monkeypatch):
    monkeypatch.setattr(kept, "MOST_KNOWN", 2)
    for _ in range(2):
        for number in range(4):
            decisions.note(WITHHELD, f"item-{number}")
        decisions.write()
    decisions.write_all()

    assert len(decisions._known) <= 2
    assert [row.times for row in rows()] == [2, 2, 2, 2]


def test_what_could_not_be_written_is_written_later(decisions, rows, monkeypatch):
    decisions.note(WITHHELD, "item-1")

    def away(*_arguments):
        raise OperationalError("", None, Exception())

    with monkeypatch.context() as while_away:
        while_away.setattr(kept, "store", away)
        decisions._try(decisions.write)
    decisions.note(WITHHELD, "item-1")
    decisions.write()

    (row,) = rows()
    assert row.times == 2


def test_old_decisions_are_pruned_and_those_that_still_hold_are_not(decisions, clock, rows):
    decisions.note(WITHHELD, "old")
    decisions.note(WITHHELD, "lasting")
    decisions.write()
    clock.move(KEPT_FOR)
    decisions.note(WITHHELD, "lasting")
    decisions.write_all()
    clock.move(timedelta(seconds=1))

    assert decisions.prune() == 1
    assert [row.about for row in rows()] == ["lasting"]


def test_a_decision_is_stored_with_what_it_lets_happen(store, rows):
    with store.transaction("c1") as tx:
        tx.note(WITHHELD, "appointment-1")
        tx.note(WITHHELD, "appointment-1")

    (row,) = rows()
    assert (row.about, row.times) == ("appointment-1", 2)


def test_a_refusal_is_stored_although_its_transaction_has_no_effect(store, database, rows):
    with pytest.raises(Refused) as refused, store.transaction("c1") as tx:
        keep_all(tx, MEETINGS, [Item("c1", "trondheim", "m", NOW, "appointment", {})])
        tx.note(WITHHELD, "slot-1")
        raise Refused("by-phone-only")

    (row,) = rows()
    assert refused.value.decision == row.id
    with database.engine.connect() as connection:
        assert connection.execute(sa.select(MEETINGS)).all() == []


def test_refused_again_it_has_the_same_id(store, rows):
    told = []
    for _ in range(2):
        with pytest.raises(Refused) as refused, store.transaction("c1") as tx:
            tx.note(WITHHELD, "slot-1")
            raise Refused("by-phone-only")
        told.append(refused.value.decision)

    (row,) = rows()
    assert told == [row.id, row.id]
    assert row.times == 2


@pytest.mark.parametrize("failure", [Conflict("slot-taken"), RuntimeError()])
def test_whatever_else_ends_a_transaction_leaves_no_decision(store, rows, failure):
    with pytest.raises(type(failure)), store.transaction("c1") as tx:
        tx.note(WITHHELD, "slot-1")
        raise failure

    assert rows() == []


def test_a_refusal_is_told_even_where_it_cannot_be_stored(store, database, monkeypatch):
    def away(*_arguments, **_more):
        raise OperationalError("", None, Exception())

    with pytest.raises(Refused, match="by-phone-only") as refused, store.transaction("c1") as tx:
        tx.note(WITHHELD, "slot-1")
        monkeypatch.setattr(database, "transaction", away)
        raise Refused("by-phone-only")

    assert refused.value.decision is None


def asked(decisions, this, organisation):
    return orjson.loads(explained(decisions, {"id": this}, system_token(organisation, **STAFF)))["items"]


def test_a_decision_is_found_by_its_id_and_by_what_it_is_about(decisions, rows):
    decisions.note(WITHHELD, "item-1")
    decisions.write()
    (row,) = rows()

    by_item, by_id = asked(decisions, "item-1", "region"), asked(decisions, row.id, "region")
    assert by_item == by_id
    assert by_item[0]["decided_at"] == "2026-03-02T08:00:00Z"
    assert "key" not in by_item[0]
    assert asked(decisions, "item-2", "region") == []


def test_an_organisation_sees_its_own_decisions_alone(decisions):
    decisions.note(WITHHELD, "item-1")
    decisions.write()

    assert len(asked(decisions, "item-1", "trondheim")) == 1
    assert asked(decisions, "item-1", "st_olavs") == asked(decisions, "item-0", "st_olavs") == []


def read(store, rules, **claims):
    return SECTION.finished(store.reading("c1"), rules, citizen_token("c1", ["x"], **claims), NOW, 5)


@pytest.fixture
def meetings(store):
    """One to be shown and two to be hidden."""
    with store.transaction("c1") as tx:
        items = [
            Item("c1", "trondheim", key, NOW - timedelta(hours=place), "appointment", {}, visit_type=key[:4])
            for place, key in enumerate(("open", "hide 1", "hide 2"))
        ]
        keep_all(tx, MEETINGS, items)
    return [item.id for item in items]


def hiding(**more):
    withheld = Restriction.withhold("not-here")
    return rules_of(
        restrict_sharing=lambda question: withheld if question.visit_type == "hide" else Restriction.show(), **more
    )


def test_a_page_notes_what_it_does_not_show_by_item_and_what_it_shows_by_question(store, meetings, decisions, rows):
    for _ in range(2):
        read(store, organisations_of(hiding()))
    decisions.write()

    assert {(row.about, row.outcome, row.times) for row in rows()} == {
        ("", "shown", 2),
        (meetings[1], "withheld", 2),
        (meetings[2], "withheld", 2),
    }


def test_a_page_of_an_organisation_that_is_paused_says_so(store, meetings, decisions, rows):
    paused = hiding()
    paused.enter("paused")
    read(store, organisations_of(paused))
    decisions.write()

    assert {row.about for row in rows()} == set(meetings)
    assert {(row.layer, row.outcome, row.reason) for row in rows()} == {
        ("safe default", "withheld", "organisation-paused")
    }


def test_a_page_in_the_shadow_keeps_what_would_have_been_shown(store, meetings, decisions, rows):
    shadow = hiding(manifest=manifest_of())
    shadow.enter("shadow")
    page = orjson.loads(read(store, organisations_of(shadow)))
    decisions.write()

    assert page["items"] == []
    assert {(row.about, row.outcome) for row in rows() if row.shadow} == {
        (meetings[0], "shown"),
        (meetings[1], "withheld"),
        (meetings[2], "withheld"),
    }
    assert {(row.outcome, row.reason) for row in rows() if not row.shadow} == {("withheld", "organisation-shadow")}


def test_nobody_is_in_what_is_kept(store, meetings, decisions, rows):
    rules = organisations_of(hiding())
    read(store, rules)
    read(store, rules, basis="grant", actor="01810012345")
    decisions.write()

    written = repr(rows())
    assert len(rows()) > 0
    assert "c1" not in {value for row in rows() for value in row}
    assert "01810012345" not in written


def test_a_page_is_read_while_nothing_can_be_written(store, meetings, database, decisions, monkeypatch):
    def away(*_arguments, **_more):
        raise OperationalError("", None, Exception())

    monkeypatch.setattr(database, "transaction", away)

    assert len(orjson.loads(read(store, organisations_of(hiding())))["items"]) == 1
    decisions._try(decisions.write)


def test_what_was_noted_is_written_before_a_service_stops(decisions, rows):
    running = eventlet.spawn(decisions.run)
    eventlet.sleep(0)
    decisions.note(WITHHELD, "item-1")
    decisions.stop()
    running.wait()

    assert [row.about for row in rows()] == ["item-1"]


def test_a_writer_outlives_a_database_that_is_away(decisions, rows, monkeypatch):
    written = kept.store
    failures = iter([OperationalError("", None, Exception()), ValueError()])

    def at_first_away(*arguments):
        if (failure := next(failures, None)) is not None:
            raise failure
        written(*arguments)

    monkeypatch.setattr(kept, "WRITE_EVERY", timedelta(milliseconds=1))
    monkeypatch.setattr(kept, "store", at_first_away)
    decisions.note(WITHHELD, "item-1")
    running = eventlet.spawn(decisions.run)
    until(rows)
    decisions.stop()
    running.wait()
