"""Of several things that happen to a message at once, one does."""

from contextlib import suppress
from copy import copy
from datetime import timedelta
from functools import partial
from itertools import chain

import pytest

from helsami_kernel.database import AlreadyDone, Cause
from helsami_kernel.obligations import claim
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import at_once, open_store
from helsami_messages.threads.domain import MOST_UNANSWERED
from helsami_messages.threads.storage import Reads, Writes
from helsami_messages.ways.storage import MOVE_ON


@pytest.fixture
def crowd(messages, url, clock):
    """Run calls at once, on as many connections as a busy service has; the outcomes by code."""
    messages.store = wide = open_store("messages", url, Reads, Writes, clock, pool_size=30)
    yield at_once
    wide._database.close()


@pytest.fixture
def let_move(messages):
    """Fulfil a promise as its worker does, whose transaction begins with marking it fulfilled."""

    def fulfilled(promised):
        worker, store = copy(messages), messages.store
        cause = Cause("obligation", promised.kind, promised.id)
        told = {"told": lambda: None, "decisions": store.decisions}
        worker.store = OpenStore(store._database, store._reads, store._writes, **told, cause=cause)
        with suppress(AlreadyDone):
            worker.move_on(promised)

    return fulfilled


@pytest.fixture
def due(write, store, clock):
    """Eight messages whose time is up where they lie."""
    for _ in range(8):
        write()
    clock.move(timedelta(days=1, hours=1))
    return claim(store._database, [MOVE_ON])


@pytest.mark.parametrize("first", ["clock", "staff"])
def test_a_message_that_is_opened_as_it_moves_on_is_opened_and_lies_in_one_place(
    messages, staff, due, crowd, found, let_move, first
):
    ids = []
    for promised in due:
        ids.append(promised.payload["message"])
        calls = [partial(let_move, promised), partial(messages.open_message, {"message": ids[-1]}, staff())]
        assert crowd(*(calls if first == "clock" else calls[::-1])) == {"ok": 2}

    assert len(ids) == 8
    assert found() == {}
    assert sorted(chain.from_iterable(found("opened").values())) == sorted(ids)


@pytest.mark.parametrize("first", ["clock", "staff"])
def test_a_message_that_is_forwarded_as_it_moves_on_is_unopened_in_one_place(
    messages, staff, due, crowd, found, let_move, first
):
    ids = [promised.payload["message"] for promised in due]
    for message, promised in zip(ids, due, strict=True):
        forward = {"message": message, "to": {"inbox": "home-care"}}
        calls = [partial(let_move, promised), partial(messages.forward, forward, staff())]
        assert crowd(*(calls if first == "clock" else calls[::-1])) == {"ok": 2}

    assert {place: sorted(lying) for place, lying in found().items()} == {"home-care": sorted(ids)}


def test_what_is_replied_as_a_thread_is_opened_is_unopened_unless_it_was_shown(
    messages, citizen, staff, opened, crowd, found
):
    thread, (first, _) = opened
    for number in range(8):
        shown = []
        reply = partial(messages.reply, {"thread": thread, "text": f"Nr {number}"}, citizen())
        look = partial(lambda into: into.append(messages.open_message({"message": first}, staff())), shown)
        assert crowd(*((reply, look) if number % 2 else (look, reply))) == {"ok": 2}

        last = messages.thread({"thread": thread}, citizen())["messages"][-1]["id"]
        seen = last in [one["id"] for one in shown[0]["messages"]]
        assert (last in chain.from_iterable(found().values())) is not seen


@pytest.fixture
def opened(messages, citizen, staff, write):
    """A thread in which the citizen has written twice, and the ids of both messages, which staff have opened."""
    thread = write()
    first = thread["messages"][0]["id"]
    messages.open_message({"message": first}, staff())
    messages.answer({"message": first, "text": "Ja?", "may_reply": True, "by_post": False}, staff())
    second = messages.reply({"thread": thread["id"], "text": "Takk."}, citizen())["messages"][-1]["id"]
    messages.open_message({"message": second}, staff())
    return thread["id"], (first, second)


def test_of_all_who_answer_in_a_thread_at_once_each_is_heard(messages, citizen, staff, opened, crowd, found):
    thread, both = opened
    answer = {"may_reply": True, "by_post": False}
    answers = [{**answer, "message": both[number % 2], "text": f"Svar {number}"} for number in range(8)]

    assert crowd(*(partial(messages.answer, answer, staff()) for answer in answers)) == {"ok": 8}

    read = messages.thread({"thread": thread}, citizen())["messages"]
    assert sorted(one["text"] for one in read[3:]) == [answer["text"] for answer in answers]
    assert (found(), found("opened")) == ({}, {})


def test_nobody_gets_past_the_most_that_may_be_unanswered_by_writing_at_once(
    messages, citizen, recipient, write, crowd, page
):
    for _ in range(MOST_UNANSWERED - 3):
        write()
    command = {"recipient": recipient("Rolig Fjord"), "subject": "Kneet", "text": "Vondt."}

    assert crowd(*[partial(messages.write, command, citizen())] * 8) == {"ok": 3, "too-many-messages": 5}


def test_of_two_with_one_key_at_once_one_writes(messages, citizen, recipient, crowd, page):
    command = {"recipient": recipient("Rolig Fjord"), "subject": "Kneet", "text": "Vondt."}

    assert crowd(*[partial(messages.write, command, citizen(idempotency_key="k1"))] * 8) == {"ok": 8}
    assert len(page()["items"]) == 1


def test_what_is_written_as_its_care_team_is_hidden_is_hidden(messages, citizen, recipient, crowd, receive, care, page):
    wish = {"recipient": recipient("Stødig Granitt"), "subject": "Kneet", "text": "Vondt."}
    parent = {"actor": "p1", "basis": "parental", "age_band": "0-11"}
    codes = [{"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": "NORN_FORANS"}]
    writing = [partial(messages.write, wish, citizen(idempotency_key=f"k{number}")) for number in range(10)]
    hiding = partial(receive, {**care.usual, "meta": {"security": codes}})

    assert crowd(*writing[:5], hiding, *writing[5:]) == {"ok": 11}

    assert len(page()["items"]) == 10
    assert page(claims=parent)["items"] == []
