"""Notices of what is hidden from somebody are hidden from them: by its source (9603), or by its citizen (R69, K23)."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy import inspect

from helsami_kernel.database import Event
from helsami_kernel.errors import Malformed
from helsami_kernel.origins import Origin, Origins
from helsami_notifications import models

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ORIGINS = Origins(bytes(32))
SCOPES = ("appointments:read", "messages:read", "results:read", "records:read")
READERS = {
    "adult": {},
    "youth": {"age_band": "12-15"},
    "parent": {"age_band": "0-11", "actor": "c2", "basis": "parental"},
}
SHOWN = {"": {"adult", "youth", "parent"}, "parents": {"adult", "youth"}, "youth": {"adult", "parent"}}
SHOWN |= {"parents-and-youth": {"adult"}}


def event(event_id, minutes=0, subject="c1", **data):
    """News of an item of an organisation that keeps nothing from anybody."""
    item = data.get("item") or data.get("letter") or data.get("appointment") or next(iter(data.values()))
    origin = ORIGINS.seal(subject, Origin(item, "open", "appointments", AT, "appointment"))
    told = {**data, "origin": origin}
    return Event(type="", subject=subject, data=told, id=event_id, time=AT + timedelta(minutes=minutes))


@pytest.fixture
def shown_to(notifications, citizen):
    """Who of READERS is shown any notice at all."""

    def read(**claims):
        tokens = {name: citizen("c1", *SCOPES, **{**its, **claims}) for name, its in READERS.items()}
        pages = {name: orjson.loads(notifications.page({}, token)) for name, token in tokens.items()}
        return {name for name, page in pages.items() if page["items"]}

    return read


@pytest.mark.parametrize("limit", SHOWN)
def test_a_notice_is_hidden_as_its_item_is_from_the_moment_it_is_told(notifications, shown_to, limit):
    notifications.tell_of_appointment(event("e1", appointment="a1", access_limit=limit))

    assert shown_to() == SHOWN[limit]


@pytest.mark.parametrize("limit", SHOWN)
def test_what_is_told_later_of_a_hidden_item_is_hidden_whatever_the_news_says(notifications, shown_to, limit):
    notifications.limit_of_appointments(event("e1", item="a1", access_limit=limit))
    notifications.tell_of_reminder(event("e2", 5, appointment="a1"))
    notifications.tell_of_offer(event("e3", 6, offer="o1", appointment="a1"))

    assert shown_to() == SHOWN[limit]


def test_another_limit_holds_for_what_was_told_before(notifications, shown_to):
    notifications.tell_of_result(event("e1", result="r1", access_limit=""))
    found = [shown_to()]
    for minutes, limit in enumerate(("parents", "youth", ""), 1):
        notifications.limit_of_results(event(f"l{minutes}", minutes, item="r1", access_limit=limit))
        found.append(shown_to())

    assert found == [SHOWN[""], SHOWN["parents"], SHOWN["youth"], SHOWN[""]]


def test_a_thread_that_is_hidden_later_hides_what_was_told_of_it(notifications, shown_to):
    notifications.tell_of_answered_message(event("e1", thread="t1", access_limit=""))
    found = [shown_to()]
    for minutes, limit in enumerate(("parents", ""), 1):
        notifications.limit_of_messages(event(f"l{minutes}", minutes, item="t1", access_limit=limit))
        found.append(shown_to())

    assert found == [SHOWN[""], SHOWN["parents"], SHOWN[""]]


def test_of_two_limits_the_later_holds_in_whatever_order_they_come(notifications, shown_to):
    notifications.tell_of_letter(event("e1", letter="l1", access_limit=""))
    notifications.limit_of_records(event("e3", 2, item="l1", access_limit="parents"))
    notifications.limit_of_records(event("e2", 1, item="l1", access_limit=""))

    assert shown_to() == SHOWN["parents"]


def test_news_that_comes_late_is_hidden_as_its_item_is_by_now(notifications, shown_to):
    notifications.limit_of_records(event("e2", 2, item="v1", access_limit="parents"))
    notifications.tell_of_summary(event("e1", 1, visit="v1", access_limit=""))

    assert shown_to() == SHOWN["parents"]


def test_nobody_elses_notices_are_hidden_with_ones_own(notifications, shown_to):
    notifications.tell_of_appointment(event("e1", appointment="a1", access_limit=""))
    notifications.limit_of_appointments(event("e2", subject="c2", item="a1", access_limit="parents"))
    notifications.limit_of_appointments(event("e3", item="a2", access_limit="parents"))

    assert shown_to() == SHOWN[""]


@pytest.mark.parametrize(
    ("hear", "data"),
    [
        ("tell_of_reminder", {"appointment": "hidden"}),
        ("tell_of_offer", {"offer": "o1", "appointment": "hidden"}),
        ("tell_of_summary", {"visit": "hidden", "access_limit": ""}),
        ("tell_of_letter", {"letter": "hidden", "appointment": "a1", "access_limit": ""}),
        ("tell_of_letter", {"letter": "l1", "appointment": "hidden", "access_limit": ""}),
        ("tell_of_result", {"result": "r1", "linked": ["o1", "hidden"], "access_limit": ""}),
    ],
)
def test_who_acts_for_another_hears_nothing_of_what_is_hidden_from_them(notifications, shown_to, hear, data):
    getattr(notifications, hear)(event("e1", **data))

    assert shown_to() == {"adult", "youth", "parent"}
    assert "parent" not in shown_to(hidden=frozenset({"hidden"}))


@pytest.mark.parametrize("first", ["news", "link"])
def test_what_is_linked_to_something_hidden_is_hidden_with_it_whichever_is_heard_first(notifications, shown_to, first):
    def news():
        notifications.tell_of_result(event("e1", result="r1", linked=["o1"], access_limit=""))

    def link():
        notifications.hide_with_linked(event("l1", result="r1", linked=["o1", "hidden"]))

    for hear in (news, link) if first == "news" else (link, news):
        hear()
    notifications.hide_with_linked(event("l2", result="r1", linked=["o1", "o2"]))
    notifications.hide_with_linked(event("l3", subject="c2", result="r1", linked=["another's"]))

    assert "parent" in shown_to(hidden=frozenset({"another's", "r2"}))
    assert [shown_to(hidden=frozenset({one})) & {"parent"} for one in ("o1", "hidden", "o2")] == [set()] * 3


def test_a_limit_that_nobody_knows_is_parked_and_shown_to_nobody(notifications, shown_to):
    with pytest.raises(Malformed):
        notifications.tell_of_appointment(event("e1", appointment="a1", access_limit="someone"))
    with pytest.raises(Malformed):
        notifications.limit_of_results(event("e2", item="r1", access_limit="someone"))

    assert shown_to() == set()


def test_the_tables_are_those_that_the_migrations_make(store):
    found = inspect(store._database.engine)

    for table in models.metadata.sorted_tables:
        made = {column["name"] for column in found.get_columns(table.name)}
        assert made == {column.name for column in table.columns}


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_statement_that_forgets_the_owner_sees_no_other_citizens_limits(notifications, store):
    notifications.limit_of_results(event("e1", item="r1", access_limit="parents"))

    notifications.hide_with_linked(event("l1", result="r1", linked=["o1"]))

    def seen(citizen):
        with store.transaction(citizen) as tx:
            tables = (models.LIMITS.c.item, models.LINKS.c.item)
            return [len(tx.connection.execute(sa.select(column)).all()) for column in tables]

    assert (seen("c1"), seen("c2")) == ([1, 1], [0, 0])
