"""Real records that nobody here wrote; skipped where they are not at hand, since our own cover the same ground."""

import gzip
import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from helsami_gateway.fhir.bundle import read_bundle
from helsami_gateway.fhir.normalise import OWNERS, Deliverable, prepare
from helsami_gateway.fhir.numbers import WrittenDecimal
from helsami_gateway.fhir.outcomes import Fate, Outcome, batch_response
from helsami_gateway.fhir.validation import problems
from helsami_gateway.loading import files, newcomers, recency
from helsami_kernel.errors import Malformed

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SYNTHEA = sorted((DATA / "synthea").glob("*.json.gz"))
EXAMPLES = sorted([*(DATA / "fhir-r4-examples").glob("*.json"), *(DATA / "norway-fhir").glob("*/examples/*.json")])
QUESTIONNAIRES = sorted((DATA / "questionnaires").glob("*.json"))
SLOWEST_PER_SECOND = 350  # half of what is promised of a quiet machine

pytestmark = pytest.mark.skipif(not SYNTHEA, reason="the shared data (../shared/data) is not beside this checkout")


@pytest.fixture(scope="module")
def bundles():
    """Every Synthea bundle as the importer would send it."""
    read = [files.read(path) for path in SYNTHEA]
    people = [person for bundle in read for one in files.patients(bundle) if (person := newcomers.newcomer(one))]
    numbers = newcomers.numbers_for(people, ())
    for bundle in read:
        for one in files.patients(bundle):
            newcomers.named(one, numbers)
    return [files.written(bundle) for bundle in read]


@pytest.fixture(scope="module")
def prepared(bundles):
    return [list(prepare(read_bundle(body, "st_olavs"))) for body in bundles]


def test_every_supported_resource_of_synthea_is_deliverable_and_nothing_else_is(prepared):
    kinds = {(one.type in OWNERS, isinstance(one, Deliverable)) for bundle in prepared for one in bundle}

    assert kinds == {(True, True), (False, False)}
    assert sum(isinstance(one, Deliverable) for bundle in prepared for one in bundle) == 8632


def test_nothing_of_a_patient_is_left_in_what_is_delivered(prepared):
    numbers = {one.national_id for bundle in prepared for one in bundle if isinstance(one, Deliverable)} - {None}

    assert len(numbers) == 40
    for bundle in prepared:
        for one in bundle:
            if isinstance(one, Deliverable) and one.type != "Patient":
                assert "urn:uuid" not in json.dumps(one.resource)
                assert numbers.isdisjoint(json.dumps(one.for_owner()).split('"'))


def test_an_identity_has_one_content_over_all_bundles_so_a_second_import_is_unchanged(prepared):
    contents = {}
    for bundle in prepared:
        for one in bundle:
            if isinstance(one, Deliverable):
                contents.setdefault((one.type, one.key), set()).add(json.dumps(one.resource, sort_keys=True))

    assert {identity for identity, found in contents.items() if len(found) > 1} == set()


def test_every_reference_within_a_patients_bundle_is_resolved_and_doctors_and_hospitals_are_named(prepared):
    found = Counter()
    for bundle in prepared:
        for one in bundle:
            if isinstance(one, Deliverable) and one.type == "Encounter":
                assert one.resource["serviceProvider"].keys() == {"reference", "display"}
                found.update("display" in part["individual"] for part in one.resource.get("participant", []))

    assert found == {True: 1341}


def test_decimals_of_synthea_arrive_as_written(bundles, prepared):
    quantities = [
        one.resource["valueQuantity"]["value"]
        for bundle in prepared
        for one in bundle
        if isinstance(one, Deliverable) and "valueQuantity" in one.resource
    ]

    assert {type(value) for value in quantities} == {str}
    assert all(f'"value": {value}'.encode() in b"".join(bundles) for value in quantities[:50])


def test_recent_moves_the_newest_clinical_date_to_yesterday_in_every_file():
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    for path in SYNTHEA:
        bundle = files.read(path)
        moved = recency.moved(bundle, recency.days_until(bundle, yesterday))
        assert recency.days_until(moved, yesterday) == 0
        assert [one["birthDate"] for one in files.patients(moved)] == [
            one["birthDate"] for one in files.patients(bundle)
        ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_published_example_of_a_supported_type_is_sound(path):
    resource = json.loads(path.read_text(), parse_float=WrittenDecimal)

    if resource["resourceType"] in OWNERS:
        assert problems(resource) == []


@pytest.mark.parametrize("path", [*EXAMPLES, *QUESTIONNAIRES], ids=lambda path: path.stem)
def test_nothing_published_raises_anything_but_malformed(path):
    content = path.read_bytes()
    body = (
        content
        if b'"Bundle"' in content
        else b'{"resourceType":"Bundle","type":"batch","entry":[{"resource":%s}]}' % content
    )
    try:
        bundle = read_bundle(body, "st_olavs")
    except Malformed as malformed:
        assert malformed.code in {"bundle-type", "bundle-entry", "not-a-bundle"}  # noqa: PT017
        return

    outcomes = list(prepare(bundle))

    assert len(outcomes) == len(bundle.entries)


def test_the_norwegian_medication_registers_bundle_is_answered_entry_by_entry():
    body = (DATA / "norway-fhir/lmdi/examples/Bundle-LegemiddelregisterBundle-1.json").read_bytes()

    outcomes = list(prepare(read_bundle(body, "st_olavs")))

    told = [(one.type, one.fate if isinstance(one, Outcome) else None) for one in outcomes]
    assert told == [
        ("Patient", None),
        ("Medication", Fate.NOT_SUPPORTED),
        ("Practitioner", None),
        ("Encounter", Fate.REFUSED),
        ("Organization", None),
        ("MedicationAdministration", Fate.NOT_SUPPORTED),
    ]
    assert outcomes[3].problems[0].path == "Encounter.status"
    assert len(batch_response(one for one in outcomes if isinstance(one, Outcome))["entry"]) == 3


def test_checking_and_normalising_is_fast_enough(bundles):
    ready, spent = 0, 0.0
    for body in bundles:
        opened = read_bundle(body, "st_olavs")
        begun = time.process_time()
        ready += sum(isinstance(one, Deliverable) for one in prepare(opened))
        spent += time.process_time() - begun

    assert ready / spent > SLOWEST_PER_SECOND


def test_a_gzipped_file_is_read_as_gzip_reads_it():
    path = SYNTHEA[0]

    assert files.read(path)["type"] == json.loads(gzip.decompress(path.read_bytes()))["type"]
