"""Times, concepts and references are read from FHIR whatever shape they come in."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_kernel import fhir
from helsami_kernel.items import item_id
from helsami_kernel.journal import Unreadable, Unsupported

LOINC, NLK = "http://loinc.org", "urn:oid:2.16.578.1.12.4.1.1.7280"
HBA1C = {"coding": [{"system": LOINC, "code": "59261-8"}, {"system": NLK, "code": "NPU27300", "display": "HbA1c"}]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coding", "text", "code", "system", "display", "reference"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


def at(written, *paths):
    return fhir.moment({"resourceType": "Condition", "recordedDate": written}, *(paths or ["recordedDate"]))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-01T12:30:00Z", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
        ("2026-03-01T12:30:00.273+01:00", datetime(2026, 3, 1, 11, 30, 0, 273000, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("2026-02", datetime(2026, 1, 31, 23, tzinfo=UTC)),
        ("2026", datetime(2025, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_utc_and_a_day_begins_in_oslo(written, read):
    assert at(written) == read


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-10-17", "2026-10-17"),
        ("2026-10", "2026-10"),
        ("2026", "2026"),
        ("2026-10-17T00:30:00+02:00", "2026-10-16T22:30:00Z"),
        (None, None),
    ],
)
def test_a_time_is_shown_as_precisely_as_it_was_written(written, shown):
    assert fhir.moment_shown({"recordedDate": written}, "onsetDateTime", "recordedDate") == shown


@pytest.mark.parametrize(
    "written", ["", "yesterday", "2026-13-01", "2026-03-01T12:30:00", "0001-01-01T00:00:00+14:00", 2026]
)
def test_what_is_no_time_is_refused_with_its_place(written):
    with pytest.raises(Unreadable) as refusal:
        at(written)

    assert (refusal.value.code, refusal.value.path) == ("no-time", "Condition.recordedDate")
    with pytest.raises(Unreadable):
        fhir.moment_shown({"resourceType": "Condition", "recordedDate": written}, "recordedDate")


def test_the_first_place_that_holds_a_time_counts():
    resource = {"resourceType": "Condition", "onsetPeriod": {"start": "2026"}, "recordedDate": "2025"}

    assert fhir.moment(resource, "onsetDateTime", "onsetPeriod.start", "recordedDate").year == 2025
    assert fhir.moment(resource, "onsetDateTime") is None


def test_a_resource_without_a_time_is_refused_where_it_belongs():
    with pytest.raises(Unreadable) as refusal:
        fhir.required_moment({"resourceType": "Condition"}, "recordedDate", "onsetDateTime")
    with pytest.raises(Unreadable):
        fhir.required_moment_shown({"resourceType": "Condition"}, "recordedDate", "onsetDateTime")

    assert (refusal.value.code, refusal.value.path) == ("undated", "Condition.recordedDate")


@pytest.mark.parametrize(
    ("concept", "name"),
    [
        ({"text": "Langtidsblodsukker"} | HBA1C, "Langtidsblodsukker"),
        (HBA1C, "HbA1c"),
        ({"coding": [{"code": "x1"}]}, "x1"),
        ({}, ""),
        (None, ""),
    ],
)
def test_a_concept_is_named_as_a_citizen_reads_it(concept, name):
    assert fhir.name(concept) == name


def test_the_preferred_system_comes_before_the_first():
    assert fhir.preferred(HBA1C, [NLK]).code == "NPU27300"
    assert fhir.preferred(HBA1C, ["urn:other"]).code == "59261-8"
    assert fhir.preferred({"text": "HbA1c"}) == fhir.Coding()


def test_a_reference_gives_the_key_of_its_type_alone():
    assert fhir.key({"reference": "Encounter/urn:x|1/2"}, "Encounter") == "urn:x|1/2"
    assert fhir.key({"reference": "Observation/1"}, "Encounter") is None
    assert fhir.key({"display": "someone"}, "Encounter") is None


@pytest.mark.parametrize(
    ("resource", "parts"),
    [
        ({}, []),
        ({"encounter": {"display": "et besøk"}}, []),
        ({"encounter": {"reference": "Patient/v1"}}, []),
        ({"encounter": {"reference": "Encounter/v1"}}, ["Encounter|v1"]),
        ({"context": {"reference": "Encounter/v1"}}, ["Encounter|v1"]),
        ({"partOf": {"reference": "Encounter/v1"}}, ["Encounter|v1"]),
        ({"appointment": [{"reference": f"Appointment/{key}"} for key in "ab"]}, ["Appointment|a", "Appointment|b"]),
        (
            {"context": {"encounter": [{"reference": "Encounter/v1"}], "related": [{"reference": "Appointment/a1"}]}},
            ["Appointment|a1", "Encounter|v1"],
        ),
    ],
)
def test_what_a_resource_is_within_is_every_visit_and_appointment_that_it_names_as_that(resource, parts):
    assert fhir.within(resource, "c1", "st_olavs").split() == [item_id("c1", "st_olavs", part) for part in parts]


@pytest.mark.parametrize(
    "labelled",
    [
        {"meta": {"security": [{"system": fhir.ACCESS_LIMITS, "code": "SPERRET"}]}},
        {"meta": {"security": [{"system": fhir.CONFIDENTIALITY, "code": "V"}]}},
        {"securityLabel": [{"coding": [{"system": fhir.CONFIDENTIALITY, "code": "R"}]}]},
    ],
)
def test_what_not_everybody_may_see_is_not_taken(labelled):
    with pytest.raises(Unsupported):
        fhir.access_limit({"resourceType": "DocumentReference"} | labelled)


@pytest.mark.parametrize(("system", "code"), [(fhir.ACCESS_LIMITS, "N"), (fhir.CONFIDENTIALITY, "N"), ("urn:x", "V")])
def test_what_everybody_may_see_is_taken(system, code):
    fhir.access_limit({"meta": {"security": [{"system": system, "code": code}]}})


@given(JSON)
def test_no_shape_of_json_breaks_a_reader(node):
    fhir.name(node)
    fhir.preferred(node, [LOINC])
    fhir.display(node)
    fhir.key(node, "Encounter")
    fhir.element(node, "coding.code.text")
    fhir.within({"encounter": node, "context": node, "appointment": node}, "c1", "st_olavs")
