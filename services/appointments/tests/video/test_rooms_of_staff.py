"""What staff do: set up and take back, rooms for groups, of whom none learns of another, and for themselves."""

from datetime import timedelta

import orjson
import pytest

from helsami_kernel.clock import written
from helsami_kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refused
from helsami_sdk.answers import BookingDecision

CITIZENS = ("c1", "c2", "c3")


@pytest.fixture
def group(appointments, citizen, journal):
    """Appointments of three citizens at one time, by citizen."""
    for number, subject in enumerate(CITIZENS):
        journal.appointment(f"g{number}", subject, hours=24)
    return {
        subject: orjson.loads(appointments.page({}, citizen(subject)))["items"][0]["id"] for subject in CITIZENS
    }


@pytest.fixture
def named(group):
    return {"appointments": [{"citizen": subject, "appointment": one} for subject, one in group.items()]}


def test_staff_set_up_and_take_back_without_anybodys_leave(appointments, staff, booked, rule, shown, told):
    rule(appointments, BookingDecision.phone("by-phone-only"))
    named = {"citizen": "c1", "appointment": booked}
    token = staff(idempotency_key="k1")

    assert appointments.set_up_video(named, token)["setting"] == "virtual"
    assert appointments.set_up_video(named, token)["setting"] == "virtual"
    assert shown(booked)["setting"] == "virtual"
    assert appointments.take_video_back(named, staff())["setting"] is None
    assert [(kind, sequence) for kind, _, sequence, _ in told()] == [
        ("appointment_changed", 2),
        ("appointment_changed", 3),
    ]


@pytest.mark.parametrize("method", ["set_up_video", "take_video_back", "join_video_for_staff"])
def test_staff_of_another_organisation_find_nothing_and_citizens_are_no_staff(
    appointments, staff, citizen, by_video, method
):
    def refusal(token, appointment=by_video, subject="c1"):
        with pytest.raises(NotFound) as refused:
            getattr(appointments, method)({"citizen": subject, "appointment": appointment}, token)
        return refused.value.code, refused.value.problems

    missing = refusal(staff(), "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55")
    assert missing == ("appointment-not-found", ())
    assert refusal(staff("oya_legesenter")) == refusal(staff(), subject="c2") == missing
    with pytest.raises(Forbidden):
        getattr(appointments, method)({"citizen": "c1", "appointment": by_video}, citizen())


# Groups


def test_a_group_meets_in_one_room_each_by_a_link_of_their_own(
    appointments, staff, group, named, door, told
):
    room = appointments.open_group(named, staff())
    door.at()

    inside = [door.inside(door.answer(one, subject)) for subject, one in group.items()]
    of_staff = door.inside(door.of_room(room["id"]))

    assert {one["room"] for one in inside} == {of_staff["room"]}
    assert len({one["id"] for one in (*inside, of_staff)}) == 4
    assert [one["moderator"] for one in (*inside, of_staff)] == [False, False, False, True]
    assert [(kind, subject) for kind, subject, *_ in told()] == [("appointment_changed", one) for one in CITIZENS]
    assert (room["kind"], room["state"]) == ("group", "not_open")


def test_nobody_in_a_group_learns_that_it_is_one(appointments, staff, group, named, shown, door):
    alone = appointments.set_up_video(named["appointments"][0], staff())["id"]
    room = appointments.open_group({"appointments": named["appointments"][1:]}, staff())
    door.at()

    told = orjson.dumps([shown(group["c2"], "c2"), door.answer(group["c2"], "c2")])
    assert shown(group["c2"], "c2").keys() == shown(alone).keys()
    assert door.answer(group["c2"], "c2").keys() == door.answer(alone).keys()
    for telling in (room["id"], "group", '"c3"', group["c3"]):
        assert telling.encode() not in told


def test_whoever_is_moved_cancelled_or_in_person_again_is_no_longer_in_the_room(
    appointments, citizen, journal, group, named, door
):
    staff = door.staff
    room = appointments.open_group(named, staff())
    journal.schedule(clinician="lege-2")
    appointments.move({"appointment": group["c1"], "slot": journal.slot("t9", hours=24.05)}, citizen("c1"))
    appointments.cancel({"appointment": group["c2"]}, citizen("c2"))
    door.at()

    name = door.inside(door.of_room(room["id"]))["room"]
    assert door.inside(door.answer(group["c3"], "c3"))["room"] == name
    assert door.inside(door.answer(group["c1"], "c1"))["room"] != name
    assert door.answer(group["c2"], "c2")["state"] == "closed"


def test_a_room_that_has_ended_is_worthless_and_each_has_their_own_again(
    appointments, staff, group, named, door
):
    room = appointments.open_group(named, staff())["id"]
    assert appointments.end_room({"room": room}, staff())["state"] == "closed"
    assert appointments.end_room({"room": room}, staff())["state"] == "closed"
    door.at()

    assert door.of_room(room)["link"] is None
    assert len({door.inside(door.answer(one, subject))["room"] for subject, one in group.items()}) == 3


def test_the_same_command_again_makes_the_same_room_and_another_under_its_key_none(
    appointments, staff, named, told, rows
):
    token = staff(idempotency_key="k1")
    first = appointments.open_group(named, token)

    assert appointments.open_group(named, token) == first
    assert (rows("video_rooms"), len(told())) == (1, 3)
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        appointments.open_group({"appointments": named["appointments"][:2]}, token)


def test_those_who_are_by_video_already_come_into_the_room(appointments, citizen, staff, group, named, door):
    appointments.order_video({"appointment": group["c1"]}, citizen("c1"))
    room = appointments.open_group(named, staff())
    door.at()

    assert door.inside(door.answer(group["c1"], "c1"))["room"] == door.inside(door.of_room(room["id"]))["room"]


def test_one_that_is_another_organisations_past_or_at_another_time_makes_no_group_at_all(
    appointments, staff, journal, named, told, rows
):
    def refused(kind, code, **more):
        journal.appointment("x", "c4", **{"hours": 24, **more})
        wish = {"appointments": [*named["appointments"], {"citizen": "c4", "appointment": "x"}]}
        with pytest.raises(kind) as refusal:
            appointments.open_group(wish, staff())
        return refusal.value.code == code

    assert refused(NotFound, "appointment-not-found", organisation="oya_legesenter")
    assert refused(Conflict, "different-times", hours=25)
    assert refused(Conflict, "different-times", minutes=30)
    assert refused(Conflict, "appointment-cancelled", status="cancelled")
    assert refused(Conflict, "appointment-past", status="fulfilled")
    assert (rows("video_rooms"), {subject for _, subject, *_ in told()}) == (0, {"c4"}), "of what c4's system changed"


@pytest.mark.parametrize("count", [0, 1, 51])
def test_a_group_is_of_two_to_fifty(appointments, staff, count):
    with pytest.raises(Malformed) as refused:
        appointments.open_group(
            {"appointments": [{"citizen": f"c{one}", "appointment": "a"} for one in range(count)]}, staff()
        )

    assert refused.value.problems[0].field == "appointments"
    assert refused.value.problems[0].expected == "from 2 to 50 appointments"


def test_nobody_is_in_a_group_twice(appointments, staff, group, named):
    by_key = {"citizen": "c1", "appointment": "g0"}
    for twice in (named["appointments"][0], by_key):
        with pytest.raises(Malformed):
            appointments.open_group({"appointments": [*named["appointments"], twice]}, staff())


# Staff alone


def test_staff_meet_in_a_room_of_their_own(appointments, staff, clock, door):
    door.at()
    span = {"starts_at": written(clock()), "ends_at": written(clock() + timedelta(hours=1))}
    room = appointments.open_meeting(span, staff())

    one, other = (door.inside(door.of_room(room["id"])) for _ in range(2))

    assert (room["kind"], room["state"], room["starts_at"]) == ("staff", "open", span["starts_at"])
    assert one["room"] == other["room"]
    assert one["id"] != other["id"]
    for method in ("join_room", "end_room"):
        for token, name in ((staff("oya_legesenter"), room["id"]), (staff(), "no such room")):
            with pytest.raises(NotFound, match="room-not-found"):
                getattr(appointments, method)({"room": name}, token)


@pytest.mark.parametrize("hours", [(1, 1), (2, 1), (1, 14)])
def test_a_meeting_ends_after_it_begins_and_within_half_a_day(appointments, staff, clock, hours):
    starts_at, ends_at = (written(clock() + timedelta(hours=each)) for each in hours)

    with pytest.raises(Malformed):
        appointments.open_meeting({"starts_at": starts_at, "ends_at": ends_at}, staff())


@pytest.mark.parametrize("offset", ["Z", "-14:00"])
def test_a_meeting_is_within_two_years(appointments, staff, offset):
    span = {"starts_at": f"9999-12-31T22:50:00{offset}", "ends_at": f"9999-12-31T23:50:00{offset}"}

    with pytest.raises(Malformed):
        appointments.open_meeting(span, staff())


def test_what_is_over_is_no_meeting_and_without_a_provider_there_is_none(appointments, staff, clock):
    past = {"starts_at": written(clock() - timedelta(hours=2)), "ends_at": written(clock() - timedelta(hours=1))}
    with pytest.raises(Conflict, match="meeting-past"):
        appointments.open_meeting(past, staff())
    appointments.conferences = type(appointments.conferences)(appointments.conferences.rooms)
    group = {"appointments": [{"citizen": "c1", "appointment": name} for name in "ab"]}
    for method, wish in (("open_meeting", past), ("open_group", group)):
        with pytest.raises(Refused, match="video-not-set-up"):
            getattr(appointments, method)(wish, staff())
