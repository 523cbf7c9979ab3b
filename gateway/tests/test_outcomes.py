"""The journal's answer: an entry for an entry, in FHIR's words."""

from http import HTTPStatus

import pytest
from fhir.resources.R4B.bundle import Bundle

from helsami_gateway.fhir.outcomes import Fate, Outcome, batch_response, counts, operation_outcome
from helsami_gateway.fhir.problem import Problem
from helsami_kernel.errors import FieldProblem, Forbidden, Malformed

OUTCOMES = [
    Outcome(4, "Condition", Fate.STORED),
    Outcome(0, "Patient", Fate.UNCHANGED),
    Outcome(1, "Observation", Fate.ACCEPTED),
    Outcome(2, "Claim", Fate.NOT_SUPPORTED),
    Outcome.refused(3, "Condition", "invalid", Problem("Condition.code", "required", "a value")),
    Outcome.refused(5, "Slot", "not-yours", status=HTTPStatus.FORBIDDEN),
    Outcome.refused(6, "Slot", "slot-taken", Problem("Slot.start", "processing", "x"), status=HTTPStatus.CONFLICT),
]


def test_each_entry_is_answered_in_its_place():
    statuses = [entry["response"]["status"][:3] for entry in batch_response(OUTCOMES)["entry"]]

    assert statuses == ["200", "202", "422", "400", "201", "403", "409"]


def test_the_answer_is_sound_fhir():
    Bundle.model_validate(batch_response(OUTCOMES))


def test_a_refusal_tells_path_and_code_and_what_is_not_supported_tells_its_type():
    entries = [entry["response"]["outcome"]["issue"][0] for entry in batch_response(OUTCOMES)["entry"]]

    assert (entries[3]["severity"], entries[3]["expression"]) == ("error", ["Condition.code"])
    assert entries[3]["details"]["coding"][0]["code"] == "invalid"
    assert (entries[2]["severity"], entries[2]["code"], entries[2]["expression"]) == (
        "information",
        "not-supported",
        ["Claim"],
    )
    assert [entries[place]["diagnostics"] for place in (1, 2, 3, 5)] == [
        "accepted",
        "Claim is kept as received, and shown to nobody",
        "expected a value",
        "not-yours",
    ]
    assert entries[5]["details"]["coding"][0]["code"] == "not-yours"


def test_the_counts_are_read_back():
    assert counts(batch_response([*OUTCOMES, Outcome(7, "Claim", Fate.NOT_SUPPORTED)])) == {
        ("Condition", Fate.STORED): 1,
        ("Patient", Fate.UNCHANGED): 1,
        ("Observation", Fate.ACCEPTED): 1,
        ("Claim", Fate.NOT_SUPPORTED): 2,
        ("Condition", Fate.REFUSED): 1,
        ("Slot", Fate.REFUSED): 2,
    }


def test_an_empty_bundle_is_answered_with_an_empty_one():
    answer = batch_response([])

    assert answer == {"resourceType": "Bundle", "type": "batch-response"}
    assert counts(answer) == {}
    Bundle.model_validate(answer)


@pytest.mark.parametrize("fate", [Fate.STORED, Fate.UNCHANGED, Fate.ACCEPTED, Fate.NOT_SUPPORTED])
def test_an_owners_answer_is_read(fate):
    assert Outcome.of_owner("Slot", {"index": 3, "outcome": fate.value}) == Outcome(3, "Slot", fate)


def test_an_owner_may_say_what_it_does_not_support():
    read = Outcome.of_owner("Slot", {"index": 0, "outcome": "not supported", "code": "status", "path": "Slot.status"})

    issue = batch_response([read])["entry"][0]["response"]["outcome"]["issue"][0]

    assert (read.fate, issue["severity"], issue["expression"]) == (Fate.NOT_SUPPORTED, "information", ["Slot.status"])
    assert issue["diagnostics"] == "status"


@pytest.mark.parametrize("outcome", ["refused", "not supported"])
def test_an_owner_may_say_what_it_expects(outcome):
    answer = {"index": 0, "outcome": outcome, "code": "unknown-unit", "path": "Schedule.actor", "expected": "a unit"}

    (issue,) = batch_response([Outcome.of_owner("Schedule", answer)])["entry"][0]["response"]["outcome"]["issue"]

    assert (issue["diagnostics"], issue["expression"]) == ("expected a unit", ["Schedule.actor"])
    assert issue["details"]["coding"][0]["code"] in {"unknown-unit", "not-supported"}


def test_an_owners_refusal_keeps_code_path_and_status():
    read = Outcome.of_owner(
        "Slot", {"index": 3, "outcome": "refused", "code": "slot-taken", "path": "Slot.start", "status": 409}
    )

    assert read == Outcome.refused(
        3, "Slot", "slot-taken", Problem("Slot.start", "processing"), status=HTTPStatus.CONFLICT
    )


@pytest.mark.parametrize(
    "answer", [{"outcome": "lost"}, {}, {"outcome": "refused", "code": "Modig Fjell", "status": 200}]
)
def test_an_answer_no_owner_may_give_is_a_refusal(answer):
    read = Outcome.of_owner("Slot", {"index": 3} | answer)

    assert (read.fate, read.code, read.status) == (Fate.REFUSED, "owner-answer", HTTPStatus.BAD_REQUEST)


def test_a_bundle_refused_whole_is_told_as_an_operation_outcome():
    told = operation_outcome(Malformed("bundle-type", FieldProblem("Bundle.type", "one of batch")))

    assert told["issue"][0]["expression"] == ["Bundle.type"]
    assert told["issue"][0]["diagnostics"] == "expected one of batch"
    assert operation_outcome(Forbidden("another-organisation"))["issue"][0]["code"] == "forbidden"
