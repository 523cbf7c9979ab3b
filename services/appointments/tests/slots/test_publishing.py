"""Slots that staff open and take back, many in one call."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from helsami_kernel.errors import Conflict, Malformed, NotFound, Refused, to_wire

MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"
MORNINGS = {
    "from": "2026-03-09",
    "to": "2026-03-22",
    "days": ["mon", "wed"],
    "opens": "08:00",
    "closes": "11:30",
    "minutes": 20,
}
NOON = ("2026-03-05T12:00", "2026-03-05T12:20")


@pytest.fixture
def own(clinic, staff):
    """What staff see of their slots."""
    return lambda **asked: clinic.own_slots(asked, staff())["slots"]


def test_clinic_hours_become_slots_by_the_wall_clock(publish, own):
    answer = publish(hours=[MORNINGS])

    assert len(answer["slots"]) == 4 * 10
    assert (answer["slots"][0]["starts_at"], answer["slots"][-1]["ends_at"]) == (
        "2026-03-09T07:00:00Z",
        "2026-03-18T10:20:00Z",
    )
    assert (answer["skipped"], len(own(limit=100))) == ([], 40)


def test_listed_times_and_clinic_hours_are_opened_together(publish, own):
    answer = publish(NOON, hours=[MORNINGS, {**MORNINGS, "opens": "12:00", "closes": "13:00", "minutes": 60}])

    assert len(answer["slots"]) == 1 + 40 + 4
    assert [slot["starts_at"] for slot in answer["slots"]] == sorted(slot["starts_at"] for slot in answer["slots"])


def test_a_time_is_as_the_clock_in_oslo_shows_it_unless_it_has_an_offset(publish):
    answer = publish(
        NOON,
        ("2026-07-01T12:00", "2026-07-01T12:20"),
        ("2026-10-25T02:30", "2026-10-25T02:45"),
        ("2026-10-25T02:30+01:00", "2026-10-25T02:45+01:00"),
    )

    assert [slot["starts_at"] for slot in answer["slots"]] == [
        "2026-03-05T11:00:00Z",
        "2026-07-01T10:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:30:00Z",
    ]


def test_the_times_of_clinic_hours_that_the_clocks_skip_are_named(publish):
    night = {**MORNINGS, "from": "2026-03-29", "to": "2026-03-29", "days": ["sun"], "opens": "01:30", "closes": "03:30"}

    answer = publish(hours=[{**night, "minutes": 30}])

    assert [slot["starts_at"] for slot in answer["slots"]] == ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"]
    assert answer["skipped"] == [
        {"local": "2026-03-29T02:00", "reason": "no-such-local-time"},
        {"local": "2026-03-29T02:30", "reason": "no-such-local-time"},
    ]


def times(number):
    """So many slots of twenty minutes, one each hour from the fifth of March on."""
    first = datetime(2026, 3, 5, tzinfo=UTC)
    starts = (first + timedelta(hours=hour) for hour in range(number))
    return [(begins.isoformat(), (begins + timedelta(minutes=20)).isoformat()) for begins in starts]


@pytest.mark.parametrize(
    ("slots", "hours", "kind", "code", "field"),
    [
        ([("2026-03-05T12:20", "2026-03-05T12:00")], [], Malformed, "malformed", "slots.0.ends"),
        ([("2026-03-05T12:00", "2026-03-05T12:00")], [], Malformed, "malformed", "slots.0.ends"),
        ([("2026-03-05T12:00", "2026-03-06T12:01")], [], Malformed, "malformed", "slots.0.ends"),
        ([NOON, ("at noon, perhaps", "2026-03-05T12:20")], [], Malformed, "malformed", "slots.1.starts"),
        ([("0001-01-01T00:00", "0001-01-01T00:20")], [], Malformed, "malformed", "slots.0.starts"),
        ([("9999-12-31T23:00-12:00", "9999-12-31T23:59-12:00")], [], Malformed, "malformed", "slots.0.starts"),
        ([("2126-03-05T12:00", "2126-03-05T12:20")], [], Malformed, "malformed", "slots.0.starts"),
        ([("2026-03-29T02:30", "2026-03-29T03:30")], [], Refused, "no-such-local-time", "slots.0.starts"),
        ([NOON, ("2026-03-02T08:59", "2026-03-02T09:20")], [], Conflict, "slot-past", "slots.1.starts"),
        ([NOON, ("2026-03-05T12:19", "2026-03-05T12:40")], [], Conflict, "slot-overlaps", "slots.1"),
        ([("2026-03-09T08:10", "2026-03-09T08:30")], [MORNINGS], Conflict, "slot-overlaps", "slots.0"),
        ([], [MORNINGS, MORNINGS], Conflict, "slot-overlaps", "hours.1"),
        ([], [{**MORNINGS, "minutes": 300}], Malformed, "malformed", "hours.0.closes"),
        ([], [{**MORNINGS, "opens": "12:00"}], Malformed, "malformed", "hours.0.closes"),
        ([], [{**MORNINGS, "opens": "8"}], Malformed, "malformed", "hours.0.opens"),
        ([], [{**MORNINGS, "days": ["someday"]}], Malformed, "malformed", "hours.0.days.0"),
        ([], [{**MORNINGS, "to": "2026-03-08"}], Malformed, "malformed", "hours.0.to"),
        ([], [{**MORNINGS, "to": "2027-03-30"}], Malformed, "malformed", "hours.0.to"),
        ([], [{**MORNINGS, "from": "2030-01-01", "to": "2030-01-02"}], Malformed, "malformed", "hours.0.to"),
        ([], [{**MORNINGS, "from": "2026-03-01"}], Conflict, "slot-past", "hours.0.from"),
        ([], [{**MORNINGS, "from": "0001-01-01", "to": "0001-01-01"}], Conflict, "slot-past", "hours.0.from"),
        ([], [{**MORNINGS, "to": "2027-03-01", "closes": "24:00", "minutes": 5}], Refused, "too-many-slots", "hours"),
        (times(1000), [MORNINGS], Refused, "too-many-slots", "hours"),
        (times(1001), [], Malformed, "malformed", "slots"),
        ([], [], Malformed, "malformed", "slots"),
    ],
)
def test_of_what_cannot_be_published_nothing_is_and_the_field_is_named(publish, own, slots, hours, kind, code, field):
    with pytest.raises(kind, match=code) as refusal:
        publish(*slots, hours=hours)

    assert field in [problem.field for problem in refusal.value.problems]
    assert all(problem.expected for problem in refusal.value.problems)
    assert own() == []


def test_what_overlaps_a_slot_that_is_there_is_refused_and_its_neighbour_is_not(publish, own):
    publish(NOON)

    with pytest.raises(Conflict, match="slot-overlaps") as refusal:
        publish(("2026-03-05T12:20", "2026-03-05T12:40"), ("2026-03-05T11:50", "2026-03-05T12:01"))
    assert [problem.field for problem in refusal.value.problems] == ["slots.1"]
    publish(("2026-03-05T12:20", "2026-03-05T12:40"), ("2026-03-05T11:40", "2026-03-05T12:00"))

    assert len(own()) == 3


def test_slots_are_published_once_however_often_they_are_sent_under_their_key(publish, own):
    first = publish(NOON, hours=[MORNINGS], idempotency_key="k1")

    assert publish(NOON, hours=[MORNINGS], idempotency_key="k1") == first
    assert len(own(limit=100)) == 41


def test_of_many_who_publish_the_same_time_at_once_one_does(publish, own, crowd):
    outcomes = crowd(*[lambda: publish(NOON, hours=[MORNINGS])] * 20)

    assert outcomes == {"ok": 1, "slot-overlaps": 19}
    assert len(own(limit=100)) == 41


def test_a_thousand_slots_are_published_at_once(publish):
    year = {**MORNINGS, "from": "2027-01-04", "to": "2027-12-31", "days": ["thu"], "opens": "08:00", "closes": "12:00"}

    assert len(publish(*times(376), hours=[year])["slots"]) == 376 + 52 * 12


def test_staff_see_what_is_taken_and_nothing_of_who_has_it(clinic, publish, own, citizen, opened):
    taken, free = publish(NOON, ("2026-03-05T13:00", "2026-03-05T13:20"))["slots"]
    clinic.book({"slot": taken["id"]}, citizen())

    usual = {"schedule": opened, "free": True, "from_record_system": False}
    assert own() == [{**taken, **usual, "taken": True}, {**free, **usual, "taken": False}]


def test_staff_see_their_slots_page_by_page_in_a_period_and_of_a_schedule(clinic, publish, own, journal, staff, opened):
    publish(hours=[MORNINGS])
    journal.schedule("s1")
    sent = journal.slot("t1", hours=200)
    journal.schedule("s1", organisation="oya_legesenter")
    journal.slot("t1", hours=200, organisation="oya_legesenter")

    pages, cursor = [], None
    while not pages or cursor:
        page = clinic.own_slots({"limit": 15, "cursor": cursor}, staff())
        pages.append(page["slots"])
        cursor = page["next"]

    listed = [slot["id"] for page in pages for slot in page]
    assert [len(page) for page in pages] == [15, 15, 11]
    assert (len(set(listed)), sent in listed) == (41, True)
    assert len(own(schedule=opened, limit=100)) == 40
    assert len(own(**{"from": "2026-03-09T00:00Z", "to": "2026-03-10T00:00Z"})) == 10
    with pytest.raises(Malformed):
        own(cursor="no cursor")


def test_a_slot_that_is_withdrawn_is_there_for_nobody_and_its_time_can_be_opened_anew(
    clinic, publish, own, free, staff, citizen
):
    (slot,) = publish(NOON)["slots"]
    asked = staff(idempotency_key="k1")

    assert clinic.withdraw_slot({"slot": slot["id"]}, asked) == {"id": slot["id"]}

    assert clinic.withdraw_slot({"slot": slot["id"]}, asked) == {"id": slot["id"]}
    assert (own(), free()) == ([], [])
    for call in (clinic.book, clinic.hold):
        with pytest.raises(Conflict, match="slot-taken"):
            call({"slot": slot["id"]}, citizen())
    with pytest.raises(NotFound, match="slot-not-found"):
        clinic.withdraw_slot({"slot": slot["id"]}, staff())
    publish(NOON)
    assert len(free()) == 1


def test_a_slot_that_somebody_has_holds_or_had_is_not_withdrawn(clinic, publish, staff, citizen, clock, free):
    taken, held = publish(NOON, ("2026-03-05T13:00", "2026-03-05T13:20"))["slots"]
    clinic.book({"slot": taken["id"]}, citizen())
    clinic.hold({"slot": held["id"]}, citizen("c2"))

    for slot, code in ((taken, "slot-taken"), (held, "slot-held")):
        with pytest.raises(Conflict, match=code) as refusal:
            clinic.withdraw_slot({"slot": slot["id"]}, staff())
        assert [problem.field for problem in refusal.value.problems] == ["slot"]
    clinic.book({"slot": held["id"]}, citizen("c2"))
    clock.move_to(clock().replace(day=6))
    with pytest.raises(Conflict, match="slot-past"):
        clinic.withdraw_slot({"slot": held["id"]}, staff())


def test_a_slot_of_another_organisation_is_as_one_that_is_not_there(clinic, publish, staff, free):
    (slot,) = publish(NOON)["slots"]

    def refusal(named, organisation):
        with pytest.raises(NotFound) as refused:
            clinic.withdraw_slot({"slot": named}, staff(organisation))
        return to_wire(refused.value)

    missing = refusal(MISSING, "trondheim")
    assert [refusal(slot["id"], "oya_legesenter"), refusal("\x00", "trondheim")] == [missing, missing]
    assert free() == [slot["id"]]


def test_of_one_who_books_and_staff_who_withdraw_at_once_one_has_their_way(clinic, publish, staff, citizen, crowd):
    for slot in publish(*times(20))["slots"]:
        book = partial(clinic.book, {"slot": slot["id"]}, citizen())
        withdraw = partial(clinic.withdraw_slot, {"slot": slot["id"]}, staff())

        assert crowd(book, withdraw) == {"ok": 1, "slot-taken": 1}
