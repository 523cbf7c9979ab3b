"""Questions of the wrong form are refused by field, and what is read of the directory may grow."""

from datetime import date

import pytest

from helsami_consents import schemas
from helsami_consents.domain import Person
from helsami_kernel.errors import Malformed, load

DECIDE = {"actor": "a" * 32, "subject": "anything at all", "audiences": ["results", "view:home"], "purpose": "home"}
GIVE = {"receiver": "b" * 32, "scopes": ["results:read"]}


@pytest.mark.parametrize(
    ("schema", "question", "field"),
    [
        (schemas.Decide, DECIDE | {"actor": "a"}, "actor"),
        (schemas.Decide, DECIDE | {"audiences": []}, "audiences"),
        (schemas.Decide, DECIDE | {"audiences": ["results "]}, "audiences.0"),
        (schemas.Decide, DECIDE | {"purpose": "13838600136"}, "purpose"),
        (schemas.Decide, DECIDE | {"scopes": ["results:read"]}, "."),
        (schemas.Give, GIVE | {"receiver": "13838600136"}, "receiver"),
        (schemas.Give, GIVE | {"scopes": []}, "scopes"),
        (schemas.Give, GIVE | {"scopes": ["consents:act"]}, "scopes.0"),
        (schemas.Give, GIVE | {"giver": "c" * 32}, "."),
        (schemas.Revoke, {}, "grant"),
        (schemas.Page, {"limit": 101}, "limit"),
        (schemas.Page, {"limit": 0}, "limit"),
    ],
)
def test_a_wrong_question_is_told_where(schema, question, field):
    with pytest.raises(Malformed) as refused:
        load(schema, question)

    assert [problem.field for problem in refused.value.problems] == [field]


def test_a_right_question_is_taken():
    assert load(schemas.Decide, DECIDE) == DECIDE
    assert load(schemas.Give, GIVE) == GIVE
    assert load(schemas.Page, {}) == {"limit": 20, "cursor": None}


def test_a_person_is_read_from_the_facts_whatever_else_the_directory_says():
    fact = {"citizen": "a", "name": "n", "birth_date": "1980-01-02", "protected": False, "deceased": True, "new": 1}

    assert schemas.FactsFound().load({"facts": [fact], "new": 2}) == {
        "facts": [Person("a", "n", date(1980, 1, 2), protected=False, deceased=True)]
    }
