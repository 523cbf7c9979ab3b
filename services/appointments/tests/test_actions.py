"""What can be done with an appointment, how, and why not more easily."""

from datetime import UTC, datetime, time, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_appointments import actions
from helsami_appointments.actions import Desk
from helsami_appointments.domain import STATUSES, Appointment, Meeting, Span
from helsami_appointments.requests import schemas
from helsami_kernel.errors import Forbidden, NotFound, to_wire
from helsami_sdk.answers import BookingDecision, Restriction, Tier
from helsami_sdk.questions.booking import ACTIONS
from helsami_sdk.testing import manifest_of, organisations_of, rules_of

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DESK = Desk("+47 00 00 00 01", time(8), time(15))
ORDER = [Tier.DIRECT, Tier.REQUEST, Tier.PHONE]
MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
DECISIONS = st.one_of(
    st.builds(BookingDecision.direct, st.none() | st.datetimes(timezones=st.just(UTC))),
    st.builds(BookingDecision.request, st.sampled_from(["by-request-only", "video-by-request"])),
    st.builds(BookingDecision.phone, st.sampled_from(["by-phone-only", "rules-unavailable"])),
)


def test_every_action_that_organisations_are_asked_about_is_resolved():
    assert set(actions.OF_APPOINTMENT) == ACTIONS
    assert set(actions.OF_SLOT) < ACTIONS


@given(
    st.sampled_from(sorted(STATUSES)),
    st.timedeltas(timedelta(days=-9), timedelta(days=9)),
    st.dictionaries(st.sampled_from(sorted(ACTIONS)), DECISIONS),
)
def test_there_is_always_a_way_with_a_reason_and_a_number_and_the_last_is_the_phone(status, ahead, decisions):
    span = Span(NOW + ahead, NOW + ahead + timedelta(minutes=20))

    def decide(action):
        return decisions.get(action, BookingDecision.direct())

    of_appointment = actions.of_appointment(Appointment("o", Meeting(), span, status), NOW, decide, DESK)
    for resolved in (of_appointment, actions.of_slot(decide, DESK)):
        for found in resolved.values():
            assert found[-1].way is Tier.PHONE
            assert [one.way for one in found] == sorted({one.way for one in found}, key=ORDER.index)
            assert all(one.reason and one.desk == DESK for one in found)


@pytest.fixture
def show(appointments, citizen):
    def read(appointment, subject="c1", **claims):
        shown = appointments.show({"appointment": appointment}, citizen(subject, **claims))
        assert schemas.ShownAppointment().dump(shown) == shown
        return shown

    return read


@pytest.fixture
def ways(show):
    """By action: way and reason of each way there is."""

    def read(appointment):
        shown = show(appointment)["actions"]
        return {one["action"]: [(way["way"], way["reason"]) for way in one["ways"]] for one in shown}

    return read


@pytest.fixture
def booked(appointments, citizen, journal):
    journal.schedule()
    return appointments.book({"slot": journal.slot("t1", hours=48)}, citizen())


def test_an_appointment_is_shown_as_in_the_list_with_what_can_be_done_with_it(appointments, show, booked):
    deadline = NOW + timedelta(hours=24)
    appointments.rules = organisations_of(rules_of(decide_booking=BookingDecision.direct(deadline)))

    shown = show(booked["id"])

    assert {name: shown[name] for name in booked} == booked
    change = next(one["ways"] for one in shown["actions"] if one["action"] == "change")
    desk = {"phone": "+47 00 00 00 01", "opens": "08:00", "closes": "15:00"}
    assert change == [
        {
            "way": "direct",
            "reason": "offered",
            "deadline": "2026-03-03T08:00:00Z",
            "flag": "canChangeAppointment",
            **desk,
        },
        {"way": "phone", "reason": "always-by-phone", "deadline": None, "flag": None, **desk},
    ]


def test_each_action_has_the_way_that_the_organisation_decides_and_helsenorges_code(appointments, show, booked):
    decided = {
        "book": BookingDecision.direct(),
        "change": BookingDecision.request(),
        "cancel": BookingDecision.direct(),
        "join-waitlist": BookingDecision.phone(),
        "video": BookingDecision.request("video-by-request"),
    }
    appointments.rules = organisations_of(rules_of(decide_booking=lambda question: decided[question.action]))

    first = {one["action"]: one["ways"][0] for one in show(booked["id"])["actions"]}

    assert {action: (way["way"], way["reason"], way["flag"]) for action, way in first.items()} == {
        "book": ("direct", "offered", None),
        "change": ("request", "by-request-only", "canChangeAppointment"),
        "cancel": ("direct", "offered", "cancel"),
        "join-waitlist": ("phone", "by-phone-only", None),
        "video": ("request", "video-by-request", "canChangeConferenceType"),
    }


def test_what_is_shown_to_be_direct_is_done_and_after_the_deadline_it_is_neither(
    appointments, citizen, ways, booked, clock
):
    appointments.rules = organisations_of(
        rules_of(decide_booking=lambda question: BookingDecision.direct(question.starts_at - timedelta(days=1)))
    )
    assert ways(booked["id"])["cancel"][0] == ("direct", "offered")

    clock.move(timedelta(days=1))

    assert ways(booked["id"])["cancel"] == [("phone", "too-late")]


def test_what_is_over_or_cancelled_can_be_phoned_about(appointments, citizen, ways, booked, clock):
    appointments.cancel({"appointment": booked["id"]}, citizen())

    cancelled = ways(booked["id"])
    assert cancelled.pop("book")[0] == ("direct", "offered")
    assert set(map(tuple, cancelled.values())) == {(("phone", "appointment-cancelled"),)}
    clock.move(timedelta(days=3))
    assert set(map(tuple, ways(booked["id"]).values())) == {(("phone", "appointment-past"),)}


def test_golden_scenario_4_a_plugin_crash_in_decide_booking_gives_the_phone_with_its_number_and_others_are_unaffected(
    appointments, citizen, journal, show, ways, booked
):
    journal.schedule("s1", organisation="oya_legesenter")
    other = appointments.book({"slot": journal.slot("t1", hours=50, organisation="oya_legesenter")}, citizen())
    appointments.rules = organisations_of(
        rules_of(decide_booking=lambda _question: 1 / 0),
        rules_of(manifest=manifest_of("oya_legesenter"), decide_booking=BookingDecision.direct()),
    )

    crashed = ways(booked["id"])
    assert set(map(tuple, crashed.values())) == {(("phone", "rules-unavailable"),)}
    assert {way["phone"] for one in show(booked["id"])["actions"] for way in one["ways"]} == {"+47 00 00 00 01"}
    assert {found[0] for found in ways(other["id"]).values()} == {("direct", "offered")}


def test_somebody_elses_appointment_a_hidden_one_and_a_missing_one_are_not_shown(appointments, citizen, booked):
    willing = appointments.rules
    hiding = organisations_of(rules_of(restrict_sharing=Restriction.withhold("not-here")))
    answers = set()
    for subject, named, rules in (
        ("c2", booked["id"], willing),
        ("c2", MISSING, willing),
        ("c1", booked["id"], hiding),
    ):
        appointments.rules = rules
        with pytest.raises(NotFound) as refusal:
            appointments.show({"appointment": named}, citizen(subject))
        answers.add(orjson.dumps(to_wire(refusal.value)))

    assert answers == {b'{"type":"NotFound","code":"appointment-not-found","problems":[]}'}
    with pytest.raises(Forbidden, match="not-permitted"):
        appointments.show({"appointment": booked["id"]}, citizen(None))
