"""A medicine is read from what record systems send."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helsami_kernel.fhir import ACCESS_LIMITS
from helsami_kernel.journal import Entry, Unreadable, Unsupported
from helsami_medications.domain import Use
from helsami_medications.fhir import TYPES, medicine

SHARED = Path(__file__).parents[4] / "shared/data"
ATC, RXNORM = "http://www.whocc.no/atc", "http://www.nlm.nih.gov/research/umls/rxnorm"
REQUEST = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": {
        "coding": [{"system": RXNORM, "code": "860975"}, {"system": ATC, "code": "A10BA02", "display": "Metformin"}],
        "text": "Metformin 500 mg tabletter",
    },
    "authoredOn": "2026-02-01T09:00:00+01:00",
    "requester": {"reference": "Practitioner/p1", "display": "Sindig Lykt"},
    "dosageInstruction": [{"text": "1 tablett morgen og kveld"}, {"text": "sammen med mat"}],
}
STATEMENT = {
    "resourceType": "MedicationStatement",
    "status": "completed",
    "medicationCodeableConcept": {"text": "Paracetamol"},
    "effectivePeriod": {"start": "2026-01-10", "end": "2026-01-31"},
    "dateAsserted": "2026-02-01T08:00:00Z",
    "informationSource": {"display": "Varm Vugge"},
    "dosage": [{"text": "ved smerter"}],
}


def read(resource, **changes):
    changed = {name: value for name, value in (resource | changes).items() if value is not None}
    return medicine(Entry(0, resource["resourceType"], "k", changed))


def test_a_prescription_is_read():
    found = read(REQUEST)

    assert (found.name, found.system, found.code) == ("Metformin 500 mg tabletter", ATC, "A10BA02")
    assert (found.use, found.since) == (Use.ACTIVE, "2026-02-01T08:00:00Z")
    assert found.listed_at == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert found.dosage == "1 tablett morgen og kveld\nsammen med mat"
    assert found.prescriber == "Sindig Lykt"


def test_a_statement_is_read_and_listed_when_it_was_made():
    found = read(STATEMENT)

    assert (found.name, found.code, found.use, found.dosage) == ("Paracetamol", "", Use.ENDED, "ved smerter")
    assert found.since == "2026-01-10"
    assert found.listed_at == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert found.prescriber is None


@pytest.mark.parametrize(
    ("resource", "status", "use"),
    [
        (REQUEST, "on-hold", Use.ENDED),
        (REQUEST, "stopped", Use.ENDED),
        (STATEMENT, "active", Use.ACTIVE),
        (STATEMENT, "not-taken", Use.ENDED),
    ],
)
def test_only_what_is_to_be_taken_now_is_active(resource, status, use):
    assert read(resource, status=status).use is use


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_what_was_taken_back_is_no_medicine_whatever_else_it_lacks(status):
    assert read(REQUEST, status=status, authoredOn=None, medicationCodeableConcept=None) is None


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"status": "draft"}, "MedicationRequest.status"),
        ({"status": "unknown"}, "MedicationRequest.status"),
        ({"intent": "proposal"}, "MedicationRequest.intent"),
        (
            {"meta": {"security": [{"system": ACCESS_LIMITS, "code": "SPERRET"}]}},
            "MedicationRequest.meta.security",
        ),
    ],
)
def test_what_is_not_on_a_list_of_medicines_is_not_supported(changes, path):
    with pytest.raises(Unsupported) as reason:
        read(REQUEST, **changes)

    assert reason.value.path == path


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"medicationCodeableConcept": {"coding": []}}, "MedicationRequest.medication[x]"),
        ({"authoredOn": None}, "MedicationRequest.authoredOn"),
        ({"authoredOn": "soon"}, "MedicationRequest.authoredOn"),
    ],
)
def test_what_has_no_name_or_no_time_is_unreadable(changes, path):
    with pytest.raises(Unreadable) as reason:
        read(REQUEST, **changes)

    assert reason.value.path == path


def test_a_medicine_that_is_only_referred_to_has_the_name_of_the_reference():
    reference = {"reference": "Medication/m1", "display": "Monoket"}

    assert read(REQUEST, medicationCodeableConcept=None, medicationReference=reference).name == "Monoket"


@pytest.mark.skipif(not (SHARED / "synthea").is_dir(), reason="needs ../shared/data/synthea")
def test_every_medicine_of_synthea_is_read():
    resources = [
        entry["resource"]
        for path in sorted((SHARED / "synthea").glob("*.json.gz"))
        for entry in json.loads(gzip.decompress(path.read_bytes()))["entry"]
        if entry["resource"]["resourceType"] in TYPES
    ]

    assert len(resources) == 250
    assert all(read(resource).code for resource in resources)
