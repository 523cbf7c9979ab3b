"""Medications as a record system and a citizen meet them."""

import orjson
import pytest

from helsami_kernel.errors import Malformed
from helsami_kernel.testing import citizen_token, system_token
from helsami_sdk.answers import Restriction
from helsami_sdk.testing import organisations_of, rules_of

SYSTEM = system_token("trondheim")


def resource(**parts):
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Metformin"},
        "authoredOn": "2026-02-01",
    } | parts


def receive(medications, *resources, key="k"):
    entries = [
        {"index": index, "type": parts["resourceType"], "key": f"{key}{index}", "resource": parts}
        for index, parts in enumerate(resources)
    ]
    answer = medications.receive({"citizen": "c1", "entries": entries}, SYSTEM)
    return [outcome["outcome"] for outcome in answer["outcomes"]]


def names(page):
    return [item["name"] for item in orjson.loads(page)["items"]]


def test_a_delivery_is_read_back_newest_first(medications, citizen):
    older = resource(medicationCodeableConcept={"text": "Amlodipin"}, authoredOn="2026-01-01")

    assert receive(medications, older, resource()) == ["stored", "stored"]
    assert names(medications.page({}, citizen)) == ["Metformin", "Amlodipin"]
    assert medications.for_home({}, citizen) == medications.page({"limit": 5}, citizen)


def test_one_bad_entry_does_not_lose_the_others(medications, citizen):
    assert receive(medications, resource(authoredOn=None), resource()) == ["refused", "stored"]
    assert names(medications.page({}, citizen)) == ["Metformin"]


def test_the_same_delivery_again_is_unchanged_throughout(medications):
    receive(medications, resource(), resource())

    assert receive(medications, resource(), resource()) == ["unchanged", "unchanged"]


@pytest.mark.parametrize(
    "later",
    [
        resource(status="entered-in-error"),
        resource(meta={"security": [{"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": "SPERRET"}]}),
    ],
)
def test_what_was_taken_back_or_may_not_be_shown_is_off_the_list(medications, citizen, later):
    receive(medications, resource())
    receive(medications, later)

    assert names(medications.page({}, citizen)) == []


def test_a_list_that_an_organisation_withholds_from_others_is_its_citizens_own(medications, citizen):
    receive(medications, resource())
    medications.rules = organisations_of(
        rules_of(restrict_sharing=lambda asked: Restriction.withhold("own-eyes") if asked.reader == "grant" else None)
    )
    other = citizen_token("c1", ["medications:read"], actor="c2", basis="grant")

    assert names(medications.page({}, citizen)) == ["Metformin"]
    assert names(medications.page({}, other)) == []


def test_pages_follow_each_other(medications, citizen):
    receive(medications, *[resource(medicationCodeableConcept={"text": f"nr {number}"}) for number in range(3)])
    first = orjson.loads(medications.page({"limit": 2}, citizen))
    second = orjson.loads(medications.page({"limit": 2, "cursor": first["next"]}, citizen))

    assert len({item["id"] for item in first["items"] + second["items"]}) == 3
    assert second["next"] is None


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": "many"}, {"cursor": "x"}, {"owner": "c2"}, []])
def test_a_question_of_another_form_is_malformed(medications, citizen, query):
    with pytest.raises(Malformed):
        medications.page(query, citizen)
