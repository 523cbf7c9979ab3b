"""Notices are stored once an event, for their citizen alone."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from helsami_notifications import models
from helsami_notifications.domain import RESULT_RELEASED, SLOT_BOOKED, Notice, Subject
from helsami_notifications.models import NOTICES
from helsami_notifications.storage import EVERY_NOTICE, notices_about

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def tell(store):
    def once(notice, event_id="e1", citizen="c1", at=AT):
        with store.transaction(citizen) as tx:
            return tx.tell(citizen, notice, event_id, at)

    return once


def test_the_table_is_the_one_that_the_migration_makes(store):
    columns = sa.inspect(store._database.engine).get_columns("notices")

    assert {column["name"]: column["nullable"] for column in columns} == {
        column.name: column.nullable for column in models.NOTICES.columns
    }


def test_an_event_is_told_once(tell, store):
    assert tell(Notice(SLOT_BOOKED, "i1")) == "stored"
    assert tell(Notice(SLOT_BOOKED, "i1")) == "unchanged"
    assert tell(Notice(SLOT_BOOKED, "i1"), event_id="e2") == "stored"

    with store.transaction("c1") as tx:
        assert tx.connection.execute(sa.select(sa.func.count()).select_from(NOTICES)).scalar_one() == 2


def test_a_notice_is_of_when_it_happened_or_else_of_now(tell, store, clock):
    tell(Notice(SLOT_BOOKED, "i1"))
    tell(Notice(SLOT_BOOKED, "i2"), event_id="e2", at=None)

    with store.transaction("c1") as tx:
        assert tx.connection.execute(sa.select(NOTICES.c.occurred_at).order_by(NOTICES.c.key)).scalars().all() == [
            AT,
            clock(),
        ]


def test_nobody_is_told_in_anothers_name(store):
    with store.transaction("c2") as tx, pytest.raises(ValueError, match="another owner"):
        tx.tell("c1", Notice(SLOT_BOOKED, "i1"), "e1", AT)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_statement_that_forgets_the_owner_still_sees_no_other_citizens_notices(tell, store):
    tell(Notice(RESULT_RELEASED, "i1"))

    def seen(citizen):
        with store.transaction(citizen) as tx:
            return len(tx.connection.execute(sa.select(NOTICES.c.id)).all())

    assert (seen("c1"), seen("c2"), seen(None)) == (1, 0, 0)


def test_a_section_about_some_things_is_made_once():
    assert notices_about(frozenset({Subject.RESULT})) is notices_about(frozenset({Subject.RESULT}))
    assert notices_about(frozenset({Subject.RESULT})) is not EVERY_NOTICE
