"""Booking, looking for a free time, reading one's appointments, and what record systems send."""

from collections import Counter
from datetime import date, timedelta

import eventlet
import orjson
import pytest
import sqlalchemy as sa

from helsami_appointments import offers, schemas
from helsami_appointments.models import APPOINTMENTS
from helsami_appointments.service import AppointmentsService
from helsami_kernel.access import AccessToken
from helsami_kernel.database import OUTBOX, Database
from helsami_kernel.errors import Conflict, Forbidden, NotFound, Refusal, Refused, to_wire
from helsami_kernel.journal import ReceiveOutcome
from helsami_kernel.store import OpenStore
from helsami_kernel.testing import system_token
from helsami_sdk.answers import BookingDecision, Restriction
from helsami_sdk.testing import closed_rules, manifest_of, organisations_of, rules_of

DIRECT = BookingDecision.direct()
MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"


@pytest.fixture
def slot(journal):
    journal.schedule()
    return journal.slot("t1")


@pytest.fixture
def told(store):
    """Every event that will be told: type, subject and data."""

    def events():
        with store.transaction(None) as tx:
            rows = tx.connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.announced_at)).all()
        return [(row.type, row.subject, orjson.loads(row.data)) for row in rows]

    return events


@pytest.fixture
def free(appointments, citizen):
    """The ids of the free slots that a citizen is offered."""

    def ids(**search):
        return [slot["id"] for slot in appointments.slots(search, citizen())["slots"]]

    return ids


@pytest.fixture
def page(appointments, citizen):
    def read(subject="c1", claims=None, **question):
        return orjson.loads(appointments.page(question, citizen(subject, **(claims or {}))))

    return read


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
        "status": "booked",
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

    appointments.book({"slot": slot}, citizen(basis="grant", actor="c9", age_band="12-15"))

    (question,) = asked
    assert (question.action, question.visit_type, question.unit) == ("book", "consultation", "doctors")
    assert (question.asked_at, question.starts_at) == (clock(), clock() + timedelta(hours=1))
    assert (question.actor, question.age_band) == ("grant", "12-15")


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


@pytest.fixture
def crowd(appointments, url, clock):
    """Run calls at once, each in a greenlet, on as many connections as a busy service has; the outcomes by code."""
    wide = Database(url, pool_size=30, clock=clock)
    appointments.store = OpenStore(
        wide, *_kinds(appointments.store), told=lambda: None, decisions=appointments.store.decisions
    )

    def outcome(call):
        try:
            call()
        except Refusal as refusal:
            return refusal.code
        return "ok"

    def run(*calls):
        pool = eventlet.GreenPool(len(calls))
        return Counter(pool.imap(outcome, calls))

    yield run
    wide.close()


def _kinds(store):
    return store._reads, store._writes


def test_of_a_hundred_who_book_one_slot_at_once_one_has_it(appointments, citizen, slot, crowd, rows, told):
    calls = [lambda who=who: appointments.book({"slot": slot}, citizen(f"c{who}")) for who in range(100)]

    assert crowd(*calls) == {"ok": 1, "slot-taken": 99}
    assert [rows(table) for table in ("appointments", "outbox")] == [1, 1]
    assert len(told()) == 1


def test_of_many_who_book_overlapping_slots_of_a_clinician_at_once_one_has_a_time(
    appointments, citizen, journal, crowd, rows
):
    journal.schedule()
    slots = [journal.slot(f"t{number}", hours=1 + number / 100) for number in range(20)]
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


def test_free_times_are_shown_soonest_first(appointments, citizen, journal):
    journal.schedule()
    later, soon = journal.slot("t1", hours=30), journal.slot("t2", hours=2)

    answer = appointments.slots({}, citizen())

    assert answer == {
        "slots": [
            {
                "id": soon,
                "organisation": "trondheim",
                "visit_type": "consultation",
                "kind": "Legetime",
                "unit": "doctors",
                "place": "Legekontoret",
                "clinician": "Klar Kompass",
                "starts_at": "2026-03-02T10:00:00Z",
                "ends_at": "2026-03-02T10:20:00Z",
            },
            answer["slots"][1],
        ],
        "next": None,
    }
    assert answer["slots"][1]["id"] == later
    assert schemas.Slots().dump(answer) == answer


def test_neither_what_is_over_nor_what_is_busy_is_free(journal, free):
    journal.schedule()
    journal.slot("over", hours=-1)
    journal.slot("this moment", hours=0)
    journal.slot("busy", hours=2, status="busy")
    soon = journal.slot("soon", hours=3)

    assert free() == [soon]
    assert free(**{"from": "2020-01-01T00:00:00Z"}) == [soon]


def test_a_schedule_that_is_not_active_offers_nothing(appointments, citizen, journal, slot, free):
    journal.schedule(active=False)

    assert free() == []
    with pytest.raises(Conflict, match="slot-taken"):
        appointments.book({"slot": slot}, citizen())


def test_free_times_are_found_by_time_organisation_unit_and_visit_type(journal, free):
    journal.schedule("s1")
    journal.schedule("s2", organisation="oya_legesenter")
    here = journal.slot("t1", hours=2)
    there = journal.slot("t2", hours=3, schedule="s2", organisation="oya_legesenter")
    video = [{"coding": [{"system": "urn:helsami:service", "code": "video-consultation"}]}]
    far = journal.slot("t3", hours=40, serviceType=video)

    assert free() == [here, there, far]
    assert free(organisation="oya_legesenter") == [there]
    assert free(unit="doctors") == [here, there, far]
    assert free(unit="laboratory") == []
    assert free(visit_type="video-consultation") == [far]
    assert free(visit_type="consultation") == [here, there]
    assert free(**{"from": "2026-03-02T10:30:00Z", "to": "2026-03-02T12:00:00Z"}) == [there]


def test_each_organisation_offers_what_it_offers_and_a_closed_one_nothing(appointments, journal, free):
    for organisation in ("trondheim", "oya_legesenter", "st_olavs", "unknown"):
        journal.schedule("s1", organisation=organisation)
        journal.slot("t1", hours=2, organisation=organisation)
    second = journal.slot("t2", hours=3)
    journal.slot("t2", hours=3, organisation="oya_legesenter")
    asked = []

    def only_the_last(question):
        asked.append(question)
        return frozenset({question.slots[-1].id})

    appointments.rules = organisations_of(
        rules_of(restrict_slots=only_the_last),
        rules_of(manifest=manifest_of("oya_legesenter"), restrict_slots=lambda _question: {MISSING}),
        closed_rules(manifest=manifest_of("st_olavs")),
    )

    assert free() == [second]
    (question,) = asked
    assert [slot.visit_type for slot in question.slots] == ["consultation", "consultation"]


def test_pages_of_free_times_follow_each_other_past_what_is_not_offered(appointments, citizen, journal, monkeypatch):
    monkeypatch.setattr(offers, "LOOKED_AT_ONCE", 4)
    journal.schedule()
    slots = [journal.slot(f"t{number:02}", hours=1 + number // 2) for number in range(17)]
    offered = [slot for number, slot in enumerate(slots) if number % 3]
    whole = [slot["id"] for slot in appointments.slots({}, citizen())["slots"]]
    appointments.rules = organisations_of(rules_of(restrict_slots=lambda question: frozenset(offered) & question.ids))

    paged, cursor = [], None
    while True:
        answer = appointments.slots({"limit": 3, "cursor": cursor}, citizen())
        paged += [slot["id"] for slot in answer["slots"]]
        cursor = answer["next"]
        if cursor is None:
            break

    assert sorted(whole) == sorted(slots)
    assert paged == [slot for slot in whole if slot in offered]


def test_a_search_that_nobody_answers_ends_early_and_says_where_to_go_on(appointments, citizen, journal, monkeypatch):
    monkeypatch.setattr(offers, "LOOKED_AT_ONCE", 1)
    monkeypatch.setattr(offers, "MOST_LOOKS", 3)
    journal.schedule()
    slots = [journal.slot(f"t{number}", hours=1 + number) for number in range(5)]
    appointments.rules = organisations_of(rules_of(restrict_slots=lambda question: question.ids & {slots[4]}))

    first = appointments.slots({}, citizen())
    second = appointments.slots({"cursor": first["next"]}, citizen())

    assert first["slots"] == []
    assert [slot["id"] for slot in second["slots"]] == [slots[4]]


def test_what_is_over_is_not_even_looked_at(journal, free, monkeypatch):
    monkeypatch.setattr(offers, "LOOKED_AT_ONCE", 1)
    monkeypatch.setattr(offers, "MOST_LOOKS", 3)
    journal.schedule()
    for number in range(1, 6):
        journal.slot(f"over{number}", hours=-number)
    soon = journal.slot("soon", hours=1)

    assert free(**{"from": "2020-01-01T00:00:00Z"}) == [soon]


def test_what_is_to_come_is_soonest_first_and_what_has_been_newest_first(journal, page, appointments, citizen):
    for name, hours in {"later": 5, "soon": 1, "over": -2, "long-over": -20}.items():
        journal.appointment(name, hours=hours, clinician=name)

    def starts(answer):
        return [item["starts_at"][8:13] for item in answer["items"]]

    assert starts(page()) == ["02T09", "02T13"]
    assert starts(page(when="past")) == ["02T06", "01T12"]
    assert starts(orjson.loads(appointments.for_home({}, citizen()))) == ["02T09", "02T13"]
    first = page(when="past", limit=1)
    assert starts(first) == ["02T06"]
    assert starts(page(when="past", limit=1, cursor=first["next"])) == ["01T12"]
    assert page("c2")["items"] == []


def test_home_shows_the_next_five(journal, appointments, citizen):
    for number in range(7):
        journal.appointment(f"a{number}", hours=7 - number)

    section = orjson.loads(appointments.for_home({"limit": 3}, citizen()))

    assert [item["starts_at"][11:13] for item in section["items"]] == ["09", "10", "11", "12", "13"]
    assert section["next"] is not None


def test_home_care_visits_are_hidden_and_meetings_at_home_are_shown(journal, page):
    """R29 and R30, by the regional default."""

    def service(code):
        return [{"coding": [{"system": "urn:helsami:service", "code": code}], "text": code}]

    home = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HH"}]}]
    journal.appointment("a1", hours=1, serviceType=service("home-care-visit"))
    journal.appointment("a2", hours=2, serviceType=service("wound-care"), serviceCategory=home)
    journal.appointment("a3", hours=3, serviceType=service("care-group-meeting"), serviceCategory=home)

    answer = page()

    assert [item["kind"] for item in answer["items"]] == ["care-group-meeting"]
    assert answer["absences"] == [{"code": "hidden_by_rule", "kind": "home-care-hidden"}]


def test_sharing_is_asked_with_kind_visit_type_setting_and_reader(journal, page, appointments):
    asked = []
    appointments.rules = organisations_of(
        rules_of(restrict_sharing=lambda question: asked.append(question) or Restriction.withhold("not-here"))
    )
    journal.appointment("a1", serviceType=[{"coding": [{"code": "consultation"}]}])

    answer = page(claims={"basis": "grant", "age_band": "0-11"})

    (question,) = asked
    assert (question.kind, question.visit_type) == ("appointment", "consultation")
    assert (question.reader, question.age_band) == ("grant", "0-11")
    assert (answer["items"], answer["absences"]) == ([], [{"code": "none_recorded"}])


def test_nothing_from_before_the_organisation_went_live_is_shown(journal, page, appointments):
    journal.appointment("a1", hours=-48)
    journal.appointment("a2", hours=-2)
    appointments.rules = organisations_of(rules_of(manifest=manifest_of(go_live={"appointments": date(2026, 3, 1)})))

    answer = page(when="past")

    assert len(answer["items"]) == 1
    assert answer["absences"] == [{"code": "before_go_live", "organisation": "trondheim", "date": "2026-03-01"}]


def test_the_same_delivery_again_changes_nothing(journal, rows):
    assert journal.schedule() == {"outcome": "stored"}
    assert journal.schedule() == {"outcome": "unchanged"}
    assert journal.schedule(clinician="lege-2") == {"outcome": "stored"}
    span = {"schedule": {"reference": "Schedule/s1"}, "status": "free", **journal.span(1, 20)}
    assert journal.send("Slot", "t1", span) == {"outcome": "stored"}
    assert journal.send("Slot", "t1", span) == {"outcome": "unchanged"}
    assert journal.send("Slot", "t1", span | {"status": "busy"}) == {"outcome": "stored"}
    assert journal.appointment("a1") == {"outcome": "stored"}
    assert journal.appointment("a1") == {"outcome": "unchanged"}
    assert journal.appointment("a1", status="fulfilled") == {"outcome": "stored"}
    assert [rows(table) for table in ("schedules", "slots", "appointments")] == [1, 1, 1]


def test_a_slot_taken_here_is_not_freed_by_sending_it_again_as_free(appointments, citizen, slot, journal, free, clock):
    appointments.book({"slot": slot}, citizen())

    assert journal.slot("t1") == slot
    assert journal.slot("t1", hours=9) == slot  # moved by its organisation, and still taken

    assert free() == []
    with pytest.raises(Conflict, match="slot-taken"):
        appointments.book({"slot": slot}, citizen("c2"))


def test_a_slot_follows_its_schedule(journal, free, appointments, citizen):
    journal.schedule()
    journal.slot("t1")
    journal.schedule(clinician="lege-2", actor=[{"reference": "Practitioner/p2", "display": "Våken Lampe"}])

    (shown,) = appointments.slots({}, citizen())["slots"]

    assert (shown["clinician"], shown["unit"]) == ("Våken Lampe", None)


def test_a_slot_without_a_known_schedule_is_refused(journal, rows):
    journal.schedule("s1", organisation="oya_legesenter")
    body = {"schedule": {"reference": "Schedule/s1"}, "status": "free", **journal.span(1, 20)}

    refused = {"outcome": "refused", "code": "schedule-not-found", "path": "Slot.schedule"}
    assert journal.send("Slot", "t1", body) == refused
    assert rows("slots") == 0


def test_an_appointment_without_times_is_refused_with_its_path(journal, rows):
    refused = {"outcome": "refused", "code": "undated", "path": "Appointment.start"}

    assert journal.appointment("a1", start=None, end=None) == refused
    assert journal.appointment("a1", start=None, end=None, slot=[{"reference": "Slot/unknown"}]) == refused
    assert rows("appointments") == 0


def test_an_appointment_from_a_slot_has_its_time_and_takes_it(journal, slot, page, free):
    stored = journal.appointment("a1", start=None, end=None, slot=[{"reference": "Slot/t1"}])

    assert stored == {"outcome": "stored"}
    (item,) = page()["items"]
    assert (item["starts_at"], item["kind"]) == ("2026-03-02T09:00:00Z", "Legetime")
    assert free() == []


@pytest.mark.parametrize("status", ["cancelled", "noshow", "entered-in-error"])
def test_an_appointment_that_does_not_take_place_gives_its_slot_back(journal, slot, free, status):
    journal.appointment("a1", slot=[{"reference": "Slot/t1"}])
    assert free() == []

    journal.appointment("a1", slot=[{"reference": "Slot/t1"}], status=status)

    assert free() == [slot]


def test_an_appointment_that_moves_to_another_slot_gives_the_first_one_back(journal, slot, free):
    journal.slot("t2", hours=2)
    journal.appointment("a1", slot=[{"reference": "Slot/t1"}])

    journal.appointment("a1", hours=2, slot=[{"reference": "Slot/t2"}])

    assert free() == [slot]


def test_an_old_cancellation_does_not_free_what_another_has_taken(appointments, citizen, journal, slot, free):
    named = {"slot": [{"reference": "Slot/t1"}]}
    journal.appointment("a1", **named)
    journal.appointment("a1", status="cancelled", **named)
    appointments.book({"slot": slot}, citizen("c2"))

    journal.appointment("a1", status="cancelled", description="sent again", **named)
    journal.appointment("a1", status="entered-in-error", **named)

    assert free() == []


def test_an_appointment_of_somebody_else_takes_no_slot_that_is_taken_here(appointments, citizen, journal, slot, free):
    appointments.book({"slot": slot}, citizen("c2"))

    for status in ("booked", "cancelled"):
        assert journal.appointment("a1", status=status, slot=[{"reference": "Slot/t1"}]) == {"outcome": "stored"}

    assert free() == []


def test_what_was_entered_in_error_is_withdrawn(journal, page):
    journal.appointment("a1")

    assert journal.appointment("a1", status="entered-in-error", start=None) == {"outcome": "stored"}
    assert journal.appointment("a1", status="entered-in-error") == {"outcome": "unchanged"}
    assert page()["items"] == []


def test_a_record_systems_word_on_a_booking_made_here_confirms_it(appointments, citizen, journal, slot, page, told):
    booked = appointments.book({"slot": slot}, citizen())
    named = {"slot": [{"reference": "Slot/t1"}]}

    assert journal.appointment("a1", **named) == {"outcome": "stored"}
    (item,) = page()["items"]
    assert (item["id"], item["status"]) == (booked["id"], "booked")

    assert journal.appointment("a1", **named) == {"outcome": "unchanged"}
    journal.appointment("a1", hours=3, status="cancelled")
    (item,) = page()["items"]
    assert (item["id"], item["status"], item["starts_at"]) == (booked["id"], "cancelled", "2026-03-02T11:00:00Z")
    assert len(told()) == 1


def test_a_record_systems_appointments_may_overlap_and_still_hold_off_bookings(appointments, citizen, journal, page):
    journal.schedule("s9", "lege-9")
    slot = journal.slot("t9", hours=1.4, schedule="s9")
    assert journal.appointment("stay", hours=0.5, minutes=60, clinician="lege-1") == {"outcome": "stored"}
    assert journal.appointment("x-ray", hours=1, minutes=60, clinician="lege-9") == {"outcome": "stored"}

    assert len(page()["items"]) == 2
    with pytest.raises(Conflict, match="appointment-overlaps"):
        appointments.book({"slot": slot}, citizen())
    with pytest.raises(Conflict, match="slot-taken"):
        appointments.book({"slot": slot}, citizen("c2"))


def test_an_appointment_that_overlaps_a_booking_made_here_is_shown_too(appointments, citizen, slot, journal, page):
    appointments.book({"slot": slot}, citizen())

    assert journal.appointment("a1", hours=1.1) == {"outcome": "stored"}
    assert journal.appointment("a1", hours=1.1) == {"outcome": "unchanged"}
    assert journal.appointment("a2", "c2", hours=1.1) == {"outcome": "stored"}
    assert (len(page()["items"]), len(page("c2")["items"])) == (2, 1)


def test_each_entry_of_a_delivery_has_an_outcome_of_its_own(appointments, journal):
    journal.schedule()
    entries = [
        {"index": 3, "type": "Slot", "key": "t1", "resource": {"resourceType": "Slot"}},
        {"index": 5, "type": "Encounter", "key": "e1", "resource": {"resourceType": "Encounter"}},
        {"index": 8, "type": "Appointment", "key": "a1", "resource": {"resourceType": "Appointment"}},
        {"index": 9, "type": "Schedule", "key": "s2", "resource": {"resourceType": "Schedule"}},
    ]

    answer = appointments.receive({"citizen": None, "entries": entries}, system_token("trondheim"))

    assert answer["outcomes"] == [
        {"index": 3, "outcome": "refused", "code": "schedule-missing", "path": "Slot.schedule"},
        {"index": 5, "outcome": "not supported", "code": "type", "path": "Encounter"},
        {"index": 8, "outcome": "refused", "code": "no-citizen", "path": "Appointment.participant"},
        {"index": 9, "outcome": "stored"},
    ]
    assert ReceiveOutcome().dump(answer) == answer


def test_organisations_keys_do_not_meet(journal, rows):
    for organisation in ("trondheim", "oya_legesenter"):
        assert journal.schedule("s1", organisation=organisation) == {"outcome": "stored"}
        journal.slot("t1", organisation=organisation)
        assert journal.appointment("a1", organisation=organisation) == {"outcome": "stored"}

    assert [rows(table) for table in ("schedules", "slots", "appointments")] == [2, 2, 2]


def test_a_token_about_nobody_books_and_reads_nothing(appointments: AppointmentsService, slot, citizen):
    nobody: AccessToken = citizen(None)

    for call, question in (
        (appointments.book, {"slot": slot}),
        (appointments.slots, {}),
        (appointments.page, {}),
        (appointments.for_home, {}),
    ):
        with pytest.raises(Forbidden, match="not-permitted"):
            call(question, nobody)


def test_a_citizens_token_delivers_nothing(appointments, citizen):
    with pytest.raises(Forbidden, match="no-organisation"):
        appointments.receive({"citizen": "c1", "entries": []}, citizen())


def test_an_appointment_keeps_no_text_that_was_not_asked_for(journal, page, store):
    journal.appointment("a1", description="Nyresvikt", comment="Nyresvikt")

    with store.transaction("c1") as tx:
        (row,) = tx.connection.execute(sa.select(APPOINTMENTS)).mappings()
    assert "Nyresvikt" not in str(dict(row))
