"""What is read from FHIR, and that nothing which came breaks the reading."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helsami_directory import fhir
from helsami_directory.domain import Place, Practitioner, Told

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ELEMENTS = [
    *("name", "birthDate", "communication", "meta", "deceasedDateTime", "deceasedBoolean", "telecom"),
    *("qualification", "use", "given", "family", "text", "language", "coding", "code", "security", "system", "value"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(ELEMENTS), inner, max_size=4),
    max_leaves=15,
)


def test_a_patient_says_name_birth_date_and_language():
    patient = {
        "name": [
            {"use": "maiden", "family": "Bekk"},
            {"use": "official", "given": ["Modig", "Snar"], "family": "Fjell"},
        ],
        "birthDate": "1986-03-13",
        "communication": [
            {"language": {"coding": [{"code": "en-US"}]}},
            {"language": {"coding": [{"code": "nn"}]}, "preferred": True},
        ],
    }

    assert fhir.told_by(patient) == Told(name="Modig Snar Fjell", birth_date=date(1986, 3, 13), language="nn")


def test_an_empty_patient_says_nothing():
    assert fhir.told_by({}) == Told()


@pytest.mark.parametrize("written", ["1986", "1986-03", "1986-02-30", "", None, 1986])
def test_a_birth_date_without_its_day_says_nothing(written):
    assert fhir.told_by({"birthDate": written}).birth_date is None


@pytest.mark.parametrize(("code", "language"), [("no", "nb"), ("nb-NO", "nb"), ("EN", "en"), ("se", None)])
def test_a_language_is_one_that_we_speak(code, language):
    patient = {"communication": [{"language": {"coding": [{"code": code}]}}]}

    assert fhir.told_by(patient).language == language


@pytest.mark.parametrize(
    ("codes", "protected"),
    [(["V"], True), (["R"], True), (["N", "V"], True), (["N"], False), ([], None), (["something else"], None)],
)
def test_a_protected_address_is_said_by_a_confidentiality_code(codes, protected):
    labels = [{"system": CONFIDENTIALITY, "code": code} for code in codes]

    assert fhir.told_by({"meta": {"security": labels}}).protected is protected


def test_a_code_of_another_system_says_nothing_of_the_address():
    assert fhir.told_by({"meta": {"security": [{"system": "urn:other", "code": "V"}]}}).protected is None


@pytest.mark.parametrize(
    ("said", "deceased", "death_date"),
    [
        ({"deceasedBoolean": True}, True, None),
        ({"deceasedBoolean": False}, False, None),
        ({"deceasedDateTime": "2019"}, True, None),
        ({"deceasedDateTime": "2019-05-06"}, True, date(2019, 5, 6)),
        ({"deceasedDateTime": "2019-05-06T23:30:00Z"}, True, date(2019, 5, 7)),
    ],
)
def test_a_death_is_dated_by_the_calendar_in_oslo(said, deceased, death_date):
    told = fhir.told_by(said)

    assert (told.deceased, told.death_date) == (deceased, death_date)


def test_a_practitioner_has_a_name_and_a_title():
    resource = {"name": [{"text": "Blid Ball"}], "qualification": [{"code": {}}, {"code": {"text": "Helsesykepleier"}}]}

    assert fhir.practitioner(resource) == Practitioner("Blid Ball", "Helsesykepleier")


def test_a_place_has_a_name_and_a_telephone():
    telecom = [{"system": "email", "value": "x"}, {"system": "phone", "value": "+47 00 00 00 12"}]

    assert fhir.place({"resourceType": "Location", "name": "Helsestasjon", "telecom": telecom}) == Place(
        "Location", "Helsestasjon", "+47 00 00 00 12"
    )


@example({"name": [{"name": None, "use": []}]})
@given(st.dictionaries(st.sampled_from(ELEMENTS), JSON))
def test_whatever_came_is_read_without_an_error(resource):
    fhir.told_by(resource)
    fhir.practitioner(resource)
    fhir.place(resource)
