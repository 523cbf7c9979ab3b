"""A result is read from what record systems send, with every decimal as it was written."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helsami_kernel.journal import Entry, Unreadable, Unsupported
from helsami_results.domain import Asked, Stage, Value
from helsami_results.fhir import TYPES, result

SHARED = Path(__file__).parents[4] / "shared/data"
LOINC = "http://loinc.org"


def concept(text, code=None):
    return {"text": text} | ({"coding": [{"system": LOINC, "code": code}]} if code else {})


BLOOD_PRESSURE = {
    "resourceType": "Observation",
    "status": "final",
    "category": [{"coding": [{"code": "vital-signs"}]}],
    "code": concept("Blodtrykk", "85354-9"),
    "effectiveDateTime": "2026-02-01T08:00:00Z",
    "component": [
        {"code": concept("Overtrykk", "8480-6"), "valueQuantity": {"value": "120", "unit": "mmHg"}},
        {"code": concept("Undertrykk", "8462-4"), "valueQuantity": {"value": "80.0", "unit": "mmHg"}},
    ],
}
REPORT = {
    "resourceType": "DiagnosticReport",
    "status": "final",
    "category": [{"coding": [{"code": "LAB"}]}],
    "code": concept("Blodprøver", "58410-2"),
    "effectivePeriod": {"start": "2026-02-01T08:00:00Z"},
    "issued": "2026-02-02T09:00:00.000Z",
    "result": [{"reference": "Observation/a|1"}, {"display": "lost"}, {"reference": "Observation/b"}],
    "conclusionCode": [concept("Normalt")],
}


def read(resource, setting="", **changes):
    changed = {name: value for name, value in (resource | changes).items() if value is not None}
    return result(Entry(0, resource["resourceType"], "k", changed, setting))


def value(**measured):
    (found,) = read(BLOOD_PRESSURE, component=None, **measured).values
    return found.value, found.unit, found.text


def test_the_components_of_an_observation_are_its_values():
    found = read(BLOOD_PRESSURE)

    assert found.values == (
        Value("Overtrykk", "8480-6", "120", "mmHg"),
        Value("Undertrykk", "8462-4", "80.0", "mmHg"),
    )
    assert (found.name, found.system, found.code) == ("Blodtrykk", LOINC, "85354-9")
    assert (found.is_report, found.stage, found.answered_at) == (False, Stage.READY, None)


def test_a_report_is_read_with_its_members_and_its_conclusion():
    found = read(REPORT, "inpatient")

    assert (found.is_report, found.members, found.conclusion) == (True, ("a|1", "b"), "Normalt")
    assert found.occurred_at == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert found.taken_at == "2026-02-01T08:00:00Z"
    assert read(REPORT, effectiveDateTime="2026-02-01").taken_at == "2026-02-01"
    assert found.answered_at == datetime(2026, 2, 2, 9, tzinfo=UTC)
    assert found.asked == (Asked("58410-2", LOINC, "LAB", "inpatient"),)


def test_an_observation_that_a_report_carries_in_itself_is_part_of_it():
    contained = [BLOOD_PRESSURE | {"id": "bp"}, {"resourceType": "Practitioner", "id": "p"}]
    found = read(REPORT, contained=contained, result=[{"reference": "#bp"}, {"reference": "#p"}])

    assert [one.value for one in found.values] == ["120", "80.0"]
    assert [one.code for one in found.asked] == ["58410-2", "85354-9"]


@pytest.mark.parametrize(
    ("measured", "read_as"),
    [
        ({"valueQuantity": {"value": "1.50", "unit": "g/L", "code": "g/L"}}, ("1.50", "g/L", None)),
        ({"valueQuantity": {"value": "5", "comparator": "<", "code": "mg/L"}}, ("<5", "mg/L", None)),
        ({"valueString": "Ikke påvist"}, (None, None, "Ikke påvist")),
        ({"valueCodeableConcept": concept("Positiv", "1")}, (None, None, "Positiv")),
        ({"valueInteger": 3}, ("3", None, None)),
        ({"valueBoolean": False}, ("false", None, None)),
        ({"valueRange": {"low": {"value": "1"}, "high": {"value": "2", "unit": "mm"}}}, (None, None, "1–2 mm")),
        ({"valueRatio": {"numerator": {"value": "1"}, "denominator": {"value": "128"}}}, (None, None, "1:128")),
        ({"valueDateTime": "2026-01-31"}, (None, None, "2026-01-31")),
        ({"dataAbsentReason": concept("Hemolyse")}, (None, None, "Hemolyse")),
    ],
)
def test_every_kind_of_value_is_read_as_it_was_written(measured, read_as):
    assert value(**measured) == read_as


def test_an_observation_without_a_value_has_none():
    assert read(BLOOD_PRESSURE, component=None).values == ()


def test_every_code_is_asked_about_in_every_category():
    codes = {"text": "HbA1c", "coding": [{"code": "1"}, {"code": "2"}]}
    categories = [{"coding": [{"code": "LAB"}]}, {"coding": [{"code": "GE"}]}]

    asked = read(REPORT, code=codes, category=categories).asked

    assert {(one.code, one.category) for one in asked} == {("1", "LAB"), ("1", "GE"), ("2", "LAB"), ("2", "GE")}
    assert read(REPORT, code={"text": "fritekst"}, category=None).asked == (Asked(),)


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
@pytest.mark.parametrize("resource", [REPORT, BLOOD_PRESSURE])
def test_what_was_taken_back_is_no_result_whatever_else_it_lacks(resource, status):
    assert read(resource, status=status, code=None, effectiveDateTime=None) is None


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("final", "ready"),
        ("amended", "ready"),
        ("corrected", "ready"),
        ("preliminary", "waiting"),
        ("unknown", "waiting"),
    ],
)
def test_only_what_is_finished_is_ready(status, stage):
    assert read(BLOOD_PRESSURE, status=status).stage == stage


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"code": {}}, "nameless", "Observation.code"),
        ({"effectiveDateTime": None}, "undated", "Observation.effectiveDateTime"),
        ({"issued": "today"}, "no-time", "Observation.issued"),
    ],
)
def test_what_has_no_name_or_no_time_is_unreadable(changes, code, path):
    with pytest.raises(Unreadable) as reason:
        read(BLOOD_PRESSURE, **changes)

    assert (reason.value.code, reason.value.path) == (code, path)


def test_a_status_of_another_version_is_not_supported():
    with pytest.raises(Unsupported):
        read(BLOOD_PRESSURE, status="specimen-in-process")


@pytest.mark.skipif(not (SHARED / "synthea").is_dir(), reason="needs ../shared/data/synthea")
def test_every_result_of_synthea_is_read():
    resources = [
        entry["resource"]
        for path in sorted((SHARED / "synthea").glob("*.json.gz"))
        for entry in json.loads(gzip.decompress(path.read_bytes()), parse_float=str)["entry"]
        if entry["resource"]["resourceType"] in TYPES
    ]
    read_all = [read(resource) for resource in resources]

    assert len(resources) == 5588
    assert all(one.values for one in read_all if not one.is_report)
    assert all(one.code and one.asked[0].category for one in read_all)


@pytest.mark.skipif(not (SHARED / "norway-fhir").is_dir(), reason="needs ../shared/data/norway-fhir")
def test_the_norwegian_vital_signs_are_read():
    folder = SHARED / "norway-fhir/no-domain-vitalsigns/examples"
    examples = [json.loads(path.read_text(), parse_float=str) for path in sorted(folder.glob("Observation-*.json"))]

    assert len(examples) == 8
    assert all(read(example, status="final").values for example in examples)
