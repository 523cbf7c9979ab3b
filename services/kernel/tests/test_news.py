"""News of items is told where their citizen is shown them, and of an organisation that is away once it is back."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa

from helsami_kernel import Event
from helsami_kernel.access_limits import AccessLimit
from helsami_kernel.database import KERNEL_TABLES, OBLIGATIONS, OUTBOX, Database, Reads, Writes
from helsami_kernel.decisions import Decisions
from helsami_kernel.items import Item, items_table, keep, withdraw
from helsami_kernel.news import ASKED_AGAIN_AFTER, OLDEST_NEWS, TELL, TellsNews, may_be_told, stored
from helsami_kernel.obligations import claim, conclude
from helsami_kernel.origins import FIELD, Origin, Origins
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import MovableClock, service
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import organisations_of, rules_of

METADATA = sa.MetaData()
MEETINGS = items_table("meetings", METADATA)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CATEGORY = "appointments"
DAY = timedelta(days=1)
away = pytest.mark.parametrize("state", ["paused", "unknown"])


class Meetings(TellsNews):
    """A service that tells of meetings."""

    news_of = {CATEGORY.removesuffix("s"): stored(MEETINGS)}


@pytest.fixture
def clock():
    return MovableClock(NOW)


@pytest.fixture
def origins():
    return Origins(bytes(32))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path, clock, origins):
    """A database of each kind with the table of items, and what the kernel keeps."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/items.db" if sqlite else request.getfixturevalue("new_database")("news")
    opened = Database(url, 2, clock, origins)
    METADATA.create_all(opened.engine)
    KERNEL_TABLES.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def rules():
    return organisations_of(rules_of())


@pytest.fixture
def meetings(database, rules, clock):
    store = OpenStore(database, Reads, Writes, told=lambda: None, decisions=Decisions("meetings", database, clock))
    return service(Meetings, store=store, rules=rules)


@pytest.fixture
def meet(meetings):
    """Store a meeting, and tell of it where asked to."""

    def of(name="m1", limit="", news=None, **how):
        item = Item("c1", "trondheim", name, NOW, "appointment", {"name": name}, access_limit=AccessLimit(limit))
        with meetings.store.transaction("c1") as tx:
            keep(tx, MEETINGS, item)
            if news is not None:
                event = Event.of(news, "c1", {"meeting": item.id, "access_limit": limit}, sequence=7)
                meetings.tell(tx, event, Origin.of_item(item, CATEGORY), **how)
        return item.id

    return of


@pytest.fixture
def told(database, origins):
    """What was told: type, limit, sequence, and of which organisation, if that was said."""

    def events():
        with database.transaction(Writes, None) as tx:
            rows = tx.connection.execute(sa.select(OUTBOX)).all()
        read = [(row, orjson.loads(row.data)) for row in rows]
        opened = [
            (row, data, origins.open("c1", data["meeting"], data[FIELD]) if FIELD in data else None)
            for row, data in read
        ]
        return [(row.type, data.get("access_limit"), row.sequence, of and of.organisation) for row, data, of in opened]

    return events


@pytest.fixture
def keep_promises(meetings, database):
    """Keep what is due now; how many promises that were."""

    def kept():
        due = claim(database, [TELL])
        for promised in due:
            meetings.tell_of_item(promised)
            conclude(database, promised)
        return len(due)

    return kept


@pytest.fixture
def come_back(rules, clock, keep_promises):
    """Let an organisation be back, and keep what is due a quarter of an hour later."""

    def back():
        rules["trondheim"].enter("live")
        clock.move(ASKED_AGAIN_AFTER)
        return keep_promises()

    return back


def test_news_of_a_live_organisation_are_told_at_once_with_whose_it_is(meet, told, keep_promises):
    meet(news="met")

    assert told() == [("met", "", 7, "trondheim")]
    assert keep_promises() == 0


def test_what_a_rule_withholds_is_not_told(meetings, meet, told, come_back):
    meetings.rules = organisations_of(rules_of(restrict_sharing=Restriction.withhold("not-here")))

    meet(news="met")

    assert (come_back(), told()) == (0, [])


@away
def test_news_of_an_organisation_that_is_away_are_told_once_when_it_is_back(meet, told, rules, come_back, state):
    rules["trondheim"].enter(state)
    meet(news="met")
    assert told() == []

    assert come_back() == 1
    assert come_back() == 0
    assert told() == [("met", None, 7, "trondheim")], "its limit is told by itself"


def test_a_rule_that_withholds_when_the_organisation_is_back_is_kept_to(meetings, meet, told, rules, come_back):
    rules["trondheim"].enter("paused")
    meet(news="met")
    meetings.rules = organisations_of(rules_of(restrict_sharing=Restriction.withhold("not-here")))

    assert (come_back(), told()) == (1, [])


@pytest.mark.parametrize(("limit", "events"), [("parents", 1), ("youth", 0)])
def test_an_item_is_told_of_to_whom_its_limit_leaves_it_by_then(meet, told, rules, come_back, limit, events):
    rules["trondheim"].enter("paused")
    meet(news="met")
    meet(limit=limit)

    come_back()

    assert len(told()) == events


def test_of_what_there_is_no_longer_only_that_is_told_and_not_whose_it_was(
    meetings, meet, told, rules, come_back
):
    rules["trondheim"].enter("paused")
    meet(news="met")
    meet(news="called-off", gone=True)
    with meetings.store.transaction("c1") as tx:
        withdraw(tx, MEETINGS, "trondheim", "m1")

    come_back()

    assert told() == [("called-off", None, 7, None)]


def test_it_is_asked_again_ever_more_seldom_for_a_month(meet, told, rules, clock, keep_promises, database):
    rules["trondheim"].enter("paused")
    meet(news="met")
    waiting = sa.select(OBLIGATIONS.c.due_at).where(OBLIGATIONS.c.fulfilled_at.is_(None))

    asked = []
    while asked[99:] == []:
        with database.transaction(Writes, None) as tx:
            due_at = tx.connection.execute(waiting).scalar_one_or_none()
        if due_at is None:
            break
        clock.move_to(due_at)
        asked += [due_at - NOW] * keep_promises()

    assert asked[:5] == [number * ASKED_AGAIN_AFTER for number in (1, 2, 3, 4, 5)]
    assert OLDEST_NEWS <= asked[-1] < 1.25 * OLDEST_NEWS
    assert len(asked) < 50
    assert told() == []


@pytest.mark.parametrize(
    ("state", "limit", "may"),
    [
        ("live", "", True),
        ("paused", "", True),
        ("draft", "", False),
        ("shadow", "", False),
        ("left", "", False),
        ("paused", "youth", False),
    ],
)
def test_only_of_who_may_come_back_there_may_be_news_later(rules, state, limit, may):
    rules["trondheim"].enter(state)
    item = Item("c1", "trondheim", "m1", NOW, "appointment", {}, access_limit=AccessLimit(limit))

    assert may_be_told(item, CATEGORY, rules["trondheim"]) is may
