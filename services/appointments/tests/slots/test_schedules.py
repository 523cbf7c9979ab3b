"""Schedules that staff open, change and close."""

import pytest

from helsami_kernel.errors import Conflict, Forbidden, Malformed, NotFound, to_wire

SCHEDULE = {
    "unit": "doctors",
    "visit_type": "consultation",
    "kind": "Legetime",
    "place": "Legekontoret",
    "clinician": "lege-1",
    "clinician_name": "Klar Kompass",
}
MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"


def test_what_is_opened_under_a_schedule_is_found_as_it_says(clinic, publish, citizen):
    (slot,) = publish(("2026-03-05T12:00", "2026-03-05T12:20"))["slots"]

    (found,) = clinic.slots({"unit": "doctors", "visit_type": "consultation"}, citizen())["slots"]

    assert found.pop("clinician_id")
    assert found == {
        **slot,
        "organisation": "trondheim",
        "visit_type": "consultation",
        "kind": "Legetime",
        "unit": "doctors",
        "place": "Legekontoret",
        "clinician": "Klar Kompass",
        "starts_at": "2026-03-05T11:00:00Z",
        "ends_at": "2026-03-05T11:20:00Z",
    }
    clinic.book({"slot": slot["id"]}, citizen())


def test_a_schedule_that_is_closed_offers_nothing_until_it_is_open_again(clinic, opened, publish, staff, free):
    (slot,) = publish(("2026-03-05T12:00", "2026-03-05T12:20"))["slots"]

    closed = clinic.change_schedule({**SCHEDULE, "schedule": opened, "active": False}, staff())
    assert (closed["active"], free()) == (False, [])
    clinic.change_schedule({**SCHEDULE, "schedule": opened}, staff())

    assert free() == [slot["id"]]


def test_what_is_free_follows_its_schedule_and_an_appointment_stays_as_it_was_booked(
    clinic, opened, publish, staff, citizen
):
    booked, free = publish(("2026-03-05T12:00", "2026-03-05T12:20"), ("2026-03-05T13:00", "2026-03-05T13:20"))["slots"]
    appointment = clinic.book({"slot": booked["id"]}, citizen())

    clinic.change_schedule({**SCHEDULE, "schedule": opened, "place": "Annen etasje", "unit": "laboratory"}, staff())

    (found,) = clinic.slots({"unit": "laboratory"}, citizen())["slots"]
    assert (found["id"], found["place"]) == (free["id"], "Annen etasje")
    assert clinic.show({"appointment": appointment["id"]}, citizen())["place"] == "Legekontoret"


def test_staff_see_the_schedules_of_their_organisation_page_by_page(clinic, journal, staff):
    ids = {clinic.open_schedule({**SCHEDULE, "kind": f"Time {number}"}, staff())["id"] for number in range(3)}
    journal.schedule("s1")
    clinic.open_schedule(SCHEDULE, staff("oya_legesenter"))

    first = clinic.own_schedules({"limit": 3}, staff())
    second = clinic.own_schedules({"limit": 3, "cursor": first["next"]}, staff())

    listed = first["schedules"] + second["schedules"]
    assert (len(first["schedules"]), second["next"]) == (3, None)
    assert ids == {one["id"] for one in listed if not one["from_record_system"]}
    assert [one["clinician"] for one in listed if one["from_record_system"]] == ["urn:x|lege-1"]


def test_a_schedule_of_another_organisation_is_as_one_that_is_not_there(clinic, opened, publish, staff):
    def refusal(call, *arguments, **named):
        with pytest.raises(NotFound) as refused:
            call(*arguments, **named)
        return to_wire(refused.value)

    theirs = staff("oya_legesenter")
    for schedule in (opened, MISSING, "no id at all", "\x00", ""):
        changed = {**SCHEDULE, "schedule": schedule}
        assert refusal(clinic.change_schedule, changed, theirs) == to_wire(NotFound("schedule-not-found"))
        hours = ("2026-03-05T12:00", "2026-03-05T12:20")
        assert refusal(publish, hours, schedule=schedule, organisation="oya_legesenter") == to_wire(
            NotFound("schedule-not-found")
        )
        if schedule:
            assert refusal(clinic.own_slots, {"schedule": schedule}, theirs) == to_wire(NotFound("schedule-not-found"))


def test_what_a_record_system_has_sent_is_changed_there(clinic, journal, staff):
    journal.schedule("s1")
    journal.slot("t1", hours=30)
    (schedule,) = clinic.own_schedules({}, staff())["schedules"]
    (slot,) = clinic.own_slots({}, staff())["slots"]

    with pytest.raises(Conflict, match="kept-by-record-system"):
        clinic.change_schedule({**SCHEDULE, "schedule": schedule["id"]}, staff())
    with pytest.raises(Conflict, match="kept-by-record-system"):
        clinic.withdraw_slot({"slot": slot["id"]}, staff())


@pytest.mark.parametrize(
    ("wrong", "field", "expected"),
    [
        ({"unit": "surgery"}, "unit", "one of doctors, laboratory"),
        ({"visit_type": ""}, "visit_type", "one line of 1 to 60 characters"),
        ({"kind": "two\nlines"}, "kind", "one line of 1 to 200 characters"),
        ({"clinician": "x" * 271}, "clinician", "one line of 0 to 270 characters"),
        ({"active": "perhaps"}, "active", "a yes or no"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_by_the_field(clinic, staff, wrong, field, expected):
    with pytest.raises(Malformed) as refusal:
        clinic.open_schedule({**SCHEDULE, **wrong}, staff())

    ((named, words),) = [(problem.field, problem.expected) for problem in refusal.value.problems]
    assert (named, words) == (field, expected) or field == "active" == named
    assert clinic.own_schedules({}, staff())["schedules"] == []


def test_who_is_no_organisation_that_has_joined_opens_nothing(clinic, staff):
    with pytest.raises(Forbidden, match="unknown-organisation"):
        clinic.open_schedule(SCHEDULE, staff("region"))
    with pytest.raises(Forbidden):
        clinic.own_schedules({}, staff(None))


def test_a_schedule_that_is_opened_again_under_its_key_is_the_same_one(clinic, staff):
    asked = staff(idempotency_key="k1")

    assert clinic.open_schedule(SCHEDULE, asked) == clinic.open_schedule(SCHEDULE, asked)
    assert len(clinic.own_schedules({}, staff())["schedules"]) == 1
    assert clinic.open_schedule(SCHEDULE, staff("oya_legesenter", idempotency_key="k1"))
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        clinic.open_schedule({**SCHEDULE, "kind": "Annet"}, asked)
