"""What staff find, open, forward and answer, and to whom they write first."""

from datetime import timedelta

import pytest

from harness.news import come_back
from helsami_kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refused
from helsami_kernel.testing import citizen_token
from helsami_messages.inboxes import schemas
from helsami_sdk.answers import Restriction, Route, Stop

FIRST = {"citizen": "c1", "unit": "u", "subject": "x", "text": "y"}
MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
YOUTH = {"meta": {"security": [{"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": "NORN_UNGDOM"}]}}


@pytest.fixture
def message(write):
    """The id of a message that lies with a physiotherapist."""
    return write()["messages"][0]["id"]


@pytest.fixture
def open_it(messages, staff, message):
    return messages.open_message({"message": message}, staff())


@pytest.fixture
def to_citizen(care):
    """A command by which staff write to a citizen whom they treat."""
    return {
        "citizen": "c1",
        "unit": "physiotherapy",
        "employee": care.fysio,
        "subject": "Øvelser",
        "text": "Gjør dem to ganger om dagen.",
        "may_reply": True,
        "by_post": False,
    }


def test_what_lies_with_somebody_is_ids_and_times_the_first_to_arrive_first(messages, staff, write, care, clock):
    ids = []
    for _ in range(3):
        ids.append(write()["messages"][0]["id"])
        clock.move(timedelta(minutes=1))
    first = messages.lying({"employee": care.fysio, "limit": 2}, staff())
    rest = messages.lying({"employee": care.fysio, "limit": 2, "cursor": first["next"]}, staff())

    assert [one["message"] for one in first["messages"] + rest["messages"]] == ids
    assert rest["next"] is None
    assert schemas.LyingPage().dump(first) == first
    assert {key: value for key, value in first["messages"][0].items() if key not in {"message", "thread"}} == {
        "state": "unopened",
        "arrived_at": "2026-03-02T08:00:00Z",
        "due_at": "2026-03-03T09:00:00Z",
    }


def test_whoever_opens_a_message_reads_the_thread(messages, staff, message, open_it, found, care):
    assert schemas.Opened().dump(open_it) == open_it
    assert (open_it["message"], open_it["subject"]) == (message, "Kneet")
    assert [one["text"] for one in open_it["messages"]] == ["Det gjør vondt."]
    assert "unread" not in open_it
    assert (found(), found("opened")) == ({}, {care.fysio: [message]})
    assert messages.open_message({"message": message}, staff()) == open_it


def test_what_is_answered_lies_nowhere_any_more(messages, staff, message, open_it, found):
    answer = {"message": message, "text": "Ta det med ro.", "may_reply": True, "by_post": False}

    sent, again = (messages.answer(answer, staff(idempotency_key="k1")) for _ in range(2))

    assert sent == again == {"thread": open_it["id"], "message": sent["message"]}
    assert (found(), found("opened")) == ({}, {})
    assert len(messages.open_message({"message": message}, staff())["messages"]) == 2


def test_an_answer_needs_a_message_that_somebody_has_opened(messages, staff, message, told):
    with pytest.raises(Conflict, match="message-unopened"):
        messages.answer({"message": message, "text": "Ja.", "may_reply": True, "by_post": False}, staff())
    with pytest.raises(Conflict, match="message-unopened"):
        messages.close({"message": message}, staff())
    assert told() == []


def test_a_message_that_is_still_unopened_lies_on_when_another_of_its_thread_is_answered(
    messages, citizen, staff, message, open_it, found, care
):
    answer = {"message": message, "text": "Ja.", "may_reply": True, "by_post": False}
    messages.answer(answer, staff())
    reply = messages.reply({"thread": open_it["id"], "text": "Takk."}, citizen())["messages"][-1]["id"]

    messages.answer({**answer, "text": "En ting til."}, staff())

    assert found() == {care.fysio: [reply]}


def test_whoever_opens_a_message_has_opened_all_that_they_are_shown_with_it(
    messages, citizen, staff, message, open_it, found, care
):
    messages.answer({"message": message, "text": "Ja?", "may_reply": True, "by_post": False}, staff())
    reply = messages.reply({"thread": open_it["id"], "text": "Takk."}, citizen())["messages"][-1]["id"]
    assert found() == {care.fysio: [reply]}

    shown = messages.open_message({"message": message}, staff())

    assert [one["text"] for one in shown["messages"]] == ["Det gjør vondt.", "Ja?", "Takk."]
    assert (found(), found("opened")) == ({}, {care.fysio: [reply]})


def test_what_is_forwarded_lies_there_alone_and_its_clock_begins_anew(
    messages, staff, message, found, care, clock, keep_promises
):
    clock.move(timedelta(hours=2))
    command = {"message": message, "to": {"inbox": "home-care"}}
    moved, again = (messages.forward(command, staff(idempotency_key="k1")) for _ in range(2))

    assert moved == again == {"message": message, "due_at": "2026-03-03T11:00:00Z"}
    assert found() == {"home-care": [message]}
    clock.move(timedelta(hours=24))  # when it would have moved on from where it lay first
    keep_promises()
    assert found() == {"home-care": [message]}
    clock.move(timedelta(hours=1))
    keep_promises()
    assert found() == {care.other: [message]}


def test_what_was_opened_and_is_forwarded_is_unopened_where_it_lies_then(
    messages, staff, message, open_it, found, care
):
    messages.forward({"message": message, "to": {"employee": care.other}}, staff())

    assert (found(), found("opened")) == ({care.other: [message]}, {})


def test_what_is_forwarded_from_the_duty_inbox_comes_back_there_unopened(
    messages, staff, write, found, decide, clock, keep_promises
):
    decide(route_message=Route.by(Stop(inbox="duty", unopened_hours=1)))
    message = write()["messages"][0]["id"]
    messages.forward({"message": message, "to": {"inbox": "home-care"}}, staff())

    clock.move(timedelta(hours=1))
    keep_promises()

    assert found() == {"duty": [message]}


def test_what_is_answered_is_forwarded_no_more(messages, staff, message, open_it):
    messages.answer({"message": message, "text": "Ja.", "may_reply": False, "by_post": False}, staff())

    with pytest.raises(Conflict, match="message-answered"):
        messages.forward({"message": message, "to": {"inbox": "duty"}}, staff())


@pytest.mark.parametrize(
    ("to", "code"),
    [({"inbox": "no-such"}, "inbox-not-found"), ({"employee": "urn:oid:9.9.9|nobody"}, "employee-not-found")],
)
def test_nothing_is_forwarded_to_where_nobody_would_find_it(messages, staff, message, found, care, to, code):
    with pytest.raises(NotFound, match=code):
        messages.forward({"message": message, "to": to}, staff())
    assert found() == {care.fysio: [message]}


@pytest.mark.parametrize(
    ("ask", "more"),
    [
        ("open_message", {}),
        ("close", {}),
        ("forward", {"to": {"inbox": "duty"}}),
        ("answer", {"text": "Ja.", "may_reply": True, "by_post": False}),
    ],
)
def test_another_organisations_message_and_a_missing_one_are_not_found_alike(
    messages, staff, message, found, care, ask, more
):
    refusals = []
    for organisation, named in (("oya_legesenter", message), ("trondheim", MISSING), ("trondheim", "æ\x00")):
        with pytest.raises(NotFound) as refusal:
            getattr(messages, ask)({"message": named, **more}, staff(organisation))
        refusals.append((refusal.value.code, refusal.value.problems))

    assert refusals == [("message-not-found", ())] * 3
    assert found() == {care.fysio: [message]}
    assert messages.lying({"employee": care.fysio}, staff("oya_legesenter"))["messages"] == []


def test_staff_write_to_a_citizen_whom_they_treat_who_is_told_and_may_reply(
    messages, citizen, staff, treated, page, told, to_citizen
):
    sent, again = (messages.write_to(to_citizen, staff(idempotency_key="k1")) for _ in range(2))
    assert sent == again

    (listed,) = page()["items"]
    assert (listed["id"], listed["state"], listed["unread"], listed["may_reply"]) == (
        sent["thread"],
        "received",
        True,
        True,
    )
    (message,) = messages.thread({"thread": sent["thread"]}, citizen())["messages"]
    assert (message["author"], message["by"]) == ("staff", {"role": "FT", "name": "Stødig Granitt"})
    assert told() == [("message_written", "c1", {"thread": sent["thread"], "access_limit": ""})]
    assert messages.reply({"thread": sent["thread"], "text": "Takk."}, citizen())["state"] == "sent"


def test_staff_write_as_a_unit_as_well(messages, citizen, staff, treated, to_citizen):
    del to_citizen["employee"]
    sent = messages.write_to(to_citizen, staff())

    (message,) = messages.thread({"thread": sent["thread"]}, citizen())["messages"]
    assert message["by"] is None


@pytest.mark.parametrize(
    "wrong", [{"citizen": "c2"}, {"unit": "home-care"}, {"employee": "urn:oid:9.9.9|nobody"}, {"unit": "no-such"}]
)
def test_staff_write_to_nobody_whom_they_do_not_treat(messages, staff, treated, told, to_citizen, wrong):
    with pytest.raises(NotFound, match="relation-not-found"):
        messages.write_to({**to_citizen, **wrong}, staff())
    with pytest.raises(NotFound, match="relation-not-found"):
        messages.write_to(to_citizen, staff("oya_legesenter"))
    assert told() == []


def test_an_answer_that_would_reach_nobody_is_refused_and_its_message_waits_on(messages, staff, open_it, found, told):
    answer = {"message": open_it["message"], "text": "Ja.", "may_reply": True, "by_post": True}

    with pytest.raises(Refused, match="not-digital"):
        messages.answer(answer, staff())

    assert messages.open_message({"message": open_it["message"]}, staff()) == open_it
    assert (len(found("opened")), told()) == (1, [])
    messages.close({"message": open_it["message"]}, staff())
    assert found("opened") == {}


def test_what_staff_write_first_is_refused_where_it_reaches_nobody(messages, staff, treated, page, told, to_citizen):
    with pytest.raises(Refused, match="not-digital"):
        messages.write_to({**to_citizen, "by_post": True}, staff())

    assert (page()["items"], told()) == ([], [])


def test_what_was_sent_before_its_citizen_left_is_sent_again_as_before(messages, staff, message, open_it):
    answer = {"message": message, "text": "Ja.", "may_reply": True}

    sent, again = (
        messages.answer({**answer, "by_post": left}, staff(idempotency_key="k1")) for left in (False, True)
    )

    assert sent == again


def test_of_whom_staff_do_not_treat_they_do_not_learn_that_they_have_left(messages, staff, treated, to_citizen):
    with pytest.raises(NotFound, match="relation-not-found"):
        messages.write_to({**to_citizen, "citizen": "c2", "by_post": True}, staff())


def test_a_young_person_is_not_told_of_what_is_hidden_from_them(messages, staff, receive, told, care, to_citizen):
    receive({**care.usual, **YOUTH})

    messages.write_to(to_citizen, staff())

    assert told() == []


def test_nobody_is_told_of_an_answer_that_their_organisation_does_not_show_them(
    messages, citizen, staff, message, open_it, told, decide
):
    answer = {"message": message, "text": "Kom i morgen.", "may_reply": False, "by_post": False}
    decide(restrict_sharing=lambda _: Restriction.withhold("not-shown"))
    thread = messages.answer(answer, staff())["thread"]

    with pytest.raises(NotFound, match="thread-not-found"):
        messages.thread({"thread": thread}, citizen())
    assert told() == []


def test_of_an_answer_while_its_organisation_is_paused_is_told_afterwards(messages, staff, message, open_it, told):
    messages.rules["trondheim"].enter("paused")
    answer = {"message": message, "text": "Ja.", "may_reply": False, "by_post": False}
    thread = messages.answer(answer, staff())["thread"]
    assert told() == []

    come_back(messages)

    assert told() == [("message_answered", "c1", {"thread": thread})], "its limit is told by itself"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("ask", "command", "field"),
    [
        ("lying", {}, "inbox"),
        ("lying", {"inbox": "duty", "employee": "x"}, "inbox"),
        ("lying", {"inbox": "duty", "state": "lost"}, "state"),
        ("lying", {"inbox": "duty", "limit": 0}, "limit"),
        ("lying", {"inbox": "duty", "cursor": "x"}, "cursor"),
        ("forward", {"message": MISSING, "to": {}}, "to.inbox"),
        ("answer", {"message": MISSING, "text": "Ja.", "by_post": False}, "may_reply"),
        ("answer", {"message": MISSING, "text": "", "may_reply": True, "by_post": False}, "text"),
        ("answer", {"message": MISSING, "text": "Ja.", "may_reply": True}, "by_post"),
        ("write_to", {**FIRST, "may_reply": 7, "by_post": False}, "may_reply"),
        ("write_to", {**FIRST, "may_reply": True}, "by_post"),
    ],
)
def test_what_has_another_form_is_malformed_by_its_field(messages, staff, ask, command, field):
    with pytest.raises(Malformed) as refusal:
        getattr(messages, ask)(command, staff())

    assert [one.field for one in refusal.value.problems] == [field]


def test_whoever_speaks_for_no_organisation_finds_nothing(messages):
    with pytest.raises(Forbidden):
        messages.lying({"inbox": "duty"}, citizen_token("c1", ["organisations:manage"]))
