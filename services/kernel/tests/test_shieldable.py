"""What a service says of an item to its own citizen, who wants to hide it, and to nobody else."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from helsami_kernel.database import Database, Reads, Writes
from helsami_kernel.decisions import Decisions
from helsami_kernel.errors import Forbidden, NotFound
from helsami_kernel.items import Item, item_id, items_table, keep
from helsami_kernel.sections import Section
from helsami_kernel.shieldable import Shieldable
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import MovableClock, citizen_token, service
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import organisations_of, rules_of

METADATA = sa.MetaData()
MEETINGS = items_table("meetings", METADATA, sa.Column("open", sa.Boolean))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME = citizen_token("c1", ["consents:act"])
MINE, CLOSED, OF_ANOTHER = (item_id(owner, "trondheim", key) for owner, key in (("c1", "m"), ("c1", "n"), ("c2", "m")))


class Meetings(Shieldable):
    """A service with items."""

    shieldable = {"meeting": Section(MEETINGS, "appointments", MEETINGS.c.open)}


@pytest.fixture
def ask(tmp_path):
    """Ask about an item, of an organisation with these rules."""
    database = Database(f"sqlite:///{tmp_path}/items.db", 2, MovableClock(NOW))
    METADATA.create_all(database.engine)
    for owner, key in (("c1", "m"), ("c1", "n"), ("c2", "m")):
        with database.transaction(Writes, owner) as tx:
            keep(tx, MEETINGS, Item(owner, "trondheim", key, NOW, "appointment", {}, extra={"open": key == "m"}))
    store = OpenStore(database, Reads, Writes, told=lambda: None, decisions=Decisions("meetings", database, NOW))

    def about(item=MINE, kind="meeting", access=ME, **rules):
        meetings = service(Meetings, store=store, rules=organisations_of(rules_of(**rules)))
        return meetings.item({"kind": kind, "item": item}, access)

    yield about
    database.close()


def test_whose_item_it_is_is_told_of_which_organisation_and_what_that_calls_it(ask):
    assert ask() == {
        "item": MINE,
        "kind": "meeting",
        "organisation": "trondheim",
        "key": "m",
        "at": "2026-03-01T12:00:00Z",
        "also": None,
    }


def withheld(_question):
    return Restriction.withhold("hidden")


@pytest.mark.parametrize(
    ("asked", "rules"),
    [
        ({"item": OF_ANOTHER}, {}),
        ({"item": "missing"}, {}),
        ({"item": "x" * 500}, {}),
        ({"item": "nul\x00"}, {}),
        ({"item": CLOSED}, {}),
        ({"kind": "visit"}, {}),
        ({}, {"restrict_sharing": withheld}),
    ],
    ids=["another's", "missing", "too long", "unprintable", "not released", "of no such kind", "withheld"],
)
def test_what_is_not_ones_own_not_there_or_not_shown_to_oneself_is_not_found_all_the_same(ask, asked, rules):
    with pytest.raises(NotFound) as caught:
        ask(**asked, **rules)

    assert (caught.value.code, caught.value.problems) == ("item-not-found", ())


@pytest.mark.parametrize("basis", ["parental", "grant", "capacity"])
def test_nobody_asks_on_anothers_behalf(ask, basis):
    with pytest.raises(Forbidden):
        ask(access=replace(ME, actor="c2", basis=basis))
