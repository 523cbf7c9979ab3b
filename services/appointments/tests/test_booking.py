"""Booking a free time: once, as its organisation lets one, however many want it at the same moment."""

from datetime import timedelta

import orjson
import pytest

from helsami_appointments import schemas
from helsami_kernel.errors import Conflict, NotFound, Refused, to_wire
from helsami_sdk.answers import BookingDecision
from helsami_sdk.testing import closed_rules, organisations_of, rules_of

DIRECT = BookingDecision.direct()
MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"


def test_a_booked_slot_is_the_citizens_appointment_and_is_told_once(appointments, citizen, slot, told, page, free):
    booked = appointments.book({"slot": slot}, citizen())

    assert booked == {
        "id": booked["id"],
        "organisation": "trondheim",
        "at": "2026-03-02T09:00:00Z",
        "kind": "Legetime",
        "unit": "doctors",
        "place": "Legekontoret",
        "clinician": "Klar Kompass",
        "starts_at": "2026-03-02T09:00:00Z",
        "ends_at": "2026-03-02T09:20:00Z",
        "window": False,
        "status": "booked",
        "cancelled_because": None,
        "setting": None,
        "instructions": None,
    }
    assert schemas.Appointment().dump(booked) == booked
    assert page()["items"] == [booked]
    assert told() == [("slot_booked", "c1", {"appointment": booked["id"]})]
    assert free() == []


def test_a_slot_is_taken_once(appointments, citizen, slot, told, rows):
    appointments.book({"slot": slot}, citizen())

    with pytest.raises(Conflict, match="slot-taken"):
        appointments.book({"slot": slot}, citizen("c2"))

    assert rows("appointments") == 1
    assert len(told()) == 1


REFUSALS = {
    "by-phone-only": {"decide_booking": BookingDecision.phone()},
    "by-request-only": {"decide_booking": BookingDecision.request()},
    "too-late": {"decide_booking": lambda question: BookingDecision.direct(question.starts_at - timedelta(days=1))},
    "slot-not-offered": {"decide_booking": DIRECT, "restrict_slots": frozenset()},
    "rules-unavailable": {"decide_booking": lambda _question: 1 / 0},
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_leaves_the_slot_free_and_tells_nobody(appointments, citizen, slot, told, rows, free, code):
    willing = appointments.rules
    appointments.rules = organisations_of(rules_of(**REFUSALS[code]))

    with pytest.raises(Refused, match=code):
        appointments.book({"slot": slot}, citizen(idempotency_key="k1"))

    assert told() == []
    assert [rows(table) for table in ("appointments", "idempotency")] == [0, 0]
    appointments.rules = willing
    assert free() == [slot]


def test_a_closed_organisation_lets_nobody_book(appointments, citizen, slot, told, rows, free):
    appointments.rules = organisations_of(closed_rules())

    with pytest.raises(Refused, match="organisation-closed"):
        appointments.book({"slot": slot}, citizen())

    assert (told(), rows("appointments"), free()) == ([], 0, [])


def test_a_conflict_with_the_citizens_own_time_leaves_the_slot_free_and_tells_nobody(
    appointments, citizen, slot, journal, told, rows, free
):
    journal.schedule("s2", "lege-2")
    other = journal.slot("t2", hours=1.1, schedule="s2")
    appointments.book({"slot": slot}, citizen())

    with pytest.raises(Conflict, match="appointment-overlaps"):
        appointments.book({"slot": other}, citizen(idempotency_key="k1"))

    assert [rows(table) for table in ("appointments", "outbox", "idempotency")] == [1, 1, 0]
    assert free() == [other]


def test_a_slot_of_an_organisation_that_is_not_connected_looks_like_none(appointments, citizen, slot, journal):
    journal.schedule("s1", organisation="unknown")
    foreign = journal.slot("t1", organisation="unknown")

    answers = []
    for wanted in (foreign, MISSING):
        with pytest.raises(NotFound) as refusal:
            appointments.book({"slot": wanted}, citizen())
        answers.append(orjson.dumps(to_wire(refusal.value)))

    assert answers[0] == answers[1] == b'{"type":"NotFound","code":"slot-not-found","problems":[]}'


def test_an_organisation_is_asked_who_books_and_when(appointments, citizen, slot, clock):
    asked = []
    appointments.rules = organisations_of(rules_of(decide_booking=lambda question: asked.append(question) or DIRECT))

    appointments.book({"slot": slot}, citizen(basis="parental", actor="c9", age_band="12-15"))

    (question,) = asked
    assert (question.action, question.visit_type, question.unit) == ("book", "consultation", "doctors")
    assert (question.asked_at, question.starts_at) == (clock(), clock() + timedelta(hours=1))
    assert (question.actor, question.age_band) == ("parental", "12-15")


def test_the_same_key_books_once_and_answers_the_same(appointments, citizen, slot, journal, rows):
    token = citizen(idempotency_key="k1")
    booked = appointments.book({"slot": slot}, token)

    assert appointments.book({"slot": slot}, token) == booked
    assert [rows(table) for table in ("appointments", "outbox")] == [1, 1]
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        appointments.book({"slot": journal.slot("t2", hours=2)}, token)


def test_another_citizens_key_is_another_key(appointments, citizen, slot, journal, rows):
    appointments.book({"slot": slot}, citizen("c1", idempotency_key="k1"))
    appointments.book({"slot": journal.slot("t2", hours=2)}, citizen("c2", idempotency_key="k1"))

    assert rows("appointments") == 2


def test_of_a_hundred_who_book_one_slot_at_once_one_has_it(appointments, citizen, slot, crowd, rows, told):
    calls = [lambda who=who: appointments.book({"slot": slot}, citizen(f"c{who}")) for who in range(100)]

    assert crowd(*calls) == {"ok": 1, "slot-taken": 99}
    assert [rows(table) for table in ("appointments", "outbox")] == [1, 1]
    assert len(told()) == 1


def test_of_many_who_book_overlapping_slots_of_a_clinician_at_once_one_has_a_time(
    appointments, citizen, journal, crowd, rows
):
    for number in range(20):
        journal.schedule(f"s{number}")
    slots = [journal.slot(f"t{number}", hours=1 + number / 100, schedule=f"s{number}") for number in range(20)]
    calls = [
        lambda who=who, slot=slot: appointments.book({"slot": slot}, citizen(f"c{who}"))
        for who, slot in enumerate(slots)
    ]

    assert crowd(*calls) == {"ok": 1, "slot-taken": 19}
    assert [rows(table) for table in ("appointments", "outbox")] == [1, 1]


def test_one_who_books_overlapping_slots_everywhere_at_once_gets_one(appointments, citizen, journal, crowd, rows):
    slots = []
    for number in range(20):
        journal.schedule(f"s{number}", f"lege-{number}")
        slots.append(journal.slot(f"t{number}", schedule=f"s{number}"))
    calls = [lambda slot=slot: appointments.book({"slot": slot}, citizen()) for slot in slots]

    assert crowd(*calls) == {"ok": 1, "appointment-overlaps": 19}
    assert [rows(table) for table in ("appointments", "outbox")] == [1, 1]


def test_one_who_presses_the_button_often_books_once(appointments, citizen, slot, crowd, rows):
    token = citizen(idempotency_key="k1")

    assert crowd(*[lambda: appointments.book({"slot": slot}, token)] * 10) == {"ok": 10}
    assert [rows(table) for table in ("appointments", "outbox")] == [1, 1]
