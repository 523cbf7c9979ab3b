"""What is read from FHIR, and what is refused with its path."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from helsami_appointments import fhir
from helsami_appointments.domain import Meeting, Slot, Span
from helsami_appointments.receiving.profile import NOTIFYING, REMINDING
from helsami_kernel.journal import Entry, Unreadable, Unsupported

SPAN = {"start": "2026-03-02T09:00:00+01:00", "end": "2026-03-02T09:20:00+01:00"}
READ = Span(datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 8, 20, tzinfo=UTC))
SLOT = Slot("slot-1", "trondheim", Meeting("consultation", "Legetime", "doctors"), READ, free=True)


def entry(kind, resource, key="k"):
    return Entry(0, kind, key, {"resourceType": kind, **resource})


def slot(**changed):
    whole = {"status": "free", "schedule": {"reference": "Schedule/urn:x|s1"}, **SPAN}
    return entry("Slot", {name: value for name, value in {**whole, **changed}.items() if value is not None})


def appointment(**changed):
    whole = {"status": "booked", "participant": [], **SPAN}
    return entry("Appointment", {name: value for name, value in {**whole, **changed}.items() if value is not None})


def service(*codings, text=None):
    concept = {"coding": [{"system": system, "code": code, "display": display} for system, code, display in codings]}
    return [concept | ({"text": text} if text else {})]


def test_a_schedule_says_whose_times_where_and_what_for():
    told = {
        "serviceType": service(("urn:y", "57", "Immunization"), ("urn:helsami:service", "vaccination", "Vaksine")),
        "actor": [
            {"reference": "Location/urn:x|trondheim.health-station", "display": "Helsestasjonen"},
            {"reference": "Practitioner/urn:x|p1", "display": "Blid Ball"},
        ],
    }

    read = fhir.schedule(entry("Schedule", told, "urn:x|s1"), "trondheim")

    assert read.key == "urn:x|s1"
    assert read.active
    assert read.meeting == Meeting(
        "vaccination", "Immunization", "health-station", "Helsestasjonen", "urn:x|p1", "Blid Ball"
    )


def test_a_schedule_may_say_that_it_is_not_active():
    assert not fhir.schedule(entry("Schedule", {"active": False}), "trondheim").active


def test_a_slot_says_when_and_under_which_schedule():
    read = fhir.opening(slot(serviceType=service(("urn:y", "57", "Immunization"))))

    assert (read.key, read.schedule, read.span, read.free) == ("k", "urn:x|s1", READ, True)
    assert (read.visit_type, read.kind) == ("57", "Immunization")


@pytest.mark.parametrize("status", ["busy", "busy-unavailable", "busy-tentative", "entered-in-error", None])
def test_only_a_slot_that_is_said_to_be_free_is_free(status):
    assert not fhir.opening(slot(status=status)).free


@pytest.mark.parametrize(
    ("changed", "code", "path"),
    [
        ({"schedule": None}, "schedule-missing", "Slot.schedule"),
        ({"schedule": {"display": "Klar Kompass"}}, "schedule-missing", "Slot.schedule"),
        ({"start": None}, "undated", "Slot.start"),
        ({"end": None}, "undated", "Slot.end"),
        ({"end": SPAN["start"]}, "ends-before-start", "Slot.end"),
        ({"start": "2026-03-02T09:00:00"}, "no-time", "Slot.start"),
        ({"end": "soon"}, "no-time", "Slot.end"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "no-time", "Slot.start"),
        ({"serviceType": service(("urn:y", "c" * 61, ""))}, "too-long", "Slot.serviceType"),
    ],
)
def test_a_slot_that_cannot_be_kept_is_refused_with_its_path(changed, code, path):
    with pytest.raises(Unreadable) as reason:
        fhir.opening(slot(**changed))

    assert (reason.value.code, reason.value.path) == (code, path)


@pytest.mark.parametrize(
    ("changed", "code", "path"),
    [
        ({"start": None, "end": None}, "undated", "Appointment.start"),
        ({"end": None}, "undated", "Appointment.end"),
        ({"end": "2026-03-02T08:59:00+01:00"}, "ends-before-start", "Appointment.end"),
    ],
)
def test_an_appointment_that_cannot_be_kept_is_refused_with_its_path(changed, code, path):
    with pytest.raises(Unreadable) as reason:
        fhir.appointment(appointment(**changed), "trondheim", None)

    assert (reason.value.code, reason.value.path) == (code, path)


@pytest.mark.parametrize("status", ["waitlist", None])
def test_an_appointment_of_a_status_that_is_not_ours_is_not_supported(status):
    with pytest.raises(Unsupported) as reason:
        fhir.appointment(appointment(status=status), "trondheim", None)

    assert (reason.value.code, reason.value.path) == ("status", "Appointment.status")


def test_an_appointment_that_not_everybody_may_see_is_not_supported():
    label = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}]}

    with pytest.raises(Unsupported, match="access-limited"):
        fhir.appointment(appointment(meta=label), "trondheim", None)


@pytest.mark.parametrize(
    ("tags", "tell", "remind"),
    [
        ([], True, True),
        ([(NOTIFYING, "1")], False, True),
        ([(REMINDING, "1")], True, False),
        ([(NOTIFYING, "9"), (REMINDING, "9")], True, True),
        ([(NOTIFYING, "9"), (NOTIFYING, "1"), (REMINDING, "1")], False, False),
    ],
)
def test_a_record_system_may_want_no_notice_and_no_reminder(tags, tell, remind):
    meta = {"tag": [{"system": system, "code": code} for system, code in tags]}

    read = fhir.appointment(appointment(meta=meta), "trondheim", None)

    assert (read.tell, read.remind) == (tell, remind)


def test_what_was_entered_in_error_is_no_appointment():
    assert fhir.appointment(appointment(status="entered-in-error", start=None), "trondheim", None) is None


@pytest.mark.parametrize("status", ["proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow"])
def test_an_appointment_keeps_its_status(status):
    assert fhir.appointment(appointment(status=status), "trondheim", None).status == status


def test_who_has_checked_in_has_arrived():
    assert fhir.appointment(appointment(status="checked-in"), "trondheim", None).status == "arrived"


def test_an_appointment_without_times_has_those_of_the_slot_it_names():
    resource = appointment(start=None, end=None, slot=[{"reference": "Slot/urn:x|t1"}])

    assert fhir.slot_key(resource) == "urn:x|t1"
    read = fhir.appointment(resource, "trondheim", SLOT)
    assert (read.span, read.slot, read.meeting) == (READ, "slot-1", SLOT.meeting)


@pytest.mark.parametrize(("act", "setting"), [("HH", "home"), ("VR", "virtual"), ("IMP", "inpatient"), ("XX", "")])
def test_an_act_code_says_where_the_meeting_takes_place(act, setting):
    resource = appointment(serviceCategory=[{"coding": [{"system": fhir.ACT, "code": act}]}])

    assert fhir.appointment(resource, "trondheim", None).setting == setting


def test_the_setting_of_the_visit_comes_before_the_act_code():
    act = [{"coding": [{"system": fhir.ACT, "code": "AMB"}]}]
    told = replace(appointment(serviceCategory=act), setting="home")

    assert fhir.appointment(told, "trondheim", None).setting == "home"


def test_a_patient_and_what_was_sent_in_another_form_are_passed_over():
    resource = appointment(
        participant=[{"actor": {"type": "Patient"}}, "?", {"actor": "?"}, {}],
        serviceType="?",
        slot={},
        appointmentType=7,
    )

    assert fhir.appointment(resource, "trondheim", None).meeting == Meeting()
    assert fhir.slot_key(resource) is None
