"""Files made fit for the journal: not a digit lost, people named once and for all, dates moved together."""

import copy
import gzip
import json
from datetime import date, timedelta

import pytest

from helsami_gateway.loading import files, newcomers, recency
from helsami_gateway.national_id import is_valid, synthetic

BIRTH_NUMBER = "urn:oid:2.16.578.1.12.4.1.4.1"


@pytest.fixture
def stranger(patient):
    return patient | {"identifier": [{"system": "urn:test:journal", "value": "42"}]}


def bundle_of(*resources):
    return {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": resource} for resource in resources]}


def test_a_bundle_is_written_as_it_was_read(tmp_path):
    text = '{"resourceType": "Bundle", "entry": [1.50, -0.10e-7, 12345678901234567890.1, 3, "1.50", "\\u0000", "å\\n"]}'
    (tmp_path / "a.json").write_text(text)
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(text.encode()))

    for name in ("a.json", "b.json.gz"):
        written = files.written(files.read(tmp_path / name)).decode()
        assert written == text.replace("å", "\\u00e5")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.json", b"", "not JSON from line 1 column 1"),
        ("a.json", b'{"resourceType": "Bundle", "en', "not JSON from line 1"),
        ("a.json", b"\xff\x00\xff", "not JSON"),
        ("a.json", b"[" * 100_000, "not JSON"),
        ("a.json", b'{"resourceType": "Patient"}', "not a FHIR Bundle"),
        ("a.json", b"[]", "not a FHIR Bundle"),
        ("a.json.gz", b'{"resourceType": "Bundle"}', "not a gzip file"),
        ("a.json.gz", gzip.compress(b'{"resourceType": "Bundle"}', mtime=0)[:-9], "cut off"),
    ],
)
def test_a_file_that_is_no_bundle_is_told_in_one_line(tmp_path, name, content, why):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(files.Unreadable, match=why) as unreadable:
        files.read(tmp_path / name)

    assert name in str(unreadable.value)
    assert "\n" not in str(unreadable.value)


def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path):
    with pytest.raises(files.Unreadable, match="No such file"):
        files.read(tmp_path / "none.json")


def test_the_sender_is_named_unless_the_bundle_names_one():
    assert files.sent_by("st_olavs", {})["meta"]["source"] == "urn:helsami:organisation:st_olavs"
    named = {"meta": {"source": "urn:helsami:organisation:trondheim"}}
    assert files.sent_by("st_olavs", named) == named


def test_a_person_gets_the_same_synthetic_number_each_time(stranger):
    person = newcomers.newcomer(stranger)
    first, second = (newcomers.numbers_for([person], ()) for _ in range(2))

    assert first == second
    assert is_valid(first[person])
    assert first[person].startswith("139245")


def test_a_person_with_a_norwegian_number_keeps_it(patient):
    assert newcomers.newcomer(patient) is None
    patient["identifier"][1]["value"] = "unsound"
    assert newcomers.newcomer(patient) is None


def test_the_number_comes_after_the_identifiers_that_are_there(stranger):
    person = newcomers.newcomer(stranger)

    newcomers.named(stranger, {person: "13924500160"})

    assert stranger["identifier"] == [
        {"system": "urn:test:journal", "value": "42"},
        {"system": BIRTH_NUMBER, "value": "13924500160"},
    ]


def test_people_of_one_day_never_share_a_number_whatever_the_order():
    people = [newcomers.Newcomer(date(1945, 12, 13), f"urn:test|{number}") for number in range(300)]

    numbers = newcomers.numbers_for(people, ())

    assert len(set(numbers.values())) == 300
    assert newcomers.numbers_for(reversed(people), ()) == numbers


def test_a_number_somebody_has_is_not_given_again(stranger):
    person = newcomers.newcomer(stranger)
    usual = newcomers.numbers_for([person], ())[person]

    other = newcomers.numbers_for([person], {usual})[person]

    assert other != usual
    assert is_valid(other)


@pytest.mark.parametrize(
    ("born", "day"), [("1987", "1987-01-01"), ("1987-05", "1987-05-01"), (None, "2000-01-01"), ("x", "2000-01-01")]
)
def test_a_birth_date_that_is_not_whole_is_filled_up(stranger, born, day):
    assert newcomers.newcomer(stranger | {"birthDate": born}).birth_date == date.fromisoformat(day)


def test_the_newest_clinical_date_lands_on_the_day_and_the_distances_stay(condition, observation):
    observation["effectiveDateTime"] = "2019-06-30T23:30:00-04:00"
    observation["issued"] = "2019-06-30T23:31:00.450-04:00"
    condition["onsetDateTime"] = "2019-06"
    condition["recordedDate"] = "2018-07-01"
    bundle = bundle_of(condition, observation)

    days = recency.days_until(bundle, date(2026, 11, 20))
    moved = [entry["resource"] for entry in recency.moved(bundle, days)["entry"]]

    assert days == (date(2026, 11, 20) - date(2019, 7, 1)).days
    assert moved[1]["effectiveDateTime"] == "2026-11-19T23:30:00-04:00"
    assert moved[1]["issued"] == "2026-11-19T23:31:00.450-04:00"
    assert moved[0]["recordedDate"] == "2025-11-20"
    assert moved[0]["onsetDateTime"] == "2026-11"


def test_claims_registers_plans_and_expiry_dates_do_not_say_how_new_a_bundle_is(condition, patient):
    claim = {"resourceType": "ExplanationOfBenefit", "billablePeriod": {"end": "2020-06-30T00:00:00Z"}}
    plan = {"resourceType": "Appointment", "start": "2021-01-01T10:00:00Z"}
    vaccine = {"resourceType": "Immunization", "occurrenceDateTime": "2019-01-01", "expirationDate": "2022-01-01"}
    doctor = {"resourceType": "Practitioner", "qualification": [{"period": {"start": "2025-01-01"}}]}
    condition["onsetDateTime"] = "2019-06-30"
    bundle = bundle_of(patient | {"birthDate": "2025-01-01"}, doctor, claim, plan, vaccine, condition)

    assert recency.days_until(bundle, date(2019, 7, 1)) == 1
    moved = [entry["resource"] for entry in recency.moved(bundle, 1)["entry"]]
    assert moved[1] == doctor
    assert moved[2]["billablePeriod"]["end"] == "2020-07-01T00:00:00Z"
    assert moved[3]["start"] == "2021-01-02T10:00:00Z"
    assert moved[4]["expirationDate"] == "2022-01-02"


def test_a_bundle_without_clinical_dates_stays(patient):
    assert recency.days_until(bundle_of(patient), date(2026, 11, 20)) == 0


def test_a_birth_date_stays_and_a_death_moves(patient, condition):
    patient |= {"birthDate": "2010-01-31", "deceasedDateTime": "2019-07-01T10:00:00Z"}
    condition["onsetDateTime"] = "2019-06-30"

    moved = recency.moved(bundle_of(patient, condition), 365)["entry"][0]["resource"]

    assert (moved["birthDate"], moved["deceasedDateTime"]) == ("2010-01-31", "2020-06-30T10:00:00Z")


def test_a_birth_date_moves_where_an_event_would_come_before_it(patient, condition):
    patient["birthDate"] = "2030-01-10"
    condition["onsetDateTime"] = "2030-01-12"
    doctor = {"resourceType": "Practitioner", "birthDate": "1970-01-01"}
    bundle = bundle_of(patient, condition, doctor)

    back_a_little, back_far = (recency.moved(bundle, days)["entry"][0]["resource"] for days in (-2, -30))

    assert back_a_little["birthDate"] == "2030-01-10"
    assert back_far["birthDate"] == "2029-12-11"
    assert recency.moved(bundle, -30)["entry"][2]["resource"] == doctor


def test_what_only_looks_like_a_date_stays():
    resource = {
        "resourceType": "Observation",
        "identifier": [{"value": "2019-01-01"}],
        "valueString": "2019-01-01",
        "code": {"text": "2019"},
        "component": [{"code": {"coding": [{"code": "2019-01-01"}]}, "valueInteger": 2019}],
        "contained": [{"resourceType": "Location", "address": {"postalCode": "7030"}}],
        "effectivePeriod": {"start": "2019-02-30", "end": "9999-12-31"},
    }
    before = copy.deepcopy(resource)

    assert recency.moved(bundle_of(resource), 400)["entry"][0]["resource"] == before


def test_moving_there_and_back_changes_nothing(condition, observation, patient):
    observation["effectiveDateTime"] = "2020-02-29T12:00:00+01:00"
    bundle = bundle_of(patient, condition, observation)

    there = recency.moved(bundle, timedelta(days=2465).days)

    assert there != bundle
    assert recency.moved(there, -2465) == bundle


def test_a_bundle_whose_entries_are_nonsense_is_left_to_the_journal():
    bundle = {"resourceType": "Bundle", "entry": [5, {}, {"resource": []}]}

    assert recency.moved(bundle, 3) == bundle


def test_synthea_like_numbers_are_spread_over_the_day():
    numbers = {synthetic(date(1990, 1, 1), newcomers.Newcomer(date(1990, 1, 1), str(n)).serial) for n in range(100)}

    assert len(numbers) > 80


def test_reading_what_was_written_gives_the_same(tmp_path, patient):
    (tmp_path / "a.json").write_text(json.dumps(bundle_of(patient)))

    assert files.read(tmp_path / "a.json") == bundle_of(patient)
