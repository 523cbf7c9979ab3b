"""Where a message goes on that nobody opens; its citizen sees none of it."""

from datetime import UTC, datetime
from io import StringIO

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_kernel import logs
from helsami_kernel.errors import NotFound
from helsami_messages.ways.domain import DUTY, STOPS, Lying, forwarded, stops_of
from helsami_messages.ways.metrics import UNANSWERED, UNOPENED
from helsami_sdk.answers import Recipients, Route, Stop
from helsami_sdk.manifest import Manifest
from helsami_sdk.questions import DUTY_INBOX
from helsami_sdk.testing import organisations_of, rules_of

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def gauge(messages):
    def read():
        messages.count_waiting()
        return {stop: UNOPENED.labels(stop)._value.get() for stop in STOPS}

    return read


@pytest.fixture
def long_unanswered(messages):
    def read():
        messages.count_waiting()
        return {state: UNANSWERED.labels(state)._value.get() for state in ("unopened", "opened")}

    return read


@pytest.fixture
def move_to(clock, keep_promises):
    """Let the clock in Oslo show a time of March 2026, and what is due then happen; how much there was."""

    def move(moment):
        clock.move_to(datetime.fromisoformat(f"2026-03-{moment}:00Z"))
        return keep_promises()

    return move


@pytest.fixture
def seen(messages, citizen, monkeypatch):
    """All that the citizen sees of their messages, byte by byte but for when they look."""

    def read():
        with monkeypatch.context() as patched:
            patched.setattr(messages, "clock", lambda: datetime(2026, 3, 2, tzinfo=UTC))
            pages = [messages.page({}, citizen()), messages.for_home({}, citizen())]
            threads = [one["id"] for one in orjson.loads(pages[0])["items"]]
            return pages, [messages.thread({"thread": thread}, citizen()) for thread in threads]

    return read


@pytest.fixture
def everything(seen, told, gauge):
    """What the citizen sees, what is told, and what those who run HelsaMi are shown: the same wherever it lies."""
    return lambda: (seen(), told(), gauge())


def test_what_nobody_opens_goes_to_who_stands_in_then_to_the_unit_and_last_to_the_duty_inbox(
    write, move_to, everything, found, care
):
    (message,) = (one["id"] for one in write()["messages"])
    before = everything()

    for moment, where in (
        ("02T08:00", care.fysio),
        ("03T08:59", care.fysio),  # eight hours of seven a day, from nine in the morning
        ("03T09:00", care.other),
        ("04T09:59", care.other),
        ("04T10:00", "physiotherapy"),
        ("04T13:59", "physiotherapy"),
        ("04T14:00", "duty"),
    ):
        move_to(moment)
        assert found() == {where: [message]}
        assert everything() == before


def test_the_log_says_which_message_nobody_has_opened_and_not_where_it_lies(write, move_to, decide, monkeypatch):
    monkeypatch.setattr(logs, "_stream", log := StringIO())
    decide(route_message=Route.by(Stop(inbox=DUTY_INBOX, unopened_hours=2)))
    (message,) = (one["id"] for one in write()["messages"])

    move_to("02T10:00")

    (line,) = [one for one in log.getvalue().splitlines() if "message-unopened" in one]
    told = orjson.loads(line)
    assert told["about"] == message
    assert "trondheim" not in line


def test_in_the_duty_inbox_it_stays_and_is_counted_until_somebody_opens_it(
    messages, staff, write, found, move_to, gauge, decide
):
    decide(route_message=Route.by(Stop(inbox=DUTY_INBOX, unopened_hours=2)))
    (message,) = (one["id"] for one in write()["messages"])

    assert move_to("02T10:00") == 1
    assert move_to("20T10:00") == 0
    assert (found(), gauge()) == ({"duty": [message]}, {"employee": 0, "inbox": 0, "duty": 1})

    messages.open_message({"message": message}, staff())
    assert (found(), found("opened"), gauge()["duty"]) == ({}, {"duty": [message]}, 0)


def test_what_is_opened_and_answered_by_nobody_is_counted_after_ten_working_days_until_it_is_closed(
    messages, staff, write, move_to, long_unanswered, seen, found
):
    (message,) = (one["id"] for one in write()["messages"])
    messages.open_message({"message": message}, staff())
    before = seen()

    move_to("13T22:59")
    assert long_unanswered() == {"unopened": 0, "opened": 0}
    move_to("16T00:00")
    assert long_unanswered() == {"unopened": 0, "opened": 1}

    for _ in range(2):
        assert messages.close({"message": message}, staff()) == {"message": message}
    assert (long_unanswered(), found("opened"), seen()) == ({"unopened": 0, "opened": 0}, {}, before)


def test_what_is_forwarded_again_and_again_is_counted_by_when_it_was_written(
    messages, staff, write, move_to, gauge, long_unanswered
):
    (message,) = (one["id"] for one in write()["messages"])
    for day in (*range(3, 7), *range(9, 14), 16):
        move_to(f"{day:02}T08:00")
        messages.forward({"message": message, "to": {"inbox": ("home-care", "duty")[day % 2]}}, staff())

    assert gauge() == {"employee": 0, "inbox": 0, "duty": 0}
    assert long_unanswered() == {"unopened": 1, "opened": 0}


def test_what_is_forwarded_to_where_it_lies_moves_on_as_soon(messages, staff, write, found, move_to, care):
    (message,) = (one["id"] for one in write()["messages"])
    move_to("03T08:00")
    to = {"message": message, "to": {"employee": care.fysio}}
    assert messages.forward(to, staff()) == {"message": message, "due_at": "2026-03-03T09:00:00Z"}

    move_to("03T09:00")
    assert found() == {care.other: [message]}


def test_what_lies_in_an_inbox_that_is_no_more_is_found_until_it_is_answered(messages, staff, write, decide, found):
    decide(route_message=Route.by(Stop(inbox="home-care")))
    (message,) = (one["id"] for one in write()["messages"])
    manifest = messages.rules["trondheim"].manifest
    units = {"physiotherapy": manifest.units["physiotherapy"]}
    without = Manifest(**{**vars(manifest), "units": units})
    messages.rules = organisations_of(rules_of(manifest=without))
    place = {"inbox": "home-care"}

    assert [one["message"] for one in messages.lying(place, staff())["messages"]] == [message]
    messages.open_message({"message": message}, staff())
    place["state"] = "opened"
    assert [one["message"] for one in messages.lying(place, staff())["messages"]] == [message]
    messages.answer({"message": message, "text": "Ja.", "may_reply": False, "by_post": False}, staff())
    with pytest.raises(NotFound, match="inbox-not-found"):
        messages.lying(place, staff())


@pytest.fixture
def begun(messages, staff, write):
    """A thread with the physiotherapist whose last answer has opened for a reply."""
    thread = write()
    message = thread["messages"][0]["id"]
    messages.open_message({"message": message}, staff())
    messages.answer({"message": message, "text": "Ja.", "may_reply": True, "by_post": False}, staff())
    return thread["id"]


@pytest.mark.parametrize("left", [("fysio",), ("fysio", "other")])
def test_a_reply_to_whoever_treats_the_citizen_no_longer_goes_to_the_unit(
    messages, citizen, begun, receive, decide, care, left
):
    thread = begun
    stay = [care.member(key, name) for who, key, name in (("other", care.other, "Rolig Fjord"),) if who not in left]
    receive(care.team(*stay) if stay else {**care.usual, "status": "inactive"})
    asked = []

    def to_the_unit(question):
        asked.append((question.employee, question.colleagues))
        return Route.by(Stop(inbox=question.unit))

    decide(route_message=to_the_unit, list_recipients=Recipients.of())
    assert messages.reply({"thread": thread, "text": "Takk."}, citizen())

    assert asked == [("", {messages.ids.employee("trondheim", care.other)} if stay else frozenset())]


def test_what_was_opened_in_time_goes_no_further(messages, staff, write, found, move_to, care):
    (message,) = (one["id"] for one in write()["messages"])
    move_to("03T08:59")
    messages.open_message({"message": message}, staff())

    move_to("20T10:00")
    assert (found(), found("opened")) == ({}, {care.fysio: [message]})


def test_a_way_that_was_decided_holds_whatever_the_rules_say_later(messages, write, found, move_to, care, decide):
    (message,) = (one["id"] for one in write()["messages"])
    decide(route_message=Route.by(Stop(inbox=DUTY_INBOX)))
    messages.rules["trondheim"].enter("paused")

    move_to("03T09:00")

    assert found() == {care.other: [message]}


def test_a_way_ends_in_the_duty_inbox_also_where_it_was_there_before(write, found, move_to, decide):
    decide(route_message=Route.by(Stop(inbox=DUTY_INBOX, unopened_hours=1), Stop(inbox="home-care", unopened_hours=1)))
    (message,) = (one["id"] for one in write()["messages"])

    lay = []
    for moment in ("02T08:00", "02T09:00", "02T10:00"):
        move_to(moment)
        lay += found()
    assert lay == ["duty", "home-care", "duty"]
    assert found() == {"duty": [message]}


def test_a_reply_goes_its_own_way(messages, staff, citizen, write, found, decide, care):
    thread = write()
    message = thread["messages"][0]["id"]
    messages.open_message({"message": message}, staff())
    messages.answer({"message": message, "text": "Ja.", "may_reply": True, "by_post": False}, staff())
    decide(route_message=lambda asked: Route.by(Stop(inbox="home-care")))

    reply = messages.reply({"thread": thread["id"], "text": "Takk."}, citizen())["messages"][-1]["id"]

    assert (found(), found("opened")) == ({"home-care": [reply]}, {})


def test_rules_are_asked_about_the_unit_the_person_and_their_colleagues_alone(messages, write, decide, care):
    asked = []
    decide(route_message=lambda question: asked.append(question) or Route.by(Stop(inbox=question.unit)))
    write(actor="p1", basis="grant")

    fysio, other = (messages.ids.employee("trondheim", key) for key in (care.fysio, care.other))
    (question,) = asked
    assert (question.unit, question.employee, question.colleagues) == ("physiotherapy", fysio, {other})
    assert question.inboxes == {"physiotherapy", "home-care", "duty"}
    assert (question.actor, question.age_band) == ("grant", "16+")


def test_what_was_decided_about_a_message_can_be_explained(messages, staff, write):
    (message,) = (one["id"] for one in write()["messages"])

    (decided,) = orjson.loads(messages.explain({"id": message}, staff()))["items"]

    assert (decided["hook"], decided["organisation"], decided["about"]) == ("route_message", "trondheim", message)


@given(st.lists(st.sampled_from(["duty", "home-care", "physiotherapy"]), min_size=1, unique=True), st.data())
def test_every_way_ends_in_the_duty_inbox_and_a_message_that_is_forwarded_misses_no_stop(inboxes, data):
    stops = stops_of(Route.by(*(Stop(inbox=inbox) for inbox in inboxes)))
    assert [stop.inbox for stop in stops] in (inboxes, [*inboxes, "duty"])
    assert stops[-1].inbox == "duty"

    at = data.draw(st.integers(0, len(stops) - 1))
    to = data.draw(st.sampled_from(["duty", "home-care", "elsewhere"]))
    lying = Lying("m", "c", "t", "trondheim", stops[at], stops[at + 1 :], MONDAY, MONDAY, MONDAY, hop=at)
    then = [stop.inbox for stop in forwarded(lying, to, "")]

    assert then[0] == to
    assert then[-1] == "duty"
    assert {stop.inbox for stop in lying.ahead} <= set(then)
    assert to not in then[1:-1]


def test_the_duty_inbox_is_the_one_that_rules_know():
    assert DUTY == DUTY_INBOX
