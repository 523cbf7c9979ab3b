"""What a citizen writes and reads."""

from datetime import timedelta

import pytest

from helsami_kernel.errors import Forbidden, Malformed, NotFound, Refused
from helsami_messages.threads import schemas
from helsami_messages.threads.domain import MOST_UNANSWERED, WAITS
from helsami_sdk.answers import Reachable, Recipients, Restriction

MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
TURNED = "\u202a\u202e\u2066\u2069"
UNSEEN = f"{TURNED}\u200b\u200f\u2028\u2029\ufeff\x85"
AN_HOUR = timedelta(hours=1)


def closed_for_replies(asked):
    return Recipients.of(*(Reachable(one.id, may_reply=False) for one in asked.recipients))


@pytest.fixture
def answered(messages, staff, write):
    """Have staff open and answer the last message of a new thread; the thread's id."""

    def begun(*, may_reply=True, **answer):
        thread = write()
        message = thread["messages"][-1]["id"]
        messages.open_message({"message": message}, staff())
        answer = {"text": "Ta det med ro.", "may_reply": may_reply, "by_post": False, **answer}
        messages.answer({"message": message, **answer}, staff())
        return thread["id"]

    return begun


def test_what_is_written_is_read_back_with_whom_it_is_to(messages, citizen, write, page):
    thread = write()

    listed = {
        "id": thread["id"],
        "organisation": "trondheim",
        "at": "2026-03-02T08:00:00Z",
        "unit": "physiotherapy",
        "to": {"kind": "employee", "role": "FT", "name": "Stødig Granitt"},
        "subject": "Kneet",
        "state": "sent",
        "unread": False,
        "may_reply": False,
    }
    (message,) = thread["messages"]
    assert thread == {**listed, "messages": [message]}
    assert message == {
        "id": message["id"],
        "author": "citizen",
        "by": None,
        "text": "Det gjør vondt.",
        "at": "2026-03-02T08:00:00Z",
        "on_behalf": False,
    }
    assert schemas.ThreadShown().dump(thread) == thread
    assert page()["items"] == [listed]
    assert messages.thread({"thread": thread["id"]}, citizen()) == thread
    assert messages.for_home({}, citizen()) == messages.page({"limit": 5}, citizen())


def test_a_unit_is_written_to_by_itself(write):
    assert write(None)["to"] == {"kind": "unit", "role": None, "name": None}


def test_the_thread_with_the_newest_message_comes_first(messages, staff, write, page, clock):
    older = write(subject="Eldre")
    clock.move(AN_HOUR)
    newer = write(subject="Nyere")
    assert [one["id"] for one in page()["items"]] == [newer["id"], older["id"]]

    clock.move(AN_HOUR)
    message = older["messages"][0]["id"]
    messages.open_message({"message": message}, staff())
    messages.answer({"message": message, "text": "Ja.", "may_reply": False, "by_post": False}, staff())

    assert [one["id"] for one in page()["items"]] == [older["id"], newer["id"]]


def test_pages_follow_each_other(write, page, clock):
    ids = []
    for number in range(3):
        ids.append(write(subject=f"Nr {number}")["id"])
        clock.move(AN_HOUR)
    first = page(limit=2)

    assert [one["id"] for one in first["items"] + page(limit=2, cursor=first["next"])["items"]] == ids[::-1]


def test_an_answer_is_unread_until_its_citizen_has_read_it(messages, citizen, answered, page, told):
    thread = answered()

    (listed,) = page()["items"]
    assert (listed["state"], listed["unread"], listed["may_reply"]) == ("answered", True, True)
    assert told() == [("message_answered", "c1", {"thread": thread, "access_limit": ""})]

    last = messages.thread({"thread": thread}, citizen())["messages"][-1]["id"]
    for _ in range(2):
        assert messages.mark_read({"thread": thread, "message": last}, citizen()) == {"thread": thread}
    (read,) = page()["items"]
    assert read == {**listed, "unread": False}


def test_an_answer_that_came_after_what_its_citizen_has_seen_stays_unread(messages, citizen, staff, answered, page):
    thread = answered()
    first, seen = (one["id"] for one in messages.thread({"thread": thread}, citizen())["messages"])
    messages.answer({"message": first, "text": "En ting til.", "may_reply": True, "by_post": False}, staff())
    for message in (seen, first):
        messages.mark_read({"thread": thread, "message": message}, citizen())
        assert page()["items"][0]["unread"]
    elsewhere = messages.thread({"thread": answered()}, citizen())["messages"][-1]["id"]
    for message in (MISSING, "", elsewhere):
        with pytest.raises(NotFound, match="message-not-found"):
            messages.mark_read({"thread": thread, "message": message}, citizen())

    last = messages.thread({"thread": thread}, citizen())["messages"][-1]["id"]
    messages.reply({"thread": thread, "text": "Takk."}, citizen())  # from another window: they know what they wrote
    messages.mark_read({"thread": thread, "message": last}, citizen())
    assert {one["id"]: one["unread"] for one in page()["items"]}[thread] is False


def test_who_answers_is_named_where_the_citizens_care_team_names_them(messages, citizen, answered, care):
    by = [
        messages.thread({"thread": answered(**who)}, citizen())["messages"][-1]["by"]
        for who in ({"employee": care.other}, {"employee": "urn:oid:9.9.9|somebody"}, {})
    ]

    assert by == [{"role": "FT", "name": "Rolig Fjord"}, None, None]


def test_a_reply_needs_an_answer_that_opens_for_it(messages, citizen, write, answered):
    unanswered, closed, opened = write()["id"], answered(may_reply=False), answered()

    for thread in (unanswered, closed):
        with pytest.raises(Refused, match="no-reply"):
            messages.reply({"thread": thread, "text": "Takk."}, citizen())
    replied = messages.reply({"thread": opened, "text": "Takk."}, citizen())

    assert [one["text"] for one in replied["messages"]] == ["Det gjør vondt.", "Ta det med ro.", "Takk."]
    assert replied["state"] == "sent"


def test_an_organisation_may_let_no_answer_open_for_a_reply(messages, citizen, answered, decide):
    decide(list_recipients=closed_for_replies)

    with pytest.raises(Refused, match="no-reply"):
        messages.reply({"thread": answered(may_reply=True), "text": "Takk."}, citizen())


def test_the_same_key_writes_and_replies_once(messages, citizen, recipient, answered, page):
    command = {"recipient": recipient(), "subject": "Kneet", "text": "Vondt."}
    first, again = (messages.write(command, citizen(idempotency_key="k1")) for _ in range(2))
    assert first == again

    reply = {"thread": answered(), "text": "Takk."}
    first, again = (messages.reply(reply, citizen(idempotency_key="k2")) for _ in range(2))
    assert first == again
    assert len(page()["items"]) == 2


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_citizen_may_have_so_many_messages_unanswered(write, page):
    for number in range(MOST_UNANSWERED):
        write(subject=f"Nr {number}")

    with pytest.raises(Refused, match="too-many-messages"):
        write(subject="En til")
    assert len(page(limit=100)["items"]) == MOST_UNANSWERED


@pytest.fixture
def full(messages, citizen, write):
    """A citizen who may write no more where they have written; what they have written first."""
    first, *_ = [write(subject=f"Nr {number}") for number in range(MOST_UNANSWERED)]
    with pytest.raises(Refused, match="too-many-messages"):
        write(subject="En til")
    return first


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_was_written_long_ago_waits_no_longer_and_another_may_write_for_whoever_has_written_much(
    write, full, clock, page
):
    assert write(subject="For en annen", actor="p1", basis="grant")
    clock.move(WAITS)
    assert write(subject="En til")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_how_much_waits_does_not_tell_what_staff_have_opened_but_what_they_have_answered(
    messages, citizen, staff, write, full
):
    message = full["messages"][0]["id"]
    messages.open_message({"message": message}, staff())
    with pytest.raises(Refused, match="too-many-messages"):
        write(subject="En til")

    messages.answer({"message": message, "text": "Ja.", "may_reply": True, "by_post": False}, staff())
    reply = {"thread": full["id"], "text": "Takk."}
    messages.reply(reply, citizen())
    with pytest.raises(Refused, match="too-many-messages"):
        messages.reply(reply, citizen())
    answer = {"message": message, "text": "Bare hyggelig.", "may_reply": True, "by_post": False}
    messages.answer(answer, staff())  # the reply is unopened
    assert messages.reply(reply, citizen())


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_who_has_written_much_to_one_organisation_may_write_to_another(messages, citizen, full, receive, care):
    receive(care.team(organisation="oya_legesenter"), organisation="oya_legesenter")
    known = messages.recipients({}, citizen())["recipients"]
    other = next(one["id"] for one in known if one["organisation"] == "oya_legesenter")

    assert messages.write({"recipient": other, "subject": "Kneet", "text": "Vondt."}, citizen())


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("named", [MISSING, "", "æ", "x" * 40, "a\x00b"])
@pytest.mark.parametrize("ask", ["thread", "reply", "mark_read"])
def test_what_is_not_there_and_what_is_somebody_elses_are_not_found_alike(messages, citizen, write, ask, named):
    theirs = write()["id"]
    more = {"reply": {"text": "Hei."}, "mark_read": {"message": MISSING}}.get(ask, {})
    refusals = []
    for thread in (named, theirs):
        with pytest.raises(NotFound) as refusal:
            getattr(messages, ask)({"thread": thread, **more}, citizen("c2"))
        refusals.append((refusal.value.code, refusal.value.problems))

    assert refusals == [("thread-not-found", ())] * 2


def test_a_hidden_thread_is_not_there_for_whom_it_is_hidden_from(messages, citizen, answered, page):
    thread = answered()
    found = messages.item({"kind": "thread", "item": thread}, citizen())
    assert (found["item"], found["organisation"]) == (thread, "trondheim")
    parent = {"actor": "p1", "basis": "parental", "age_band": "0-11", "hidden": frozenset({thread})}

    assert page(claims=parent)["items"] == []
    for ask, more in (("thread", {}), ("reply", {"text": "Hei."})):
        with pytest.raises(NotFound, match="thread-not-found"):
            getattr(messages, ask)({"thread": thread, **more}, citizen(**parent))


def test_who_writes_for_somebody_says_so_and_reads_nothing_for_them(messages, citizen, write):
    representative = {"actor": "p1", "basis": "grant"}
    thread = write(**representative)

    assert [one["on_behalf"] for one in thread["messages"]] == [True]
    with pytest.raises(Forbidden):
        messages.mark_read({"thread": thread["id"], "message": MISSING}, citizen(**representative))


@pytest.mark.parametrize(("protected", "phone"), [(False, "+47 00 00 00 13"), (True, "")], ids=["open", "protected"])
def test_whom_an_organisation_lets_do_nothing_here_for_another_writes_and_replies_nothing(
    messages, citizen, answered, recipient, decide, protected, phone
):
    thread, to = answered(), recipient()
    decide(limit_delegation=frozenset({"messages:read"}))
    representative = {"actor": "p1", "basis": "grant", "protected": protected}

    for call in (
        lambda: messages.write({"recipient": to, "subject": "Kneet", "text": "Vondt."}, citizen(**representative)),
        lambda: messages.reply({"thread": thread, "text": "Takk."}, citizen(**representative)),
    ):
        with pytest.raises(Refused, match="not-delegated") as refusal:
            call()
        assert [(one.field, one.expected) for one in refusal.value.problems] == [
            ("way", "phone"),
            ("phone", phone),
        ]
    assert messages.recipients({}, citizen(**representative))["recipients"] == []
    assert messages.thread({"thread": thread}, citizen(**representative))["id"] == thread


def test_a_thread_that_an_organisation_withholds_from_others_is_its_citizens_own(decide, write, page):
    write()
    decide(restrict_sharing=lambda asked: Restriction.withhold("own-eyes") if asked.reader == "grant" else None)

    assert len(page()["items"]) == 1
    assert page(claims={"actor": "p1", "basis": "grant"})["items"] == []


def test_at_a_protected_address_nothing_says_where_or_who(messages, citizen, answered, page, care):
    thread = messages.thread({"thread": answered(employee=care.other)}, citizen(protected=True))
    (listed,) = page(claims={"protected": True})["items"]

    for read in (thread, listed):
        assert (read["organisation"], read["unit"]) == (None, None)
        assert read["to"] == {"kind": "employee", "role": "FT", "name": None}
    assert thread["messages"][-1]["by"] == {"role": "FT", "name": None}
    for one in messages.recipients({}, citizen(protected=True))["recipients"]:
        assert (one["organisation"], one["unit"], one["name"]) == (None, None, None)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "   "}, "subject"),
        ({"subject": "a\nb"}, "subject"),
        ({"subject": "x" * 101}, "subject"),
        *(({"subject": f"a{sign}b"}, "subject") for sign in UNSEEN),
        *(({"text": f"a{sign}b"}, "text") for sign in TURNED),
        ({"subject": "\u200b"}, "subject"),
        ({"text": "\u200b\ufeff\u2028"}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \n\t "}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "a\x1b[31mb"}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"recipient": 7}, "recipient"),
        ({"attachment": "x"}, "."),
    ],
)
def test_what_cannot_be_written_is_malformed_by_its_field(messages, citizen, recipient, wrong, field):
    command = {"recipient": recipient(), "subject": "Kneet", "text": "Vondt."} | wrong

    with pytest.raises(Malformed) as refusal:
        messages.write(command, citizen())

    assert [one.field for one in refusal.value.problems] == [field]


def test_several_lines_may_be_written(write):
    assert write(text="Hei,\n\tdet gjør vondt.\r\nHilsen meg")["messages"][0]["text"].count("\n") == 2


def test_signs_that_are_made_of_several_may_be_written_in_a_text(write):
    assert write(text="\U0001f469\u200d\u2695\ufe0f")["messages"][0]["text"] == "\U0001f469\u200d\u2695\ufe0f"
