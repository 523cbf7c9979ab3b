"""Questions of the wrong form are refused without repeating them, and answers hold nothing undeclared."""

from datetime import date

import pytest

from helsami_directory import schemas
from helsami_kernel.errors import Malformed, load

PATIENT = {"national_id": "13838600136", "key": "k", "resource": {"resourceType": "Patient"}}
KNOWN = {
    "citizen": "c",
    "name": "Modig Fjell",
    "birth_date": date(1986, 3, 13),
    "language": None,
    "protected": False,
    "deceased": True,
    "death_date": date(2026, 1, 1),
}


@pytest.mark.parametrize(
    ("schema", "question", "field"),
    [
        (schemas.Identify, {"national_id": "1383860013"}, "national_id"),
        (schemas.Identify, {"national_id": "13838600136\n"}, "national_id"),
        (schemas.Identify, {}, "national_id"),
        (schemas.FactsOf, {"citizens": ["not an id"]}, "citizens.0"),
        (schemas.FactsOf, {"citizens": ["0" * 32] * 1001}, "citizens"),
        (schemas.Resolve, {"national_ids": ["13838600136", "x"]}, "national_ids.1"),
        (schemas.Register, PATIENT | {"resource": {"resourceType": "Slot"}}, "resource"),
        (schemas.Register, PATIENT | {"key": ""}, "key"),
        (schemas.Receive, {"citizen": "0" * 32, "entries": []}, "citizen"),
        (schemas.Nothing, {"all": True}, "."),
    ],
)
def test_a_wrong_question_is_told_where_and_not_what(schema, question, field):
    with pytest.raises(Malformed) as refused:
        load(schema, question)

    assert [problem.field for problem in refused.value.problems] == [field]
    assert "13838600136" not in str(refused.value.args)


def test_the_gateway_learns_no_death_and_consents_no_language():
    assert set(schemas.Person().dump(KNOWN)) == {"citizen", "name", "birth_date", "protected", "language"}
    assert set(schemas.Fact().dump(KNOWN)) == {"citizen", "name", "birth_date", "protected", "deceased"}


def test_dates_leave_as_iso_8601_and_a_missing_one_as_null():
    assert schemas.Person().dump(KNOWN)["birth_date"] == "1986-03-13"
    assert schemas.Person().dump({**KNOWN, "birth_date": None})["birth_date"] is None


def test_a_delivery_about_nobody_is_accepted():
    entry = {"index": 0, "type": "Location", "key": "k", "resource": {}}

    assert load(schemas.Receive, {"citizen": None, "entries": [entry]})["entries"] == [entry]
