"""A thread that is hidden from whoever acts for its citizen cannot be told from one that was never begun (R69, K23)."""

from dataclasses import replace
from datetime import date

import orjson
import pytest

from harness.delivered import care_team
from harness.still import still

from .family import NOON, Family, Parent, Trust
from .looking import Looking, Routes, ids_of
from .stage import PIDS, SUBJECT, TEMPLATE_MADE, Stage
from .things import TOWN, bundle

NO_PARENT = Parent(holder=False, at_home=False, asked=False)
ADULT = Family(
    born=date(1990, 1, 1),
    now=NOON,
    viewer="friend",
    mother=NO_PARENT,
    father=NO_PARENT,
    friend=Trust("full"),
    relative=None,
    things=(),
    limit=100,
)
THREAD = "/api/v1/messages/{}"


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with still(tmp_path_factory.mktemp("still"), TEMPLATE_MADE) as portal:
        yield Stage(portal)


@pytest.fixture
def begun(stage):
    """A citizen with a physiotherapist and a friend who may do all for them: everything that is stored then."""

    def arranged(family=ADULT):
        stage.arrange(family)
        stage.portal.deliver(TOWN, bundle([care_team(PIDS[SUBJECT], "team", "physiotherapy", {"fysio": "Merkea"})]))
        return stage.portal.kept()

    return arranged


def recipient(stage, who, family, *, acts=False):
    known = orjson.loads(stage.send("GET", "/api/v1/messages/recipients", who, family, acts=acts).body)
    return next(one["id"] for one in known["recipients"] if one["name"] == "Merkea")


def written(stage, who="self", family=ADULT, *, acts=False):
    """A thread that staff have answered; its id."""
    wish = {"recipient": recipient(stage, who, family, acts=acts), "subject": "Merkeb", "text": "Merkec"}
    thread = stage.done("POST", "/api/v1/messages", who, family, wish, acts=acts, status=201)
    message = thread["messages"][-1]["id"]
    stage.staff("POST", f"/staff/v1/messages/{message}/open", TOWN, {})
    stage.staff("POST", f"/staff/v1/messages/{message}/answer", TOWN, {"text": "Merked", "may_reply": True})
    stage.portal.settle()
    return thread["id"]


def hidden(stage, thread):
    wish = {"kind": "thread", "item": thread, "hidden_from": "representatives"}
    shield = stage.done("POST", "/api/v1/shields", "self", ADULT, wish, status=201)["id"]
    stage.portal.settle()
    return shield


def everything(stage, ids):
    """All that the friend is answered, of the citizen and of themselves."""
    routes = Routes.of(stage.portal)
    headers, own = (stage.headers("friend", ADULT, acts=acts) for acts in (True, False))
    return Looking(stage.portal, routes, stage.portal.clock(), 2).everything(ids, headers, own)


def test_what_is_hidden_of_ones_messages_is_to_who_acts_for_one_as_if_it_had_never_been(stage, begun):
    beginning = begun()
    thread = written(stage)
    shown = stage.send("GET", THREAD.format(thread), "friend", ADULT, acts=True)
    shield = hidden(stage, thread)
    ids = ids_of(stage.portal, stage.ids[SUBJECT])

    after = everything(stage, ids)
    refused = stage.send("POST", f"{THREAD.format(thread)}/replies", "friend", ADULT, {"text": "Nei."}, acts=True)
    missing = stage.send("POST", f"{THREAD.format('0' * 32)}/replies", "friend", ADULT, {"text": "Nei."}, acts=True)
    own = orjson.loads(stage.send("GET", THREAD.format(thread), "self", ADULT).body)
    stage.done("DELETE", f"/api/v1/shields/{shield}", "self", ADULT)
    again = stage.send("GET", THREAD.format(thread), "friend", ADULT, acts=True)
    stage.portal.restore(beginning)
    before = everything(stage, ids)

    assert ids["thread"] == (thread,)
    assert shown.status == again.status == 200
    assert after == before
    assert (refused.status, refused.body) == (404, missing.body)
    assert [one["text"] for one in own["messages"]] == ["Merkec", "Merked"]


def test_a_care_team_that_is_hidden_is_to_who_acts_for_one_as_if_nobody_had_treated_one_there(stage, begun):
    stage.arrange(ADULT)
    beginning = stage.portal.kept()
    begun()
    written(stage)
    known = orjson.loads(stage.send("GET", "/api/v1/messages/recipients", "self", ADULT).body)["recipients"]
    (team,) = {one["care_team"] for one in known}
    wish = {"kind": "care-team", "item": team, "hidden_from": "representatives"}
    stage.done("POST", "/api/v1/shields", "self", ADULT, wish, status=201)
    stage.portal.settle()
    ids = ids_of(stage.portal, stage.ids[SUBJECT])

    after = everything(stage, ids)
    stage.portal.restore(beginning)

    assert len(ids["thread"]) == 1
    assert after == everything(stage, ids)


def test_who_writes_for_another_is_told_so_in_the_thread_and_marks_nothing_as_read(stage, begun):
    begun()

    thread = written(stage, "friend", acts=True)
    read = stage.send("POST", f"{THREAD.format(thread)}/read", "friend", ADULT, {"message": "0"}, acts=True)

    own = orjson.loads(stage.send("GET", THREAD.format(thread), "self", ADULT).body)
    assert [one["on_behalf"] for one in own["messages"]] == [True, False]
    assert (read.status, own["unread"]) == (403, True)
    looked = orjson.loads(stage.send("GET", "/api/v1/access-log?limit=100", "self", ADULT).body)["items"]
    assert {"write", "recipients"} <= {one["purpose"] for one in looked}


@pytest.mark.parametrize(
    ("level", "statuses"),
    [
        (Trust("read"), (403, 200, 403)),
        (Trust("communicate"), (200, 200, 201)),
        (Trust("areas", ("results",)), (403, 403, 403)),
    ],
    ids=["read", "communicate", "results"],
)
def test_whoever_may_see_messages_reads_them_and_only_who_may_write_writes(stage, begun, level, statuses):
    family = replace(ADULT, friend=level)
    begun(family)
    thread, known = written(stage, family=family), recipient(stage, "self", family)
    wish = {"recipient": known, "subject": "Merkee", "text": "Merkef"}

    answers = [
        stage.send("GET", "/api/v1/messages/recipients", "friend", family, acts=True),
        stage.send("GET", THREAD.format(thread), "friend", family, acts=True),
        stage.send("POST", "/api/v1/messages", "friend", family, wish, acts=True),
    ]

    assert tuple(one.status for one in answers) == statuses
