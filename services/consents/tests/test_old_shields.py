"""What was hidden before a release is hidden after it as what is hidden since, and forgotten as that is."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from helsami_consents import storage
from helsami_consents.people import Person
from helsami_consents.shielding.domain import KEPT_WHEN_OVER
from helsami_consents.shielding.storage import FORGET
from helsami_kernel.database import OBLIGATIONS
from helsami_kernel.testing import open_store

CHILD, OTHER = "1" * 32, "2" * 32
WHO = Person("", "", None, protected=False, deceased=False)
COLUMNS = "id, owner, item, also, kind, item_at, item_key, organisation, hidden_from, state, version, asked_at, reason"
AT = "2026-01-01 00:00:00+00:00"


@pytest.fixture
def old_store(old_database, clock):
    """A store of two citizens who hid things before the upgrade."""
    shields = [
        ("s1", CHILD, "booking", "confirmed", "parents", "confirmed"),
        ("s2", CHILD, "booking", "confirmed", "representatives", "in-force"),
        ("s3", CHILD, "visit without a booking", None, "parents", "lifted"),
        ("s4", OTHER, "another", "confirmed", "parents", "ended"),
    ]
    left = []
    for shield, owner, item, also, hidden_from, state in shields:
        known = "NULL" if also is None else f"'{also}'"
        row = f"'{shield}', '{owner}', '{item}', {known}, 'visit', '{AT}', 'k', 'trondheim', '{hidden_from}'"
        left.append((owner, f"INSERT INTO shields ({COLUMNS}) VALUES ({row}, '{state}', 1, '{AT}', '')"))
    opened = open_store("consents", old_database("consents", "0009", *left), storage.Reads, storage.Writes, clock)
    yield opened
    opened._database.close()


def test_what_was_hidden_by_two_ids_leads_on_to_what_comes_of_it(old_store):
    with old_store.transaction(CHILD) as tx:
        tx.also_known_as("confirmed", "visit")

        assert tx.between("a" * 32, WHO).hides(as_parent=True) == {"booking", "confirmed", "visit"}
    with old_store.transaction(OTHER) as tx:
        assert tx.between("a" * 32, WHO).hides(as_parent=True) == set()


def test_what_was_over_is_promised_to_be_forgotten_and_nothing_else_is(old_store):
    with old_store.transaction(None) as tx:
        promised = sa.select(OBLIGATIONS).where(OBLIGATIONS.c.kind == FORGET).order_by(OBLIGATIONS.c.key)
        rows = tx.connection.execute(promised).all()

    assert [(row.owner, row.payload) for row in rows] == [(CHILD, '{"shield":"s3"}'), (OTHER, '{"shield":"s4"}')]
    for row in rows:
        assert abs(row.due_at - datetime.now(UTC) - KEPT_WHEN_OVER) < timedelta(minutes=5)
