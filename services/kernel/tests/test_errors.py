"""Refusals, their shape on the bus, and what a schema says about a malformed question."""

import pytest
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from helsami_kernel.errors import (
    Conflict,
    FieldProblem,
    Forbidden,
    Internal,
    Malformed,
    NotFound,
    Refusal,
    Refused,
    Unavailable,
    from_wire,
    load,
    to_wire,
)
from helsami_sdk.answers import is_code as is_reason

NATIONAL_ID = "01815012345"


class Line(Schema):
    """One line of an order."""

    count = fields.Integer(required=True, validate=validate.Range(min=1, max=5))


class Order(Schema):
    """A question of many shapes."""

    slot = fields.UUID(required=True)
    kind = fields.String(validate=validate.OneOf(["phone", "video"]))
    code = fields.String(validate=validate.Regexp("[a-z]+$"), metadata={"expected": "a code in small letters"})
    lines = fields.List(fields.Nested(Line))
    first = fields.Nested(Line)
    at = fields.AwareDateTime(data_key="startsAt")

    @validates_schema(skip_on_field_errors=True)
    def agree(self, loaded, **_):
        """Refuse a telling combination, in words that repeat it."""
        if loaded.get("kind") == "video" and "at" not in loaded:
            raise ValidationError(f"no time in {loaded}")


SLOT = "9d0ad3fe-8ad4-4d6f-8f0e-6f3f4c0f8a11"


@pytest.mark.parametrize("kind", [NotFound, Malformed, Forbidden, Conflict, Refused])
def test_a_refusal_arrives_as_it_was_sent(kind):
    sent = kind("slot-taken", FieldProblem("slot", "a free slot"))
    arrived = from_wire(to_wire(sent))

    assert type(arrived) is kind
    assert arrived.code == "slot-taken"
    assert arrived.problems == (FieldProblem("slot", "a free slot"),)


def test_a_subclass_of_a_refusal_arrives_as_the_refusal_it_is():
    class SlotTaken(Conflict):
        """A service's own name for it."""

    assert type(from_wire(to_wire(SlotTaken("slot-taken")))) is Conflict


def test_a_service_that_is_away_arrives_as_such():
    arrived = from_wire(to_wire(Unavailable("results")))

    assert isinstance(arrived, Unavailable)
    assert not isinstance(arrived, Refusal)
    assert arrived.service == "results"


def test_any_other_error_leaves_its_text_behind_and_takes_a_correlation_id():
    wire = to_wire(ValueError(f"no citizen {NATIONAL_ID}"))

    assert wire.keys() == {"type", "code", "correlation"}
    assert (wire["type"], wire["code"]) == ("Internal", "internal")
    assert NATIONAL_ID not in str(wire)
    assert from_wire(wire).correlation == wire["correlation"]


def test_two_faults_have_two_correlation_ids_and_a_given_one_is_kept():
    assert to_wire(KeyError())["correlation"] != to_wire(KeyError())["correlation"]
    assert to_wire(KeyError(), "c0ffee")["correlation"] == "c0ffee"


def test_a_fault_that_passes_through_keeps_its_correlation_id():
    assert to_wire(Internal("c0ffee"))["correlation"] == "c0ffee"


@pytest.mark.parametrize(
    "wire",
    [
        {},
        {"type": "SystemExit", "code": "x"},
        {"type": "Conflict", "code": NATIONAL_ID},
        {"type": "Conflict"},
        {"type": ["Conflict"], "code": "x"},
        {"type": "Unavailable", "service": 7},
        {"type": "Internal", "correlation": {}},
    ],
)
def test_an_error_that_nobody_here_wrote_is_a_fault(wire):
    assert isinstance(from_wire(wire), Internal)


def test_problems_that_nobody_here_wrote_are_left_out():
    wire = {"type": "Malformed", "code": "malformed", "problems": [7, {"field": "a"}, {"field": "a", "expected": "b"}]}

    assert from_wire(wire).problems == (FieldProblem("a", "b"),)


@pytest.mark.parametrize("code", ["Slot taken", "slot_taken", NATIONAL_ID, "", "a" * 65, None])
def test_a_code_that_is_not_kebab_case_is_a_mistake_and_is_not_repeated(code):
    with pytest.raises(ValueError, match="kebab-case") as mistake:
        Conflict(code)

    assert str(code) not in str(mistake.value) or not code


def test_every_reason_an_organisation_may_give_is_a_code():
    assert is_reason("covid19-closed")
    assert Refused("covid19-closed").code == "covid19-closed"


def test_a_refusal_reads_as_its_code():
    assert str(Malformed("malformed", FieldProblem("a", "b"))) == "malformed"


def test_a_well_formed_question_is_loaded():
    assert load(Line, {"count": "3"}) == {"count": 3}
    assert load(Line(many=True), [{"count": 3}]) == [{"count": 3}]


def problems(schema, payload):
    with pytest.raises(Malformed, match=r"^malformed$") as malformed:
        load(schema, payload)
    return {problem.field: problem.expected for problem in malformed.value.problems}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, {"slot": "an id"}),
        ({"slot": NATIONAL_ID}, {"slot": "an id"}),
        ({"slot": SLOT, "kind": NATIONAL_ID}, {"kind": "text, one of phone, video"}),
        ({"slot": SLOT, "code": NATIONAL_ID}, {"code": "a code in small letters"}),
        ({"slot": SLOT, "startsAt": NATIONAL_ID}, {"startsAt": "a time in ISO 8601 with its offset"}),
        ({"slot": SLOT, "first": NATIONAL_ID}, {"first": "an object"}),
        ({"slot": SLOT, "lines": NATIONAL_ID}, {"lines": "a list"}),
        (
            {"slot": SLOT, "lines": [{"count": 1}, {"count": NATIONAL_ID}]},
            {"lines.1.count": "a whole number, at least 1 and at most 5"},
        ),
        ({"slot": SLOT, "lines": [NATIONAL_ID]}, {"lines.0": "an object"}),
        ({"slot": SLOT, "kind": "video"}, {".": "values that agree with each other"}),
        ([NATIONAL_ID], {".": "an object"}),
        (None, {".": "an object"}),
    ],
)
def test_a_malformed_question_is_told_what_belongs_where(payload, expected):
    assert problems(Order, payload) == expected


def test_an_unknown_field_is_wrong_and_its_name_is_not_repeated():
    found = problems(Order, {"slot": SLOT, NATIONAL_ID: 1, "first": {"count": 1, NATIONAL_ID: 1}})

    assert found == {
        ".": "no other fields than code, first, kind, lines, slot, startsAt",
        "first": "no other fields than count",
    }


def test_one_wrong_entry_of_many_is_named_by_its_place():
    assert problems(Line(many=True), [{"count": 1}, {"count": 9}]) == {
        "1.count": "a whole number, at least 1 and at most 5"
    }


def test_a_payload_full_of_mistakes_gets_a_bounded_answer():
    assert len(problems(Line(many=True), [{}] * 1000)) == 100


@pytest.mark.parametrize(
    ("sent", "arrived"), [("5d0c6f0e1a2b4c3d8e9f00112233445a",) * 2, (None, None), ("<script>", None), (7, None)]
)
def test_a_refusal_takes_the_id_of_its_decision_over_the_wire_and_nothing_else(sent, arrived):
    refused = Refused("by-phone-only")
    refused.decision = sent

    assert from_wire(to_wire(refused)).decision == arrived
