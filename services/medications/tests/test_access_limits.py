"""Medicines that a record system hides from parents, or from the young person (9603)."""

from dataclasses import replace

import orjson
import pytest

from helsami_kernel.items import item_id
from helsami_kernel.testing import citizen_token, system_token

ADULT = citizen_token("c1", ["medications:read"])
YOUTH = replace(ADULT, age_band="12-15")
READERS = {"adult": ADULT, "youth": YOUTH, "parent": replace(ADULT, age_band="0-11", actor="c2", basis="parental")}


def resource(kind, key, *codes):
    return {
        "resourceType": kind,
        "id": key,
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": f"{kind} {key}"},
        "authoredOn": "2026-02-01",
        "effectiveDateTime": "2026-02-01",
        "meta": {"security": [{"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": code} for code in codes]},
    }


@pytest.fixture
def receive(medications):
    def send(*resources):
        entries = [
            {"index": place, "type": one["resourceType"], "key": one["id"], "resource": one}
            for place, one in enumerate(resources)
        ]
        return medications.receive({"citizen": "c1", "entries": entries}, system_token("trondheim"))["outcomes"]

    return send


@pytest.fixture
def shown(medications):
    """What each reader is shown, and at home."""

    def read(name):
        at_home = orjson.loads(medications.for_home({}, READERS[name]))
        assert orjson.loads(medications.page({}, READERS[name]))["items"] == at_home["items"]
        return [item["name"].split()[1] for item in at_home["items"]]

    return read


@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationStatement"])
def test_a_medicine_is_on_the_list_of_those_from_whom_it_is_not_hidden(receive, shown, kind):
    receive(resource(kind, "m1", "NORN_FORANS"), resource(kind, "m2", "NORN_UNGDOM"), resource(kind, "m3", "N"))

    assert {name: set(shown(name)) for name in READERS} == {
        "adult": {"m1", "m2", "m3"},
        "youth": {"m1", "m3"},
        "parent": {"m2", "m3"},
    }


def test_another_code_holds_from_the_next_request_on(receive, shown):
    found = []
    for codes in ((), ("NORN_FORANS",), ("NORN_UNGDOM",), ("N",)):
        receive(resource("MedicationRequest", "m1", *codes))
        found.append([name for name in READERS if shown(name)])

    assert found == [[*READERS], ["adult", "youth"], ["adult", "parent"], [*READERS]]


def test_a_code_that_cannot_be_kept_to_takes_a_medicine_off_the_list_and_says_which_can(receive, shown):
    receive(resource("MedicationRequest", "m1"))

    (outcome,) = receive(resource("MedicationRequest", "m1", "SPERRET"))

    assert outcome == {
        "index": 0,
        "outcome": "not supported",
        "code": "access-limited",
        "path": "MedicationRequest.meta.security",
        "expected": "of 9603 one of N, NORN_FORANS, NORN_UNGDOM",
    }
    assert [shown(name) for name in READERS] == [[], [], []]


@pytest.mark.parametrize(("kind", "says_so"), [("MedicationRequest", "encounter"), ("MedicationStatement", "context")])
def test_a_medicine_of_a_hidden_visit_is_hidden_with_it(medications, receive, kind, says_so):
    receive(resource(kind, "m1") | {says_so: {"reference": "Encounter/v1"}}, resource(kind, "m2"))
    parent = replace(READERS["parent"], hidden=frozenset({item_id("c1", "trondheim", "Encounter|v1")}))

    assert [item["name"] for item in orjson.loads(medications.page({}, parent))["items"]] == [f"{kind} m2"]
    assert len(orjson.loads(medications.page({}, YOUTH))["items"]) == 2
