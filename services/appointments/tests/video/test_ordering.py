"""Ordering a consultation by video, taking it back, and asking for it."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import eventlet
import icalendar
import orjson
import pytest
import sqlalchemy as sa

from helsami_appointments.booked import known_of
from helsami_appointments.models import APPOINTMENTS
from helsami_appointments.schemas import Appointment
from helsami_appointments.store import Writes
from helsami_appointments.video import storage
from helsami_kernel.database import Database
from helsami_kernel.errors import Conflict, NotFound, Refused
from helsami_kernel.store import OpenStore
from helsami_sdk.answers import BookingDecision, Restriction
from helsami_sdk.testing import organisations_of, rules_of

MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
PAYMENT = {"message": "payment.video-as-in-person"}


def ways(shown, action):
    return next(
        ([way["way"] for way in one["ways"]] for one in shown["actions"] if one["action"] == action), "no such action"
    )


def test_a_citizen_orders_by_video_and_takes_it_back_where_the_organisation_lets_them(
    appointments, citizen, booked, shown, told
):
    before = shown(booked)
    ordered = appointments.order_video({"appointment": booked}, citizen())

    assert (before["setting"], ordered["setting"]) == (None, "virtual")
    assert ordered == Appointment().dump({**before, "setting": "virtual"})
    assert shown(booked)["setting"] == "virtual"
    assert told() == [("appointment_changed", "c1", 2, {"appointment": booked, "access_limit": ""})]

    back = appointments.meet_in_person({"appointment": booked}, citizen())

    assert back == Appointment().dump(before)
    assert {**shown(booked)} == before
    assert told()[1:] == [("appointment_changed", "c1", 3, {"appointment": booked, "access_limit": ""})]


def test_what_can_be_done_with_video_goes_both_ways(appointments, citizen, booked, shown):
    assert (ways(shown(booked), "video"), ways(shown(booked), "in-person")) == (["direct", "phone"], "no such action")

    appointments.order_video({"appointment": booked}, citizen())

    assert (ways(shown(booked), "video"), ways(shown(booked), "in-person")) == ("no such action", ["direct", "phone"])


@pytest.fixture
def wide(appointments, url, clock):
    """The service on as many connections as two calls at once need."""
    database, narrow = Database(url, pool_size=2, clock=clock), appointments.store
    kinds = (narrow._reads, narrow._writes)
    appointments.store = OpenStore(database, *kinds, told=lambda: None, decisions=narrow.decisions)
    yield appointments
    appointments.store = narrow
    database.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # SQLite has one writer
def test_an_order_and_a_word_of_its_record_system_at_once_do_not_undo_each_other(
    wide, citizen, booked, journal, shown, monkeypatch
):
    orders, read = [], Writes._at_slot_of

    def between_reading_and_storing(tx, known, appointment):
        orders.append(eventlet.spawn(wide.order_video, {"appointment": booked}, citizen()))
        with eventlet.Timeout(0.2, False):
            orders[0].wait()
        return read(tx, known, appointment)

    monkeypatch.setattr(Writes, "_at_slot_of", between_reading_and_storing)
    assert journal.appointment("a1", hours=24, patientInstruction="Møt fastende.") == {"outcome": "stored"}

    with pytest.raises(Conflict, match="appointment-changed"):
        orders[0].wait()
    assert (shown(booked)["setting"], shown(booked)["instructions"]) == (None, "Møt fastende.")


@pytest.mark.parametrize("method", ["order_video", "meet_in_person"])
@pytest.mark.parametrize(
    "decision", [BookingDecision.request("video-by-request"), BookingDecision.phone("by-phone-only")]
)
def test_where_it_is_not_direct_the_refusal_names_the_next_way(
    appointments, citizen, booked, rule, told, method, decision
):
    if method == "meet_in_person":
        appointments.order_video({"appointment": booked}, citizen())
    before = told()
    rule(appointments, decision)

    with pytest.raises(Refused, match=decision.reason) as refused:
        getattr(appointments, method)({"appointment": booked}, citizen())

    assert {one.field: one.expected for one in refused.value.problems}["way"] == decision.tier.value
    assert told() == before


def test_to_order_twice_is_refused_and_the_same_order_again_is_the_same(appointments, citizen, booked, told):
    with pytest.raises(Conflict, match="already-in-person"):
        appointments.meet_in_person({"appointment": booked}, citizen())
    first = appointments.order_video({"appointment": booked}, citizen(idempotency_key="k1"))

    assert appointments.order_video({"appointment": booked}, citizen(idempotency_key="k1")) == first
    with pytest.raises(Conflict, match="already-by-video"):
        appointments.order_video({"appointment": booked}, citizen())
    assert len(told()) == 1


def test_what_has_begun_or_was_cancelled_is_ordered_no_longer(appointments, citizen, booked, door):
    door.at(0)
    with pytest.raises(Conflict, match="appointment-past"):
        appointments.order_video({"appointment": booked}, citizen())
    door.at(-60)
    appointments.cancel({"appointment": booked}, citizen())

    with pytest.raises(Conflict, match="appointment-cancelled"):
        appointments.order_video({"appointment": booked}, citizen())


@pytest.mark.parametrize("method", ["order_video", "meet_in_person", "video", "join_video"])
def test_what_is_somebody_elses_or_hidden_is_not_there(appointments, citizen, by_video, method):
    def refusal(appointment, subject):
        with pytest.raises(NotFound) as refused:
            getattr(appointments, method)({"appointment": appointment}, citizen(subject))
        return refused.value.code, refused.value.problems

    assert refusal(by_video, "c2") == refusal(MISSING, "c2") == ("appointment-not-found", ())
    withheld = Restriction.withhold("home-care-hidden")
    appointments.rules = organisations_of(rules_of(decide_booking=BookingDecision.direct(), restrict_sharing=withheld))
    assert refusal(by_video, "c1") == ("appointment-not-found", ())


def test_without_anybody_to_hold_it_there_is_the_phone(appointments, citizen, booked, shown):
    appointments.conferences = replace(appointments.conferences, shared=None)

    assert ways(shown(booked), "video") == ["phone"]
    assert shown(booked)["payment"] is None
    with pytest.raises(Refused, match="video-not-set-up") as refused:
        appointments.order_video({"appointment": booked}, citizen())
    assert refused.value.problems[1].field == "phone"
    assert refused.value.problems[1].expected


def test_of_two_who_decide_on_the_same_state_one_is_told_that_it_has_changed(appointments, citizen, booked, store):
    with store.transaction(owner="c1") as tx:
        known = known_of(tx.appointment_row(booked))
        storage.hold_by_video(tx, known)
    with pytest.raises(Conflict, match="appointment-changed"), store.transaction(owner="c1") as tx:
        storage.hold_by_video(tx, known)


# Paying


def test_paying_is_told_before_one_orders_and_while_it_is_by_video_and_where_there_is_none_not(
    appointments, citizen, booked, shown, rule, door
):
    assert shown(booked)["payment"] == PAYMENT
    rule(appointments, BookingDecision.request("video-by-request"))
    assert shown(booked)["payment"] == PAYMENT
    rule(appointments, BookingDecision.phone("by-phone-only"))
    assert shown(booked)["payment"] is None

    rule(appointments, BookingDecision.direct())
    appointments.order_video({"appointment": booked}, citizen())
    door.at(5)
    assert shown(booked)["payment"] == PAYMENT


# Asking


@pytest.fixture
def by_request(appointments, rule):
    rule(appointments, BookingDecision.request("video-by-request"))


def test_what_was_asked_for_is_done_when_staff_accept_it(appointments, citizen, booked, by_request, staff, shown, told):
    for action, setting in (("video", "virtual"), ("in-person", None)):
        asked = appointments.ask({"appointment": booked, "action": action}, citizen())["id"]
        appointments.answer_request({"request": asked, "answer": "accept"}, staff())
        assert shown(booked)["setting"] == setting

    assert [kind for kind, *_ in told()].count("appointment_changed") == 2
    assert [kind for kind, *_ in told()].count("request_answered") == 2


def test_what_was_declined_changes_nothing(appointments, citizen, booked, by_request, staff, shown):
    asked = appointments.ask({"appointment": booked, "action": "video"}, citizen())["id"]
    appointments.answer_request({"request": asked, "answer": "decline", "reason": "by-phone-only"}, staff())

    assert shown(booked)["setting"] is None


def test_what_is_so_by_now_is_accepted_without_a_change(appointments, citizen, booked, by_request, staff, shown, told):
    asked = appointments.ask({"appointment": booked, "action": "video"}, citizen())["id"]
    appointments.set_up_video({"citizen": "c1", "appointment": booked}, staff())
    appointments.answer_request({"request": asked, "answer": "accept"}, staff())

    assert shown(booked)["setting"] == "virtual"
    assert [kind for kind, *_ in told()].count("appointment_changed") == 1


def test_what_is_so_already_is_not_asked_for(appointments, citizen, booked, by_request):
    with pytest.raises(Conflict, match="already-in-person"):
        appointments.ask({"appointment": booked, "action": "in-person"}, citizen())


# Its record system


OUTPATIENT = {
    "serviceCategory": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}]}]
}


def test_what_was_ordered_stays_when_its_record_system_sends_the_same_again(appointments, citizen, journal, shown):
    journal.appointment("a1", hours=24, **OUTPATIENT)
    (appointment,) = orjson.loads(appointments.page({}, citizen()))["items"]
    appointments.order_video({"appointment": appointment["id"]}, citizen())

    assert journal.appointment("a1", hours=24, **OUTPATIENT)["outcome"] == "unchanged"
    assert shown(appointment["id"])["setting"] == "virtual"
    back = appointments.meet_in_person({"appointment": appointment["id"]}, citizen())
    assert back["setting"] == "outpatient"


def test_a_new_word_of_its_record_system_counts_and_its_silence_does_not(appointments, citizen, journal, shown):
    journal.appointment("a1", hours=24)
    (appointment,) = orjson.loads(appointments.page({}, citizen()))["items"]
    appointments.order_video({"appointment": appointment["id"]}, citizen())

    assert journal.appointment("a1", hours=25)["outcome"] == "stored"
    assert shown(appointment["id"])["setting"] == "virtual"
    assert journal.appointment("a1", hours=25, **OUTPATIENT)["outcome"] == "stored"
    assert shown(appointment["id"])["setting"] == "outpatient"


def test_a_clinician_who_sees_two_at_once_is_no_obstacle(appointments, citizen, journal, shown, store):
    for key, subject in (("a1", "c1"), ("a2", "c2")):
        journal.appointment(key, subject, hours=24)
    (appointment,) = orjson.loads(appointments.page({}, citizen()))["items"]
    appointments.order_video({"appointment": appointment["id"]}, citizen())

    assert shown(appointment["id"])["setting"] == "virtual"
    with store.transaction("c1") as tx:
        mine = APPOINTMENTS.c.owner == "c1"
        claim = tx.connection.execute(sa.select(APPOINTMENTS.c.claim).where(mine)).scalar_one()
    assert claim == "record-system"


def test_an_appointment_that_is_moved_stays_by_video(appointments, citizen, journal, by_video, shown):
    moved = appointments.move({"appointment": by_video, "slot": journal.slot("t2", hours=30)}, citizen())

    assert moved["setting"] == "virtual"


def test_lists_and_the_calendar_say_that_it_is_by_video(appointments, citizen, by_video, clock):
    (listed,) = orjson.loads(appointments.page({}, citizen()))["items"]
    (home,) = orjson.loads(appointments.for_home({}, citizen()))["items"]
    (day,) = orjson.loads(appointments.calendar({}, citizen()))["items"]

    assert [one["setting"] for one in (listed, home, day)] == ["virtual"] * 3
    clock.move(timedelta(days=2))
    assert orjson.loads(appointments.page({"when": "past"}, citizen()))["items"][0]["setting"] == "virtual"


def test_other_calendars_say_so_where_the_citizen_has_chosen_details_and_nowhere_by_which_link(
    appointments, citizen, by_video, door
):
    link = hashlib.sha256(b"s1").hexdigest()
    door.at()
    for details, location in ((True, "Video consultation"), (False, None)):
        appointments.open_calendar_link({"link": link, "details": details, "language": "en"}, citizen())
        text = appointments.feed({"link": link}, citizen())
        (entry,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
        assert entry.get("location") == location
        assert b"https://" not in text
