"""Moving and cancelling: what becomes of the appointment, of both slots, and what is told."""

from datetime import timedelta

import eventlet
import orjson
import pytest
import sqlalchemy as sa

from helsami_appointments import schemas
from helsami_appointments import store as stored
from helsami_appointments.booked import known_of
from helsami_kernel.database import OUTBOX, Database
from helsami_kernel.errors import Conflict, Forbidden, NotFound, Refusal, Refused, to_wire
from helsami_kernel.store import OpenStore
from helsami_sdk.answers import BookingDecision, Restriction
from helsami_sdk.testing import organisations_of, rules_of

DIRECT = BookingDecision.direct()
MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"


@pytest.fixture
def slots(journal):
    """Two slots of one clinician, and one of another."""
    journal.schedule()
    journal.schedule("s2", "lege-2")
    return {
        "first": journal.slot("t1"),
        "later": journal.slot("t2", hours=3),
        "elsewhere": journal.slot("t3", hours=5, schedule="s2"),
    }


@pytest.fixture
def booked(appointments, citizen, slots):
    return appointments.book({"slot": slots["first"]}, citizen())["id"]


@pytest.fixture
def told(store):
    """Every event about a change: type, subject, data and sequence."""

    def events():
        with store.transaction(None) as tx:
            rows = tx.connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.sequence, OUTBOX.c.type)).all()
        every = [(row.type, row.subject, orjson.loads(row.data), row.sequence) for row in rows]
        return [each for each in every if each[0] != "slot_booked"]

    return events


@pytest.fixture
def free(appointments, citizen):
    return lambda: [slot["id"] for slot in appointments.slots({}, citizen("c9"))["slots"]]


@pytest.fixture
def items(appointments, citizen):
    return lambda subject="c1": orjson.loads(appointments.page({}, citizen(subject)))["items"]


@pytest.fixture
def state(told, items, free):
    """All that may have changed: what was told, the citizen's appointments, and what is free."""
    return lambda: (told(), items(), free())


def test_a_moved_appointment_has_the_new_time_and_gives_its_old_one_back(
    appointments, citizen, slots, booked, told, free, items
):
    moved = appointments.move({"appointment": booked, "slot": slots["elsewhere"]}, citizen())

    assert (moved["id"], moved["starts_at"], moved["status"]) == (booked, "2026-03-02T13:00:00Z", "booked")
    assert schemas.Appointment().dump(moved) == moved
    assert items() == [moved]
    assert free() == [slots["first"], slots["later"]]
    assert told() == [("appointment_changed", "c1", {"appointment": booked, "access_limit": ""}, 2)]
    appointments.book({"slot": slots["first"]}, citizen("c2"))


def test_a_cancelled_appointment_gives_its_time_back(appointments, citizen, slots, booked, told, free, items):
    cancelled = appointments.cancel({"appointment": booked}, citizen())

    assert (cancelled["id"], cancelled["status"]) == (booked, "cancelled")
    assert items() == [cancelled]
    assert free() == [slots["first"], slots["later"], slots["elsewhere"]]
    assert told() == [("appointment_cancelled", "c1", {"appointment": booked, "access_limit": ""}, 2)]
    appointments.book({"slot": slots["first"]}, citizen())


def test_what_the_record_system_wants_told_and_reminded_of_outlives_a_cancellation(
    appointments, citizen, journal, items, store
):
    unwanted = [{"system": f"http://helsenorge.no/fhir/{what}", "code": "1"} for what in ("varsling", "paminnelse")]
    journal.appointment("a1", hours=9, meta={"tag": unwanted})
    (received,) = items()

    appointments.cancel({"appointment": received["id"]}, citizen())

    with store.transaction("c1") as tx:
        cancelled = known_of(tx.appointment_row(received["id"])).appointment
    assert (cancelled.status, cancelled.tell, cancelled.remind) == ("cancelled", False, False)


def test_events_about_an_appointment_are_counted(appointments, citizen, slots, booked, told):
    appointments.move({"appointment": booked, "slot": slots["later"]}, citizen())
    appointments.move({"appointment": booked, "slot": slots["first"]}, citizen())
    appointments.cancel({"appointment": booked}, citizen())

    assert [(kind, sequence) for kind, _, _, sequence in told()] == [
        ("appointment_changed", 2),
        ("appointment_changed", 3),
        ("appointment_cancelled", 4),
    ]


def test_the_same_key_moves_and_cancels_once_and_answers_the_same(appointments, citizen, slots, booked, told):
    move = {"appointment": booked, "slot": slots["later"]}
    moved = appointments.move(move, citizen(idempotency_key="k1"))
    assert appointments.move(move, citizen(idempotency_key="k1")) == moved
    cancelled = appointments.cancel({"appointment": booked}, citizen(idempotency_key="k2"))
    assert appointments.cancel({"appointment": booked}, citizen(idempotency_key="k2")) == cancelled

    assert len(told()) == 2
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        appointments.cancel({"appointment": booked}, citizen(idempotency_key="k1"))


REFUSALS = {
    "by-phone-only": BookingDecision.phone(),
    "by-request-only": BookingDecision.request(),
    "too-late": lambda question: BookingDecision.direct(question.starts_at - timedelta(days=1)),
    "rules-unavailable": lambda _question: 1 / 0,
}


@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("command", ["move", "cancel"])
def test_an_organisation_that_says_no_says_why_and_what_is_left(
    appointments, citizen, slots, booked, state, command, code
):
    before = state()
    willing = appointments.rules
    appointments.rules = organisations_of(rules_of(decide_booking=REFUSALS[code]))
    wish = {"appointment": booked} | ({"slot": slots["later"]} if command == "move" else {})

    with pytest.raises(Refused, match=code) as refusal:
        getattr(appointments, command)(wish, citizen(idempotency_key="k1"))

    way = "request" if code == "by-request-only" else "phone"
    assert to_wire(refusal.value)["problems"] == [
        {"field": "way", "expected": way},
        {"field": "phone", "expected": "+47 00 00 00 01"},
    ]
    appointments.rules = willing
    assert state() == before


def test_each_way_to_change_is_asked_about_the_time_that_was_and_the_one_that_comes(
    appointments, citizen, slots, booked, clock
):
    asked = []
    appointments.rules = organisations_of(rules_of(decide_booking=lambda question: asked.append(question) or DIRECT))

    appointments.move({"appointment": booked, "slot": slots["later"]}, citizen())
    appointments.cancel({"appointment": booked}, citizen())

    hours = [(one.action, (one.starts_at - clock()) / timedelta(hours=1)) for one in asked]
    assert hours == [("change", 1), ("change", 3), ("cancel", 3)]
    assert {(one.visit_type, one.unit) for one in asked} == {("consultation", "doctors")}


def test_up_to_its_deadline_an_appointment_is_cancelled_and_from_then_on_it_is_not(
    appointments, citizen, journal, clock
):
    day = timedelta(days=1)
    appointments.rules = organisations_of(
        rules_of(decide_booking=lambda question: BookingDecision.direct(question.starts_at - day))
    )
    journal.schedule()
    ids = [appointments.book({"slot": journal.slot(f"t{n}", hours=25 + n)}, citizen())["id"] for n in range(2)]
    clock.move(timedelta(minutes=59, seconds=59))
    appointments.cancel({"appointment": ids[0]}, citizen())
    clock.move(timedelta(hours=1, seconds=1))

    with pytest.raises(Refused, match="too-late"):
        appointments.cancel({"appointment": ids[1]}, citizen())


def test_a_move_to_where_it_is_and_of_what_is_over_or_cancelled_is_refused(
    appointments, citizen, slots, booked, clock, told
):
    with pytest.raises(Conflict, match="same-slot"):
        appointments.move({"appointment": booked, "slot": slots["first"]}, citizen())
    clock.move(timedelta(hours=1))
    for command, wish in (("move", {"slot": slots["later"]}), ("cancel", {})):
        with pytest.raises(Conflict, match="appointment-past"):
            getattr(appointments, command)({"appointment": booked, **wish}, citizen())
    later = appointments.book({"slot": slots["later"]}, citizen())["id"]
    appointments.cancel({"appointment": later}, citizen())
    for command, wish in (("move", {"slot": slots["elsewhere"]}), ("cancel", {})):
        with pytest.raises(Conflict, match="appointment-cancelled"):
            getattr(appointments, command)({"appointment": later, **wish}, citizen())

    assert len(told()) == 1


def test_a_slot_that_is_over_is_neither_booked_nor_moved_to(appointments, citizen, slots, journal, booked):
    over = journal.slot("over", hours=-1)

    with pytest.raises(Conflict, match="slot-past"):
        appointments.book({"slot": over}, citizen("c2"))
    with pytest.raises(Conflict, match="slot-past"):
        appointments.move({"appointment": booked, "slot": over}, citizen())


def test_a_taken_slot_is_not_moved_to_and_nothing_is_given_up_for_it(appointments, citizen, slots, booked, told, items):
    before = items()
    appointments.book({"slot": slots["later"]}, citizen("c2"))

    with pytest.raises(Conflict, match="slot-taken"):
        appointments.move({"appointment": booked, "slot": slots["later"]}, citizen())

    assert (told(), items()) == ([], before)
    with pytest.raises(Conflict, match="slot-taken"):
        appointments.book({"slot": slots["first"]}, citizen("c3"))


def test_a_move_onto_another_appointment_of_ones_own_changes_nothing(appointments, citizen, slots, booked, state):
    appointments.book({"slot": slots["elsewhere"]}, citizen())
    before = state()

    with pytest.raises(Conflict, match="slot-taken"):
        appointments.move({"appointment": booked, "slot": slots["elsewhere"]}, citizen())

    assert state() == before


def test_a_move_to_a_time_that_overlaps_another_of_ones_own_is_refused(appointments, citizen, journal, booked, items):
    journal.schedule("s3", "lege-3")
    other = journal.slot("t4", hours=7, schedule="s3")
    beside = journal.slot("t5", hours=7.1, schedule="s2")
    appointments.book({"slot": other}, citizen())
    before = items()

    with pytest.raises(Conflict, match="appointment-overlaps"):
        appointments.move({"appointment": booked, "slot": beside}, citizen())

    assert items() == before


def test_an_appointment_is_moved_only_to_a_slot_of_its_organisation_and_kind(appointments, citizen, journal, booked):
    journal.schedule("s1", organisation="oya_legesenter")
    there = journal.slot("t1", hours=9, organisation="oya_legesenter")
    video = [{"coding": [{"system": "urn:helsami:service", "code": "video-consultation"}]}]

    for slot in (there, journal.slot("t9", hours=9, serviceType=video)):
        with pytest.raises(Refused, match="other-kind-of-slot"):
            appointments.move({"appointment": booked, "slot": slot}, citizen())


def test_somebody_elses_appointment_a_hidden_one_and_a_missing_one_look_the_same(
    appointments, citizen, slots, booked, journal, told
):
    willing = appointments.rules
    answers = set()
    for subject, named, rules in (
        ("c2", booked, {}),
        ("c2", MISSING, {}),
        ("c2", "nonsense", {}),
        ("c1", booked, {"restrict_sharing": Restriction.withhold("not-here")}),
    ):
        appointments.rules = organisations_of(rules_of(decide_booking=DIRECT, **rules)) if rules else willing
        for command, wish in (("move", {"slot": slots["later"]}), ("cancel", {})):
            with pytest.raises(NotFound) as refusal:
                getattr(appointments, command)({"appointment": named, **wish}, citizen(subject))
            answers.add(orjson.dumps(to_wire(refusal.value)))

    assert answers == {b'{"type":"NotFound","code":"appointment-not-found","problems":[]}'}
    assert told() == []


def test_nobody_moves_and_cancels_nothing(appointments, citizen, slots, booked):
    for command, wish in (("move", {"slot": slots["later"]}), ("cancel", {})):
        with pytest.raises(Forbidden, match="not-permitted"):
            getattr(appointments, command)({"appointment": booked, **wish}, citizen(None))


def test_a_record_systems_own_appointment_is_moved_and_cancelled_and_stays_so_when_it_is_sent_again(
    appointments, citizen, slots, journal, items
):
    journal.appointment("a1", hours=8)
    journal.appointment("a2", hours=9)
    first, second = (item["id"] for item in items())

    moved = appointments.move({"appointment": first, "slot": slots["later"]}, citizen())
    cancelled = appointments.cancel({"appointment": second}, citizen())

    assert journal.appointment("a1", hours=8) == {"outcome": "unchanged"}
    assert journal.appointment("a2", hours=9) == {"outcome": "unchanged"}
    assert items() == [moved, cancelled]
    assert journal.appointment("a1", hours=10) == {"outcome": "stored"}
    assert [item["starts_at"][11:13] for item in items()] == ["17", "18"]
    assert slots["later"] in [slot["id"] for slot in appointments.slots({}, citizen())["slots"]]


def test_a_confirmed_booking_that_was_moved_stays_moved_when_the_confirmation_is_sent_again(
    appointments, citizen, slots, booked, journal, items
):
    named = {"slot": [{"reference": "Slot/t1"}]}
    journal.appointment("a1", **named)
    moved = appointments.move({"appointment": booked, "slot": slots["later"]}, citizen())

    assert journal.appointment("a1", **named) == {"outcome": "unchanged"}
    assert items() == [moved]


@pytest.fixture
def meet(appointments, store, url, clock, citizen):
    """
    Two commands that have both read before either writes; what came of each, by name.

    PostgreSQL alone has two at once: the organisation is asked between the two, and answers when both have come.
    """
    wide = Database(url, pool_size=10, clock=clock)
    appointments.store = OpenStore(wide, stored.Reads, stored.Writes, told=lambda: None, decisions=store.decisions)
    come = {"ask": set(), "met": eventlet.event.Event()}

    def answer(question):
        come["ask"].add(question.action)
        if len(come["ask"]) == 2 and not come["met"].ready():
            come["met"].send(None)
        with eventlet.Timeout(5):
            come["met"].wait()
        return DIRECT

    def outcome(command, wish):
        try:
            getattr(appointments, command)(wish, citizen())
        except Refusal as refusal:
            return refusal.code
        return "ok"

    def run(*calls):
        appointments.rules = organisations_of(rules_of(decide_booking=answer))
        spawned = [(command, eventlet.spawn(outcome, command, wish)) for command, wish in calls]
        return {command: each.wait() for command, each in spawned}

    yield run
    wide.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_of_a_move_and_a_cancellation_at_once_one_wins_and_one_slot_is_free_again(
    meet, slots, booked, told, items, appointments, citizen
):
    outcome = meet(("move", {"appointment": booked, "slot": slots["later"]}), ("cancel", {"appointment": booked}))

    assert sorted(outcome.values()) == ["appointment-changed", "ok"]
    (item,) = items()
    ((kind, _, _, sequence),) = told()
    appointments.rules = organisations_of(rules_of(decide_booking=DIRECT))
    free = {slot["id"] for slot in appointments.slots({}, citizen("c9"))["slots"]}
    if outcome["move"] == "ok":
        assert (kind, item["status"], item["starts_at"]) == ("appointment_changed", "booked", "2026-03-02T11:00:00Z")
        assert free == {slots["first"], slots["elsewhere"]}
    else:
        assert (kind, item["status"]) == ("appointment_cancelled", "cancelled")
        assert free == {slots["first"], slots["later"], slots["elsewhere"]}
    assert sequence == 2
