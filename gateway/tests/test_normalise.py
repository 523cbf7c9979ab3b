"""What owners get: nobody named, references by key, decimals as written, and an outcome for everything else."""

import json
from datetime import date

import pytest

from helsami_gateway.fhir.bundle import read_bundle
from helsami_gateway.fhir.normalise import OWNERS, Deliverable, entries_by_owner, prepare
from helsami_gateway.fhir.outcomes import Fate, Outcome
from helsami_gateway.national_id import synthetic

BIRTH_NUMBER = "urn:oid:2.16.578.1.12.4.1.4.1"
D_NUMBER = "urn:oid:2.16.578.1.12.4.1.4.2"
MODIG_FJELL = "13924500160"
DOCTOR = {
    "resourceType": "Practitioner",
    "id": "d1",
    "identifier": [
        {"system": BIRTH_NUMBER, "value": "04831050034"},
        {"system": "urn:oid:2.16.578.1.12.4.1.4.4", "value": "9000001"},
    ],
    "name": [{"family": "Sti", "given": ["Rolig"], "prefix": ["Dr."]}],
}
DOCTOR_KEY = "Practitioner/urn:oid:2.16.578.1.12.4.1.4.4|9000001"


@pytest.fixture
def prepared(bundled):
    def run(*resources, **more):
        return list(prepare(read_bundle(bundled(*resources, **more), "st_olavs")))

    return run


@pytest.fixture
def only(prepared, patient):
    """The last of some resources, prepared in a bundle that begins with the patient."""
    return lambda *resources: prepared(patient, *resources)[-1]


def path_of(outcome):
    assert isinstance(outcome, Outcome), outcome
    assert outcome.fate is Fate.REFUSED
    return outcome.problems[0].path


def test_an_entry_goes_to_its_owner_about_its_person_without_naming_them(only, condition):
    delivered = only(condition)

    assert (delivered.owner, delivered.type, delivered.key, delivered.national_id) == (
        "records",
        "Condition",
        "c1",
        MODIG_FJELL,
    )
    assert delivered.resource == {name: condition[name] for name in condition.keys() - {"subject", "id"}}
    assert delivered.for_owner() == {"index": 1, "type": "Condition", "key": "c1", "resource": delivered.resource}


def test_a_patient_is_delivered_without_any_national_number(only, patient):
    foreign = {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-36-6866"}
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "NI"}]}
    copied = {"system": "urn:test:copy", "value": MODIG_FJELL}
    more = {"identifier": [*patient["identifier"], foreign, copied, {"type": kind, "value": "191212121212"}]}

    delivered = only(patient | more)

    assert delivered.national_id == MODIG_FJELL
    assert delivered.key == "urn:test:journal|42"
    assert delivered.resource["identifier"] == [{"system": "urn:test:journal", "value": "42"}]
    assert delivered.resource["birthDate"] == "1945-12-13"


def test_a_d_number_serves_where_there_is_no_birth_number(prepared, patient):
    number = "539245" + "00163"
    numbered = patient | {"identifier": [{"system": D_NUMBER, "value": MODIG_FJELL}]}

    assert prepared(numbered)[0].national_id == MODIG_FJELL
    assert (
        path_of(prepared(patient | {"identifier": [{"system": D_NUMBER, "value": number}]})[0]) == "Patient.identifier"
    )


def test_an_old_number_gives_way_to_the_current_one(prepared, patient):
    old = {"system": BIRTH_NUMBER, "value": "04831050034", "use": "old"}

    assert prepared(patient | {"identifier": [old, *patient["identifier"]]})[0].national_id == MODIG_FJELL


@pytest.mark.parametrize(
    "identifiers",
    [
        [],
        [{"system": "urn:test:journal", "value": "42"}],
        [{"system": BIRTH_NUMBER, "value": "13924500161"}],
        [{"system": BIRTH_NUMBER}],
        [{"system": BIRTH_NUMBER, "value": MODIG_FJELL}, {"system": BIRTH_NUMBER, "value": "04831050034"}],
    ],
)
def test_a_patient_without_one_sound_norwegian_number_is_refused_with_all_that_is_theirs(
    prepared, patient, condition, identifiers
):
    nameless = {name: value for name, value in patient.items() if name != "identifier"}
    outcomes = prepared(nameless | ({"identifier": identifiers} if identifiers else {}), condition)

    assert [path_of(outcome) for outcome in outcomes] == ["Patient.identifier", "Condition.subject"]
    assert [outcome.code for outcome in outcomes] == ["no-person", "no-person"]


def test_a_logical_reference_names_a_person_who_is_not_in_the_bundle(prepared, condition):
    reference = {"type": "Patient", "identifier": {"system": BIRTH_NUMBER, "value": MODIG_FJELL}}

    delivered = prepared(condition | {"subject": reference})[0]

    assert delivered.national_id == MODIG_FJELL
    assert MODIG_FJELL not in json.dumps(delivered.resource)


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ({"reference": "urn:uuid:nobody"}, "Condition.subject"),
        ({"reference": "Patient/other"}, "Condition.subject"),
        ({"reference": "urn:uuid:d1"}, "Condition.subject"),
        ({"display": "Modig Fjell"}, "Condition.subject"),
        ({"identifier": {"system": BIRTH_NUMBER, "value": "13924500161"}}, "Condition.subject.identifier"),
        ({"identifier": {"system": "urn:test:unknown", "value": "7"}}, "Condition.subject.identifier"),
    ],
)
def test_an_entry_whose_person_is_not_known_is_refused(only, condition, reference, path):
    assert path_of(only(DOCTOR, condition | {"subject": reference})) == path


def test_a_local_identifier_finds_the_patient_of_the_bundle(only, condition):
    reference = {"type": "Patient", "identifier": {"system": "urn:test:journal", "value": "42"}}

    assert only(condition | {"subject": reference}).national_id == MODIG_FJELL
    assert (
        only(condition | {"subject": {"reference": "Patient?identifier=urn:test:journal|42"}}).national_id
        == MODIG_FJELL
    )


def test_a_person_may_be_contained_in_the_entry(prepared, condition, patient):
    contained = condition | {"contained": [patient], "subject": {"reference": "#p1"}}

    delivered = prepared(contained)[0]

    assert delivered.national_id == MODIG_FJELL
    assert "contained" not in delivered.resource


@pytest.mark.parametrize("reference", ["urn:uuid:d1", "Practitioner/d1", "Practitioner/d1/_history/3"])
def test_a_reference_becomes_the_targets_key_and_name(only, condition, reference):
    delivered = only(DOCTOR, condition | {"recorder": {"reference": reference, "display": "wrong"}})

    assert delivered.resource["recorder"] == {"reference": DOCTOR_KEY, "display": "Dr. Rolig Sti"}


def test_a_key_is_never_a_national_number(prepared, patient):
    doctor, nameless = prepared(DOCTOR, patient | {"identifier": patient["identifier"][1:]})

    assert doctor.key == "urn:oid:2.16.578.1.12.4.1.4.4|9000001"
    assert "04831050034" not in repr(doctor.resource)
    assert nameless.key == "p1"


def test_a_number_within_a_key_is_refused(only, condition):
    assert path_of(only(condition | {"id": f"{MODIG_FJELL}-3"})) == "Condition.identifier"


def test_a_patient_called_by_their_number_is_delivered_under_another_key(prepared, patient):
    called = patient | {"id": MODIG_FJELL, "identifier": patient["identifier"][1:]}

    assert MODIG_FJELL not in repr(prepared(called)[0].for_owner())


def test_absolute_addresses_join_bundles_of_one_server(bundled, patient, condition):
    def entry(resource):
        return {"fullUrl": f"https://dips.test/fhir/{resource['resourceType']}/{resource['id']}", "resource": resource}

    own = condition | {"subject": {"reference": "Patient/p1"}, "encounter": {"reference": "Encounter/e9"}}
    body = bundled(entry=[entry(patient), entry(own)])

    delivered = list(prepare(read_bundle(body, "st_olavs")))[1]

    assert delivered.national_id == MODIG_FJELL
    assert delivered.key == "https://dips.test/fhir/Condition/c1"
    assert delivered.resource["encounter"] == {"reference": "Encounter/https://dips.test/fhir/Encounter/e9"}


@pytest.mark.parametrize(
    ("reference", "kept"),
    [
        ({"reference": "urn:uuid:e9"}, {"reference": "Encounter/e9"}),
        ({"reference": "Encounter/e9", "display": "A visit"}, {"reference": "Encounter/e9", "display": "A visit"}),
        ({"type": "Encounter", "identifier": {"system": "urn:v", "value": "3"}}, {"reference": "Encounter/urn:v|3"}),
        (
            {"reference": "Encounter/e9", "identifier": {"system": "urn:v", "value": "3"}},
            {"reference": "Encounter/urn:v|3"},
        ),
        (
            {"reference": "Encounter/e9", "identifier": {"system": BIRTH_NUMBER, "value": MODIG_FJELL}},
            {"reference": "Encounter/e9"},
        ),
        ({"display": "A visit"}, {"display": "A visit"}),
    ],
)
def test_a_reference_out_of_the_bundle_keeps_what_is_known(only, condition, reference, kept):
    assert only(condition | {"encounter": reference}).resource["encounter"] == kept


def test_a_reference_of_unknown_type_keeps_its_display_or_goes(only, condition):
    shown = only(condition | {"recorder": {"reference": "urn:uuid:x", "display": "Dr. Sti"}})
    gone = only(condition | {"recorder": {"reference": "urn:uuid:x"}})

    assert shown.resource["recorder"] == {"display": "Dr. Sti"}
    assert "recorder" not in gone.resource


def test_other_references_to_a_patient_say_that_it_is_one_and_no_more(only, condition):
    delivered = only(condition | {"asserter": {"reference": "urn:uuid:p1", "display": "Modig Fjell"}})

    assert delivered.resource["asserter"] == {"type": "Patient"}


def test_a_relative_is_not_named(only, condition):
    mother = {"resourceType": "RelatedPerson", "id": "r1", "name": [{"text": "Stille Vann"}]}

    delivered = only(mother, condition | {"asserter": {"reference": "urn:uuid:r1"}})

    assert delivered.resource["asserter"] == {"reference": "RelatedPerson/r1"}


def test_the_name_of_a_doctor_known_by_national_number_stays_and_the_number_goes(only, condition):
    reference = {
        "type": "Practitioner",
        "identifier": {"system": BIRTH_NUMBER, "value": "04831050034"},
        "display": "Dr. Sti",
    }

    assert only(condition | {"recorder": reference}).resource["recorder"] == {"display": "Dr. Sti"}


def test_an_appointment_is_about_its_one_patient(only, appointment):
    delivered = only(appointment | {"id": "a1"})

    assert (delivered.owner, delivered.national_id) == ("appointments", MODIG_FJELL)
    assert [one["actor"] for one in delivered.resource["participant"]] == [
        {"type": "Patient"},
        {"reference": "Practitioner/d1"},
    ]


def test_an_appointment_of_nobody_or_of_two_is_refused(only, appointment):
    someone, doctor = appointment["participant"]

    for participants in ([doctor], [someone, someone]):
        outcome = only(appointment | {"id": "a1", "participant": participants})
        assert path_of(outcome) == "Appointment.participant"


def test_a_task_is_about_its_patient_and_names_its_appointment_by_key(only):
    task = {
        "resourceType": "Task",
        "id": "t1",
        "status": "requested",
        "intent": "order",
        "for": {"reference": "Patient/p1"},
        "focus": {"type": "Appointment", "identifier": {"system": "urn:oya:timebok", "value": "4711"}},
        "description": "Ingen mat etter midnatt.",
    }

    delivered = only(task)

    assert (delivered.owner, delivered.key, delivered.national_id) == ("appointments", "t1", MODIG_FJELL)
    assert delivered.resource["focus"]["reference"] == "Appointment/urn:oya:timebok|4711"
    assert "for" not in delivered.resource
    assert path_of(only({**task, "status": "perhaps"})) == "Task.status"
    assert path_of(only({name: held for name, held in task.items() if name != "for"})) == "Task.for"


def test_a_decimal_is_its_text_as_written(bundled, patient, observation):
    body = bundled(patient, observation | {"id": "o1"}).replace(b'"value": 5', b'"value": 1.50')

    delivered = list(prepare(read_bundle(body, "st_olavs")))[1]

    assert delivered.resource["valueQuantity"] == {"value": "1.50", "unit": "mg/L"}


@pytest.mark.parametrize(("number", "text"), [(5, "5"), (0.0000001, "1e-07")])
def test_other_numbers_that_fhir_calls_decimal_are_texts_too(only, observation, number, text):
    delivered = only(observation | {"id": "o1", "valueQuantity": {"value": number}})

    assert delivered.resource["valueQuantity"] == {"value": text}


def test_whole_numbers_stay_numbers(only, observation):
    only_integer = {name: value for name, value in observation.items() if name != "valueQuantity"}

    assert only(only_integer | {"id": "o1", "valueInteger": 5}).resource["valueInteger"] == 5


def test_the_numbers_of_the_bundles_people_are_hidden_in_free_text_and_others_are_not(only, condition):
    note = f"Pas. {MODIG_FJELL} / {MODIG_FJELL[:6]} {MODIG_FJELL[6:]}, sample 98765432109, x{MODIG_FJELL}0."

    delivered = only(condition | {"note": [{"text": note}]})

    assert (
        delivered.resource["note"][0]["text"] == f"Pas. {'*' * 11} / {'*' * 11}, sample 98765432109, x{MODIG_FJELL}0."
    )


def test_narrative_sender_ids_and_versions_go_and_access_limits_stay(only, condition):
    limit = {"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": "NORN_FORANS"}
    meta = {"versionId": "7", "lastUpdated": "2024-05-01T10:00:00Z", "security": [limit]}
    told = {"status": "generated", "div": "<div>Modig Fjell</div>"}

    delivered = only(condition | {"meta": meta, "text": told})

    assert delivered.resource["meta"] == {"security": [limit]}
    assert delivered.resource.keys().isdisjoint({"text", "id"})


def test_an_appointment_says_when_it_was_last_changed_since_the_later_word_counts(prepared, patient, appointment):
    meta = {"versionId": "7", "lastUpdated": "2024-05-01T10:00:00Z"}
    _, delivered = prepared(patient, appointment | {"id": "a1", "meta": meta})

    assert delivered.resource["meta"] == {"lastUpdated": "2024-05-01T10:00:00Z"}


def test_a_hospital_is_the_same_with_and_without_running_statistics(prepared):
    hospital = {"resourceType": "Organization", "id": "h1", "name": "Fjordbyen sykehus"}
    counted = hospital | {
        "extension": [{"url": "urn:visits", "valueInteger": 3453}],
        "meta": {"lastUpdated": "2024-05-01T10:00:00Z"},
    }

    assert prepared(hospital)[0].resource == prepared(counted)[0].resource


def test_a_prescription_names_the_medication_it_refers_to(only):
    medicine = {
        "resourceType": "Medication",
        "id": "m1",
        "code": {"coding": [{"code": "N02BE01", "display": "Paracetamol"}]},
    }
    prescription = {
        "resourceType": "MedicationRequest",
        "id": "r1",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
    }
    outside = prescription | {"medicationReference": {"reference": "urn:uuid:m1"}}
    inside = prescription | {"contained": [medicine], "medicationReference": {"reference": "#m1"}}

    assert only(medicine, outside).resource["medicationCodeableConcept"] == medicine["code"]
    assert only(inside).resource["medicationCodeableConcept"] == medicine["code"]
    assert only(outside).resource["medicationReference"] == {"reference": "Medication/m1"}


def test_the_same_thing_twice_in_a_bundle_passes_and_something_else_under_its_key_is_refused(only, prepared, condition):
    other = condition | {"code": {"text": "Asthma"}}

    assert isinstance(only(condition, condition), Deliverable)
    refused = only(condition, other)
    assert (refused.code, refused.status) == ("duplicate-key", 409)


def test_one_key_for_two_peoples_things_is_refused(prepared, patient, condition):
    number = {"system": BIRTH_NUMBER, "value": "04831050034"}
    second = patient | {"id": "p2", "identifier": [number]}
    theirs = condition | {"subject": {"reference": "urn:uuid:p2"}}

    assert prepared(patient, second, condition, theirs)[-1].code == "duplicate-key"


def test_two_patients_known_by_their_national_number_alone_are_two(prepared):
    one, two = (
        {"resourceType": "Patient", "identifier": [{"system": BIRTH_NUMBER, "value": value}]}
        for value in (MODIG_FJELL, "04831050034")
    )

    assert [entry.national_id for entry in prepared(one, two)] == [MODIG_FJELL, "04831050034"]


def test_what_nothing_would_recognise_again_is_refused(only, observation):
    outcome = only(observation)

    assert (outcome.code, path_of(outcome)) == ("no-key", "Observation.identifier")


def test_a_full_url_that_names_nothing_is_no_key(bundled, patient, observation):
    body = bundled(entry=[{"resource": patient}, {"fullUrl": "urn:uuid:", "resource": observation}])

    assert list(prepare(read_bundle(body, "st_olavs")))[1].code == "no-key"


def test_what_nobody_owns_is_told_apart_and_not_even_checked(only):
    outcome = only({"resourceType": "Claim", "id": "x", "nonsense": 1})

    assert (outcome.fate, outcome.type) == (Fate.NOT_SUPPORTED, "Claim")


@pytest.mark.parametrize("method", ["DELETE", "GET", "PATCH"])
def test_nothing_but_storing_can_be_asked(bundled, patient, method):
    body = bundled(entry=[{"resource": patient, "request": {"method": method, "url": "Patient/p1"}}])

    assert path_of(next(prepare(read_bundle(body, "st_olavs")))) == "Bundle.entry[0].request.method"


def test_a_wrong_entry_does_not_spoil_its_neighbours(prepared, patient, condition):
    wrong = condition | {"id": "c2", "onsetDateTime": "2023-02-29"}

    fates = [isinstance(one, Deliverable) for one in prepared(patient, wrong, condition)]

    assert fates == [True, False, True]


def test_deliveries_come_by_owner_and_person_registers_first(prepared, patient, condition, observation):
    number = {"system": BIRTH_NUMBER, "value": synthetic(date(1990, 1, 1), 3)}
    other = patient | {"id": "p2", "identifier": [number]}
    visit = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "urn:uuid:p1"},
    }

    deliveries = entries_by_owner(
        prepared(
            condition,
            observation | {"id": "o1", "subject": {"reference": "urn:uuid:p2"}},
            visit,
            patient,
            other,
            DOCTOR,
        )
    )

    assert [(one.owner, one.national_id, [entry.type for entry in one.entries]) for one in deliveries] == [
        ("directory", None, ["Practitioner"]),
        ("directory", MODIG_FJELL, ["Patient"]),
        ("directory", number["value"], ["Patient"]),
        ("appointments", MODIG_FJELL, ["Encounter"]),
        ("records", MODIG_FJELL, ["Encounter", "Condition"]),
        ("results", number["value"], ["Observation"]),
    ]


def test_no_number_is_in_what_could_be_logged(prepared, patient, condition):
    everything = prepared(patient, condition)

    assert MODIG_FJELL not in repr(everything)
    assert MODIG_FJELL not in repr(entries_by_owner(everything))


@pytest.mark.parametrize("kind", sorted(OWNERS))
def test_any_nonsense_of_a_supported_type_is_refused_and_nothing_more(prepared, patient, kind):
    for junk in (
        {},
        {"subject": 5},
        {"identifier": "x"},
        {"contained": [5, {}]},
        {"name": [[]]},
        {"extension": [{}]},
        {"participant": [None]},
        {"patient": {"reference": 5}},
        {"subject": {"reference": "#none"}},
        {"subject": {"identifier": []}},
        {"meta": 3},
        {"code": {"coding": [3]}},
    ):
        outcome = prepared(patient, {"resourceType": kind, **junk})[-1]
        assert isinstance(outcome, Outcome | Deliverable)
        if junk:
            assert isinstance(outcome, Outcome), junk
