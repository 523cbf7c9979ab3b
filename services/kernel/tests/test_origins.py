"""Whose an item is travels sealed: nobody who has an event learns of it, and nothing of it can be used elsewhere."""

from datetime import UTC, datetime

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from helsami_kernel.config import Settings
from helsami_kernel.container import ServiceRunner
from helsami_kernel.database import KERNEL_TABLES, OUTBOX, Database, Event, Writes
from helsami_kernel.keys import KeyFolder, KeysUnusable
from helsami_kernel.origins import FIELD, Origin, Origins
from helsami_kernel.store import Store
from helsami_kernel.testing import MovableClock

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ORIGINS = Origins(bytes(32))
ITEM = Origin("i1", "st_olavs", "visits", AT, "visit", "outpatient", "nyre", "LE", "a1 a2")
codes = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=60)


@given(st.tuples(codes, codes, codes, codes, codes, codes, codes), st.datetimes(timezones=st.just(UTC)))
def test_what_is_sealed_is_opened_as_it_was(said, at):
    organisation, category, kind, *asked = said
    origin = Origin("i1", organisation, category, at, kind, *asked)

    assert ORIGINS.open("c1", "i1", ORIGINS.seal("c1", origin)) == origin


def test_one_organisation_looks_like_another_and_the_same_each_time_otherwise():
    other = Origin("i1", "x", "appointments", AT, "appointment")
    sealed = [ORIGINS.seal("c1", origin) for origin in (ITEM, ITEM, other)]

    assert len(set(sealed)) == 3
    assert len({len(one) for one in sealed}) == 1


@pytest.mark.parametrize(
    ("owner", "item", "origins"), [("c2", "i1", ORIGINS), ("c1", "i2", ORIGINS), ("c1", "i1", Origins(b"k" * 32))]
)
def test_what_was_sealed_for_one_item_opens_for_no_other_and_with_no_other_key(owner, item, origins):
    assert origins.open(owner, item, ORIGINS.seal("c1", ITEM)) is None


@pytest.mark.parametrize("sealed", ["", "AAAA", "not base64!", "blåbær", "A" * 400])
def test_what_was_never_sealed_opens_as_nothing(sealed):
    assert ORIGINS.open("c1", "i1", sealed) is None


def test_an_event_says_whose_its_item_is_to_who_has_the_key_alone():
    database = Database("sqlite://", 1, MovableClock(AT), ORIGINS)
    KERNEL_TABLES.create_all(database.engine)
    with database.transaction(Writes, "c1") as tx:
        tx.announce(Event.of("visit_told", "c1", {"visit": "i1"}), of=ITEM)
        tx.announce(Event.of("nobodys_told", "c1", {"grant": "g1"}))
        told = [orjson.loads(row) for row in tx.connection.execute(sa.select(OUTBOX.c.data)).scalars()]

    assert [set(data) for data in told] == [{"visit", FIELD}, {"grant"}]
    assert ORIGINS.open("c1", "i1", told[0][FIELD]) == ITEM
    assert not any(word in orjson.dumps(told).decode() for word in (ITEM.organisation, ITEM.visit_type, "outpatient"))


class Teller:
    """A service that tells of items."""

    name = "teller"
    store = Store(tells_of_items=True)


def test_who_tells_of_items_does_not_start_without_the_key(tmp_path):
    folder = KeyFolder(tmp_path / "keys")
    folder.make()
    (folder.path / "origins.key").unlink()
    settings = Settings.read({"HELSAMI_BUS": "memory://", "HELSAMI_DATA": str(tmp_path)})

    with pytest.raises(KeysUnusable, match=r"origins\.key"):
        ServiceRunner(settings, [Teller]).start()
