"""What Helsenorge's profile of Appointment says in its own ways is read as what citizens and rules know."""

from datetime import UTC, datetime

import pytest

from helsami_appointments import fhir
from helsami_appointments.domain import Span
from helsami_appointments.receiving.profile import CARE_LEVEL, CITIZENS_TYPE, CONTACT_TYPE, REASONS, ROLE
from helsami_kernel.journal import Entry, Unreadable

SPAN = {"start": "2026-03-02T09:00:00+01:00", "end": "2026-03-02T09:20:00+01:00"}
READ = Span(datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 8, 20, tzinfo=UTC))
PATIENT = {"actor": {"type": "Patient"}, "status": "accepted"}


def read(known=None, **said):
    whole = {"resourceType": "Appointment", "status": "booked", "participant": [PATIENT], **SPAN, **said}
    told = {name: value for name, value in whole.items() if value is not None}
    return fhir.appointment(Entry(0, "Appointment", "k", told), "trondheim", None, known)


def typed(*codings, text=None):
    every = (dict(zip(("system", "code", "display"), coding, strict=True)) for coding in codings)
    coding = [{name: value for name, value in each.items() if value is not None} for each in every]
    return {"coding": coding} | ({"text": text} if text else {})


def place(name, role, key="l1"):
    return {
        "resourceType": "Location",
        "id": key,
        "identifier": [{"system": "urn:x", "value": "trondheim.health-station"}],
        "name": name,
        "type": [{"coding": [{"system": ROLE, "code": role}]}],
    }


def with_actor(reference, **more):
    return [PATIENT, {"actor": {"reference": reference, **more}, "status": "accepted"}]


def test_a_contained_place_is_named_by_itself_and_found_by_its_identifier():
    meeting = read(contained=[place("Helsestasjonen, 2. etasje", "OF")], participant=with_actor("#l1")).meeting

    assert (meeting.place, meeting.unit) == ("Helsestasjonen, 2. etasje", "health-station")


def test_a_contained_place_counts_also_where_no_participant_refers_to_it():
    assert read(contained=[place("Helsestasjonen", "OF")]).meeting.place == "Helsestasjonen"


def test_a_hospital_appointment_names_the_unit_and_the_hospital_that_it_is_in():
    places = [place("Rimfrost sykehus", "HOSP", "l1"), place("Hjertepoliklinikken", "HU", "l2")]

    assert read(contained=places).meeting.place == "Hjertepoliklinikken, Rimfrost sykehus"


@pytest.mark.parametrize(
    ("inside", "name"),
    [
        ({"resourceType": "Practitioner", "name": [{"text": "Klar Kompass"}]}, "Klar Kompass"),
        ({"resourceType": "Practitioner", "name": [{"given": ["Klar", "Ny"], "family": "Kompass"}]}, "Klar Ny Kompass"),
        ({"resourceType": "Practitioner"}, "Rolig Elv"),
        ({"resourceType": "PractitionerRole", "practitioner": {"display": "Blid Ball"}}, "Rolig Elv"),
    ],
)
def test_a_contained_professional_is_named_by_itself_or_as_whoever_refers_to_it_says(inside, name):
    identifier = [{"system": "urn:oid:2.16.578.1.12.4.1.4.4", "value": "9144900"}]
    contained = [{"id": "p1", "identifier": identifier, **inside}]

    meeting = read(contained=contained, participant=with_actor("#p1", display="Rolig Elv")).meeting

    assert (meeting.clinician, meeting.clinician_name) == ("urn:oid:2.16.578.1.12.4.1.4.4|9144900", name)


def test_a_role_is_named_as_the_professional_who_has_it():
    contained = [{"resourceType": "PractitionerRole", "id": "r1", "practitioner": {"display": "Blid Ball"}}]

    assert read(contained=contained, participant=with_actor("#r1")).meeting.clinician_name == "Blid Ball"


HOME_VISIT = (CITIZENS_TYPE[0], "Hjemmebesok", None)
OWN_CODE = ("urn:helsami:service", "interdisciplinary-meeting", None)
CONTROL = (CONTACT_TYPE[0], "3", "Kontroll")


@pytest.mark.parametrize(
    ("codings", "text", "kind", "visit_type"),
    [
        ([(CITIZENS_TYPE[0], "Vaksine", None)], None, "Vaksinetime", "vaccination"),
        ([(CITIZENS_TYPE[1], "Lab", "Time på lab")], None, "Time på lab", "blood-test"),
        ([CONTROL, (CITIZENS_TYPE[0], "Dagbehandling", None)], None, "Dagbehandling", "Dagbehandling"),
        ([CONTROL, (CARE_LEVEL[0], "3", "Poliklinisk")], None, "Kontroll", ""),
        ([(CITIZENS_TYPE[0], "Ordinær", "Ordinær time")], "Hos jordmor", "Hos jordmor", "consultation"),
        ([HOME_VISIT, OWN_CODE], None, "Hjemmebesøk", "interdisciplinary-meeting"),
    ],
)
def test_the_type_says_what_citizens_call_it_and_what_rules_are_asked_about(codings, text, kind, visit_type):
    meeting = read(appointmentType=typed(*codings, text=text)).meeting

    assert (meeting.kind, meeting.visit_type) == (kind, visit_type)


@pytest.mark.parametrize(
    ("said", "setting"),
    [
        ({"contained": [place("Bostedsadresse", "PTRES")]}, "home"),
        ({"contained": [place("Helsestasjonen", "OF")]}, ""),
        ({"appointmentType": typed((CITIZENS_TYPE[0], "Hjemmebesok", None))}, "home"),
        ({"appointmentType": typed((CARE_LEVEL[0], "1", None))}, "inpatient"),
        ({"appointmentType": typed((CARE_LEVEL[1], "Poliklinisktime", None))}, "outpatient"),
    ],
)
def test_the_place_and_the_type_say_where_people_meet(said, setting):
    assert read(**said).setting == setting


@pytest.mark.parametrize(
    ("system", "code", "because"),
    [
        (REASONS[0], "AAT", "service"),
        (REASONS[1], "AAI", "citizen"),
        (REASONS[0], "APVAI", "on-behalf"),
        (REASONS[0], "AIH", "not-home"),
        (REASONS[0], "IM", "no-show"),
        ("urn:oid:2.16.578.1.12.4.1.1.8445", "2", "other"),
        ("urn:oid:2.16.578.1.12.4.1.1.8445", "AAT", "other"),
    ],
)
def test_a_cancelled_appointment_says_why(system, code, because):
    assert read(status="cancelled", cancelationReason=typed((system, code, None))).cancelled_because == because


def test_only_what_does_not_take_place_says_why():
    assert read(cancelationReason=typed((REASONS[0], "AAT", None))).cancelled_because == ""
    assert read(status="cancelled").cancelled_because == ""


def test_a_cancelled_appointment_need_not_say_again_when_it_was_to_be():
    assert read(READ, status="cancelled", start=None, end=None).span == READ
    with pytest.raises(Unreadable, match="undated"):
        read(status="cancelled", start=None, end=None)
    with pytest.raises(Unreadable, match="undated"):
        read(READ, start=None, end=None)


def test_what_is_proposed_has_a_window_and_no_time():
    period = [{"start": SPAN["start"], "end": SPAN["end"]}]

    proposed = read(status="proposed", start=None, end=None, requestedPeriod=period)

    assert (proposed.span, proposed.window, proposed.status) == (READ, True, "proposed")
    assert not read(requestedPeriod=period).window


@pytest.mark.parametrize(
    ("period", "code", "path"),
    [
        ({"start": SPAN["start"]}, "undated", "Appointment.requestedPeriod.end"),
        ({"end": SPAN["end"]}, "undated", "Appointment.requestedPeriod.start"),
        ({"start": SPAN["end"], "end": SPAN["start"]}, "ends-before-start", "Appointment.requestedPeriod.end"),
    ],
)
def test_a_window_that_nobody_could_wait_in_is_refused_with_its_path(period, code, path):
    with pytest.raises(Unreadable) as reason:
        read(status="proposed", start=None, end=None, requestedPeriod=[period])

    assert (reason.value.code, reason.value.path) == (code, path)


def test_the_end_is_as_the_length_says_where_only_that_is_said():
    assert read(end=None, minutesDuration=20).span == READ
    assert read(minutesDuration=45).span == READ


@pytest.mark.parametrize(("minutes", "code"), [(0, "undated"), (-5, "undated"), ("20", "undated"), (10**9, "too-long")])
def test_a_length_that_is_none_is_refused(minutes, code):
    with pytest.raises(Unreadable) as reason:
        read(end=None, minutesDuration=minutes)

    assert reason.value.code == code


def test_what_the_citizen_is_to_do_before_is_kept_as_plain_text():
    assert read(patientInstruction=" Møt fastende.\n").instructions == "Møt fastende."
    assert read().instructions == ""
    with pytest.raises(Unreadable) as reason:
        read(patientInstruction="a" * 1001)
    assert (reason.value.code, reason.value.path) == ("too-long", "Appointment.patientInstruction")


def flag(code, **more):
    return {"resourceType": "Flag", "status": "active", "code": {"coding": [{"code": code}]}, **more}


@pytest.mark.parametrize(
    ("contained", "flags"),
    [
        ([], None),
        ([flag("cancel"), flag("canInitiateDialog")], {"cancel"}),
        ([flag("canAcknowledge")], set()),
        ([flag("cancel", status="inactive")], None),
        ([flag("cancel", status="entered-in-error"), flag("cancelWithComment")], {"cancelWithComment"}),
    ],
)
def test_flags_say_what_the_citizen_may_do_where_there_are_any(contained, flags):
    assert read(contained=contained).flags == flags
