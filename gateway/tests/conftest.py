"""People, resources and bundles to test the gateway with; all of them made up."""

import json

import pytest

BIRTH_NUMBER = "urn:oid:2.16.578.1.12.4.1.4.1"
MODIG_FJELL = "13924500160"


@pytest.fixture
def patient():
    return {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [
            {"system": "urn:test:journal", "value": "42"},
            {"system": BIRTH_NUMBER, "value": MODIG_FJELL},
        ],
        "name": [{"family": "Fjell", "given": ["Modig"]}],
        "gender": "female",
        "birthDate": "1945-12-13",
    }


@pytest.fixture
def condition():
    return {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        },
        "code": {"text": "Hay fever"},
        "subject": {"reference": "urn:uuid:p1", "display": "Modig Fjell"},
        "onsetDateTime": "2024-05-01T10:00:00+02:00",
    }


@pytest.fixture
def observation():
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "CRP"},
        "subject": {"reference": "Patient/p1"},
        "valueQuantity": {"value": 5, "unit": "mg/L"},
    }


@pytest.fixture
def appointment():
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "start": "2026-12-01T09:00:00+01:00",
        "end": "2026-12-01T09:30:00+01:00",
        "participant": [
            {"actor": {"reference": "Patient/p1"}, "status": "accepted"},
            {"actor": {"reference": "Practitioner/d1"}, "status": "accepted"},
        ],
    }


@pytest.fixture
def bundled():
    """A function that puts resources in a bundle, as bytes; the fullUrl of each is its id as a urn."""

    def bundle(*resources, **more):
        entries = [
            {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
            if "id" in resource
            else {"resource": resource}
            for resource in resources
        ]
        return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries} | more).encode()

    return bundle
