"""What is wrong with a resource is said with its path, and never with its content."""

import json
from decimal import Decimal

import pytest

from helsami_gateway.fhir.numbers import WrittenDecimal
from helsami_gateway.fhir.validation import problems

SECRET = "Modig Fjell 13924500160"


def paths(resource):
    return {(problem.path, problem.code) for problem in problems(resource)}


def test_sound_resources_have_no_problems(patient, condition, observation, appointment):
    assert [problems(resource) for resource in (patient, condition, observation, appointment)] == [[]] * 4


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"status": "foo"}, "Observation.status", "code-invalid"),
        ({"status": None}, "Observation.status", "value"),
        ({"status": 5}, "Observation.status", "value"),
        ({"code": None}, "Observation.code", "structure"),
        ({"code": {}}, "Observation.code", "structure"),
        ({"code": []}, "Observation.code", "structure"),
        ({"code": {"coding": []}}, "Observation.code.coding", "structure"),
        ({"code": {"text": " "}}, "Observation.code.text", "value"),
        ({"code": {"text": "a\0b"}}, "Observation.code.text", "value"),
        ({"code": {"text": "half a \ud83d"}}, "Observation.code.text", "value"),
        ({"colour": "red"}, "Observation.colour", "structure"),
        ({"13924500160": "x"}, "Observation.?", "structure"),
        ({"category": {"text": "a"}}, "Observation.category", "structure"),
        ({"category": [None]}, "Observation.category[0]", "structure"),
        ({"effectiveDateTime": "2024-05-01T10:00:00"}, "Observation.effectiveDateTime", "value"),
        ({"effectiveDateTime": "2024-05-01T10:00Z"}, "Observation.effectiveDateTime", "value"),
        ({"effectiveDateTime": "2023-02-29"}, "Observation.effectiveDateTime", "value"),
        ({"effectiveDateTime": "2023-13"}, "Observation.effectiveDateTime", "value"),
        ({"effectiveDateTime": "2023-02-01T25:00:00Z"}, "Observation.effectiveDateTime", "value"),
        ({"effectiveDateTime": 20240501}, "Observation.effectiveDateTime", "value"),
        ({"issued": "2024-05-01"}, "Observation.issued", "value"),
        ({"effectivePeriod": {"start": "2024-05-02", "end": "2024-05-01"}}, "Observation.effectivePeriod", "invariant"),
        ({"valueQuantity": {"value": "5"}}, "Observation.valueQuantity.value", "value"),
        ({"valueQuantity": {"value": True}}, "Observation.valueQuantity.value", "value"),
        ({"valueQuantity": {"value": 10**99}}, "Observation.valueQuantity.value", "value"),
        ({"valueQuantity": {"value": WrittenDecimal("1e999999")}}, "Observation.valueQuantity.value", "value"),
        ({"valueQuantity": {"value": 5, "comparator": "≈"}}, "Observation.valueQuantity.comparator", "code-invalid"),
        ({"valueString": "both"}, "Observation", "structure"),
        ({"component": [{"valueString": "x"}]}, "Observation.component[0].code", "required"),
        ({"contained": [{"resourceType": "Spaceship"}]}, "Observation.contained[0].resourceType", "structure"),
        ({"contained": [{"resourceType": "Resource"}]}, "Observation.contained[0].resourceType", "structure"),
        ({"contained": [{"id": "x"}]}, "Observation.contained[0].resourceType", "structure"),
        (
            {"modifierExtension": [{"url": "urn:not", "valueBoolean": True}]},
            "Observation.modifierExtension",
            "extension",
        ),
        ({"implicitRules": "urn:other-rules"}, "Observation.implicitRules", "extension"),
    ],
)
def test_a_wrong_element_is_named(observation, change, path, code):
    assert (path, code) in paths(observation | change)


def test_what_is_required_and_missing_is_named(observation):
    assert paths({"resourceType": "Observation", "code": {"text": "x"}}) == {("Observation.status", "required")}
    assert paths({"resourceType": "Condition"}) == {("Condition.subject", "required")}
    assert ("Immunization", "required") in paths(
        {
            "resourceType": "Immunization",
            "status": "completed",
            "vaccineCode": {"text": "x"},
            "patient": {"display": "x"},
        }
    )


def test_a_reason_for_having_no_status_is_no_status(observation):
    reason = {"extension": [{"url": "urn:test:why-not", "valueCode": "masked"}]}
    without = {name: value for name, value in observation.items() if name != "status"} | {"_status": reason}

    assert paths(without) == {("Observation.status", "required")}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("Encounter", "in-progress", "active"),
        ("Encounter", "entered-in-error", "done"),
        ("DiagnosticReport", "appended", "ready"),
        ("Observation", "corrected", "partial"),
        ("Slot", "busy-tentative", "taken"),
        ("MedicationRequest", "on-hold", "paused"),
    ],
)
def test_every_code_fhir_requires_is_known_and_no_other(kind, good, bad):
    found = {state: paths({"resourceType": kind, "status": state}) for state in (good, bad)}

    assert (f"{kind}.status", "code-invalid") not in found[good]
    assert (f"{kind}.status", "code-invalid") in found[bad]


def test_a_patients_gender_and_birth_date_are_checked(patient):
    assert paths(patient | {"gender": "x", "birthDate": "2001-13-45"}) == {
        ("Patient.gender", "code-invalid"),
        ("Patient.birthDate", "value"),
    }


def test_a_clinical_status_comes_from_its_code_system(condition):
    other = {"coding": [{"system": "urn:own", "code": "active"}]}

    assert paths(condition | {"clinicalStatus": other}) == {("Condition.clinicalStatus.coding", "code-invalid")}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"start": None, "end": None}, "Appointment.start"),
        ({"end": None}, "Appointment"),
        ({"start": None}, "Appointment"),
        ({"start": None, "end": None, "minutesDuration": 20}, "Appointment.start"),
        ({"end": "2026-12-01T07:00:00Z"}, "Appointment.end"),
    ],
)
def test_a_booked_appointment_has_a_time(appointment, change, path):
    changed = {name: value for name, value in (appointment | change).items() if value is not None}

    assert paths(changed) == {(path, "invariant")}


def test_an_appointment_may_say_its_length_in_the_place_of_its_end(appointment):
    without_end = {name: value for name, value in appointment.items() if name != "end"}

    assert problems(without_end | {"minutesDuration": 20}) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"start": "2026-12-01T08:00:00"}, "Appointment.start"),
        ({"recurrenceTemplate": [{"recurrenceType": {"text": "weekly"}}]}, "Appointment.recurrenceTemplate"),
    ],
)
def test_a_time_without_a_zone_and_a_rule_that_recurs_are_refused_with_what_is_expected(appointment, change, path):
    (problem,) = problems(appointment | change)

    assert problem.path == path
    assert problem.expected


def test_a_cancelled_appointment_needs_no_time(appointment):
    del appointment["start"], appointment["end"]

    assert problems(appointment | {"status": "cancelled"}) == []


def test_a_value_left_out_beside_its_extension_is_no_problem(patient):
    reason = {"extension": [{"url": "urn:test:why-not", "valueCode": "masked"}]}
    name = {"family": "Fjell", "given": [None, "Modig"], "_given": [reason, None]}

    assert problems(patient | {"name": [name]}) == []


def test_depth_has_a_limit_and_costs_no_more_than_a_problem(observation):
    extension = {"url": "urn:x", "valueString": "deep"}
    for _ in range(900):
        extension = {"url": "urn:x", "extension": [extension]}

    assert {problem.code for problem in problems(observation | {"extension": [extension]})} == {"too-long"}


@pytest.mark.parametrize(
    "element", ["status", "code", "category", "subject", "effectiveDateTime", "valueQuantity", "note"]
)
@pytest.mark.parametrize(
    "value", [SECRET, [SECRET], {SECRET: SECRET}, {"text": {"x": SECRET}}, [[SECRET]], [{"a": SECRET}]]
)
def test_no_problem_repeats_what_the_resource_holds(observation, element, value):
    found = problems(observation | {element: value})

    assert found
    assert "13924500160" not in json.dumps([(problem.path, problem.expected) for problem in found])
    assert "Modig" not in repr(found)


def test_a_plain_decimal_is_a_number_too(observation):
    assert problems(observation | {"valueQuantity": {"value": Decimal("1.5")}}) == []
