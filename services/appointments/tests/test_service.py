"""Reading one's appointments, and what record systems send."""

from datetime import date

import orjson
import pytest
import sqlalchemy as sa

from helsami_appointments.models import APPOINTMENTS
from helsami_appointments.receiving.schemas import Taken
from helsami_appointments.service import AppointmentsService
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Conflict, Forbidden
from helsami_kernel.testing import system_token
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import manifest_of, organisations_of, rules_of


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
    asked.clear()

    answer = page(claims={"basis": "parental", "age_band": "0-11"})

    (question,) = asked
    assert (question.kind, question.visit_type) == ("appointment", "consultation")
    assert (question.reader, question.age_band) == ("parental", "0-11")
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

    refused = journal.send("Slot", "t1", body)
    assert (refused["outcome"], refused["code"], refused["path"]) == ("refused", "schedule-not-found", "Slot.schedule")
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
    seen = {kind for kind, *_ in told()}
    assert seen == {"slot_booked", "appointment_named", "access_limit_changed", "appointment_cancelled"}


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
        {"index": 5, "type": "Basic", "key": "e1", "resource": {"resourceType": "Basic"}},
        {"index": 8, "type": "Appointment", "key": "a1", "resource": {"resourceType": "Appointment"}},
        {"index": 9, "type": "Schedule", "key": "s2", "resource": {"resourceType": "Schedule"}},
    ]

    answer = appointments.receive({"citizen": None, "entries": entries}, system_token("trondheim"))

    assert [{name: told for name, told in one.items() if name != "expected"} for one in answer["outcomes"]] == [
        {"index": 3, "outcome": "refused", "code": "schedule-missing", "path": "Slot.schedule"},
        {"index": 5, "outcome": "not supported", "code": "type", "path": "Basic"},
        {"index": 8, "outcome": "refused", "code": "no-citizen", "path": "Appointment.participant"},
        {"index": 9, "outcome": "stored"},
    ]
    assert Taken().dump(answer) == answer


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
