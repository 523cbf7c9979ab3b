"""Asking for what one cannot do oneself, and what staff answer."""

from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa

from helsami_appointments.models import REQUESTS
from helsami_appointments.requests import schemas
from helsami_kernel.database import OBLIGATIONS, OUTBOX
from helsami_kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refused
from helsami_kernel.obligations import claim
from helsami_kernel.testing import system_token
from helsami_sdk.answers import BookingDecision
from helsami_sdk.testing import organisations_of, rules_of

MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
DAY = timedelta(days=1)


def by_request(question):
    return BookingDecision.direct() if question.action == "book" else BookingDecision.request()


@pytest.fixture
def booked(appointments, citizen, journal):
    appointments.rules = organisations_of(rules_of(decide_booking=by_request))
    journal.schedule()
    return appointments.book({"slot": journal.slot("t1", hours=24 * 20)}, citizen())["id"]


@pytest.fixture
def staff():
    def token(organisation="trondheim", **claims):
        return system_token(organisation, scopes=frozenset({"organisations:manage"}), **claims)

    return token


@pytest.fixture
def asked(appointments, citizen, booked):
    command = {"appointment": booked, "action": "change", "wish": "Helst før lunsj"}
    return appointments.ask(command, citizen())["id"]


@pytest.fixture
def seen(appointments, citizen, booked):
    """The states of the citizen's requests, as the appointment shows them, with the appointment's own."""

    def read():
        shown = appointments.show({"appointment": booked}, citizen())
        return [one["state"] for one in shown["requests"]], shown["status"]

    return read


@pytest.fixture
def page(appointments, citizen):
    return lambda: orjson.loads(appointments.page({}, citizen()))["items"]


@pytest.fixture
def told(store):
    def events():
        with store.transaction(None) as tx:
            rows = tx.connection.execute(sa.select(OUTBOX)).all()
        return sorted(row.type for row in rows if row.type != "slot_booked")

    return events


def test_what_is_asked_is_shown_to_its_citizen_and_to_the_organisations_staff_alone(
    appointments, citizen, staff, booked, clock
):
    command = {"appointment": booked, "action": "change", "wish": "Helst før lunsj"}
    asked = appointments.ask(command, citizen())

    assert asked == {
        "id": asked["id"],
        "organisation": "trondheim",
        "appointment": booked,
        "action": "change",
        "wish": "Helst før lunsj",
        "state": "asked",
        "asked_at": "2026-03-02T08:00:00Z",
        "expires_at": "2026-03-09T08:00:00Z",
        "answered_at": None,
        "reason": None,
    }
    assert schemas.Request().dump(asked) == asked
    assert appointments.show({"appointment": booked}, citizen())["requests"] == [asked]
    assert appointments.open_requests({}, staff()) == {"requests": [asked], "about": ["c1"], "next": None}
    assert appointments.open_requests({}, staff("oya_legesenter")) == {"requests": [], "about": [], "next": None}


def test_staff_read_page_by_page_the_oldest_first(appointments, citizen, staff, journal, booked, clock):
    ids = []
    for number in range(5):
        slot = journal.slot(f"x{number}", hours=24 * 10 + number)
        appointment = appointments.book({"slot": slot}, citizen(f"c{number}"))["id"]
        clock.move(timedelta(seconds=1))
        ids.append(appointments.ask({"appointment": appointment, "action": "cancel"}, citizen(f"c{number}"))["id"])
    paged, cursor = [], None
    while True:
        page = appointments.open_requests({"limit": 2, "cursor": cursor}, staff())
        paged += [one["id"] for one in page["requests"]]
        if (cursor := page["next"]) is None:
            break

    assert paged == ids


def test_an_accepted_change_moves_the_appointment_to_the_time_that_staff_give(
    appointments, staff, journal, asked, seen, told, page
):
    slot = journal.slot("t2", hours=30)

    answered = appointments.answer_request({"request": asked, "answer": "accept", "slot": slot}, staff())

    assert (answered["state"], answered["answered_at"]) == ("accepted", "2026-03-02T08:00:00Z")
    assert [item["starts_at"] for item in page()] == ["2026-03-03T14:00:00Z"]
    assert seen() == (["accepted"], "booked")
    assert told() == ["appointment_changed", "request_answered"]
    assert appointments.open_requests({}, staff())["requests"] == []


def test_an_accepted_cancellation_cancels_and_another_wish_is_for_the_organisation_to_arrange(
    appointments, staff, citizen, booked, seen, told, clock
):
    for action in ("join-waitlist", "cancel"):
        clock.move(timedelta(seconds=1))
        asked = appointments.ask({"appointment": booked, "action": action}, citizen())["id"]
        appointments.answer_request({"request": asked, "answer": "accept"}, staff())

    assert seen() == (["accepted", "accepted"], "cancelled")
    assert told() == ["appointment_cancelled", "request_answered", "request_answered"]


def test_a_declined_request_has_a_reason_and_changes_nothing(appointments, staff, booked, asked, seen, told, citizen):
    answer = {"request": asked, "answer": "decline", "reason": "by-phone-only"}

    appointments.answer_request(answer, staff(idempotency_key="k1"))
    again = appointments.answer_request(answer, staff(idempotency_key="k1"))

    assert (again["state"], again["reason"]) == ("declined", "by-phone-only")
    assert seen() == (["declined"], "booked")
    assert told() == ["request_answered"]
    with pytest.raises(Conflict, match="request-ended"):
        appointments.answer_request(answer, staff())
    with pytest.raises(Conflict, match="request-ended"):
        appointments.withdraw_request({"request": asked}, citizen())


def test_another_organisations_request_and_a_missing_one_look_the_same(appointments, staff, citizen, asked, seen):
    for named, token in ((asked, staff("oya_legesenter")), (MISSING, staff()), ("\0", staff())):
        with pytest.raises(NotFound, match="request-not-found"):
            appointments.answer_request({"request": named, "answer": "accept"}, token)
    for named, token in ((asked, citizen("c2")), (MISSING, citizen())):
        with pytest.raises(NotFound, match="request-not-found"):
            appointments.withdraw_request({"request": named}, token)
    assert seen()[0] == ["asked"]


def test_whom_the_organisation_lets_act_for_nobody_takes_no_request_back(appointments, citizen, asked, seen):
    parent = citizen(actor="c9", basis="parental", age_band="0-11")

    def towards(**answers):
        appointments.rules = organisations_of(rules_of(decide_booking=by_request, **answers))

    towards(limit_delegation=frozenset({"appointments:read"}))
    with pytest.raises(Refused, match="not-delegated"):
        appointments.withdraw_request({"request": asked}, parent)
    towards(limit_delegation=frozenset())
    with pytest.raises(NotFound, match="request-not-found"):
        appointments.withdraw_request({"request": asked}, parent)
    towards()
    assert seen()[0] == ["asked"]
    assert appointments.withdraw_request({"request": asked}, parent)["state"] == "withdrawn"


@pytest.mark.parametrize(
    "answer",
    [
        {"answer": "accept"},
        {"answer": "accept", "reason": "too-late"},
        {"answer": "decline"},
        {"answer": "decline", "reason": "Not now!"},
        {"answer": "perhaps"},
    ],
)
def test_an_answer_that_says_too_little_or_too_much_changes_nothing(appointments, staff, asked, answer, seen, told):
    with pytest.raises(Malformed):
        appointments.answer_request({"request": asked, **answer}, staff())

    assert (seen()[0], told()) == (["asked"], [])


def test_a_time_that_cannot_be_given_leaves_the_request_open(appointments, citizen, staff, journal, asked, seen, told):
    journal.schedule("s1", organisation="oya_legesenter")
    taken = journal.slot("t3", hours=40)
    appointments.book({"slot": taken}, citizen("c2"))
    for slot, refusal, code in (
        (MISSING, NotFound, "slot-not-found"),
        (journal.slot("t1", hours=9, organisation="oya_legesenter"), NotFound, "slot-not-found"),
        (journal.slot("over", hours=-1), Conflict, "slot-past"),
        (taken, Conflict, "slot-taken"),
    ):
        with pytest.raises(refusal, match=code):
            appointments.answer_request({"request": asked, "answer": "accept", "slot": slot}, staff())

    assert (seen()[0], told()) == (["asked"], [])


def test_the_same_is_asked_once_and_asked_again_when_it_was_withdrawn(
    appointments, citizen, booked, asked, seen, clock, rows
):
    command = {"appointment": booked, "action": "change"}
    with pytest.raises(Conflict, match="already-asked"):
        appointments.ask(command, citizen())

    appointments.withdraw_request({"request": asked}, citizen())
    clock.move(timedelta(seconds=1))
    once = appointments.ask(command, citizen(idempotency_key="k1"))

    assert appointments.ask(command, citizen(idempotency_key="k1")) == once
    assert seen()[0] == ["withdrawn", "asked"]
    assert [rows(table) for table in ("requests", "outbox")] == [2, 1]


def test_what_can_be_done_directly_or_by_phone_alone_is_not_asked_for(appointments, citizen, booked, rows):
    command = {"appointment": booked, "action": "change"}
    appointments.rules = organisations_of(rules_of(decide_booking=BookingDecision.direct()))
    with pytest.raises(Conflict, match="can-be-done-directly"):
        appointments.ask(command, citizen())
    appointments.rules = organisations_of(rules_of(decide_booking=BookingDecision.phone()))
    with pytest.raises(Refused, match="by-phone-only"):
        appointments.ask(command, citizen())
    with pytest.raises(NotFound, match="appointment-not-found"):
        appointments.ask(command, citizen("c2"))

    assert [rows(table) for table in ("requests", "requests_received")] == [0, 0]


@pytest.mark.parametrize("wish", ["x" * 501, "\0", 7])
def test_a_wish_that_is_too_long_or_no_text_is_malformed(appointments, citizen, booked, wish):
    with pytest.raises(Malformed):
        appointments.ask({"appointment": booked, "action": "change", "wish": wish}, citizen())


def test_a_request_that_nobody_answers_expires_and_its_citizen_is_told_once(
    appointments, store, staff, asked, seen, told, clock
):
    clock.move(7 * DAY - timedelta(seconds=1))
    assert claim(store._database, ["expire_request"]) == []
    clock.move(timedelta(seconds=1))
    (due,) = claim(store._database, ["expire_request"])

    appointments.expire_request(due)
    appointments.expire_request(due)

    assert (seen()[0], told()) == (["expired"], ["request_expired"])
    with pytest.raises(Conflict, match="request-ended"):
        appointments.answer_request({"request": asked, "answer": "accept"}, staff())


@pytest.mark.usefixtures("booked")
def test_a_request_about_what_begins_sooner_ends_then_and_an_answered_one_does_not_expire(
    appointments, citizen, staff, store, journal, clock
):
    soon = appointments.book({"slot": journal.slot("soon", hours=5)}, citizen())["id"]
    asked = appointments.ask({"appointment": soon, "action": "cancel"}, citizen())
    assert asked["expires_at"] == "2026-03-02T13:00:00Z"
    appointments.answer_request({"request": asked["id"], "answer": "decline", "reason": "too-late"}, staff())

    clock.move(DAY)

    assert claim(store._database, ["expire_request"]) == []
    with store.transaction(None) as tx:
        of_requests = sa.select(OBLIGATIONS).where(OBLIGATIONS.c.kind == "expire_request")
        (promise,) = tx.connection.execute(of_requests).all()
    assert orjson.loads(promise.payload) == {"request": asked["id"]}


def test_nobody_asks_and_a_citizen_answers_nothing(appointments, citizen, booked, asked):
    with pytest.raises(Forbidden):
        appointments.ask({"appointment": booked, "action": "cancel"}, citizen(None))
    for call, question in (
        (appointments.open_requests, {}),
        (appointments.answer_request, {"request": asked, "answer": "decline", "reason": "too-late"}),
    ):
        with pytest.raises(Forbidden):
            call(question, citizen())


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_wish_is_read_by_its_owners_transactions_alone(store, url, asked):
    with store.transaction("c2") as tx:
        assert tx.connection.execute(sa.select(REQUESTS)).all() == []
    with store.transaction("c1") as tx:
        assert len(tx.connection.execute(sa.select(REQUESTS)).all()) == 1


def test_what_is_still_asked_about_an_appointment_ends_when_it_is_cancelled(
    appointments, booked, citizen, asked, staff, seen
):
    appointments.rules = organisations_of(rules_of(decide_booking=BookingDecision.direct()))

    appointments.cancel({"appointment": booked}, citizen())

    assert seen() == (["withdrawn"], "cancelled")
    assert appointments.open_requests({}, staff())["requests"] == []
    with pytest.raises(Conflict, match="request-ended"):
        appointments.answer_request({"request": asked, "answer": "decline", "reason": "no-time"}, staff())


@pytest.mark.parametrize(
    ("word", "after"),
    [
        ({"status": "cancelled"}, (["withdrawn"], "cancelled")),
        ({"hours": 24 * 21}, (["withdrawn"], "booked")),
        ({"patientInstruction": "Møt fastende."}, (["asked"], "booked")),
    ],
    ids=["cancelled", "moved", "the-same-time"],
)
def test_what_was_asked_is_asked_no_longer_once_the_record_system_has_moved_or_cancelled(
    journal, asked, seen, word, after
):
    """K17, of requests."""
    journal.appointment("a1", hours=24 * 20)
    assert seen() == (["asked"], "booked")

    journal.appointment("a1", **{"hours": 24 * 20, **word})

    assert seen() == after
