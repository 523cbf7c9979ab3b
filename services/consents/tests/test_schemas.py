"""Questions of the wrong form are refused by field, and what is read of the directory may grow."""

from datetime import date

import pytest

from helsami_consents import schemas
from helsami_consents.access_log import schemas as log
from helsami_consents.grants.schemas import Change, Offer, OneGrant
from helsami_consents.people import Person
from helsami_consents.register import FactsFound
from helsami_kernel.errors import Malformed, load

DECIDE = {"actor": "a" * 32, "subject": "anything at all", "audiences": ["results", "view:home"], "purpose": "home"}
SYSTEM = {"subject": "a" * 32, "actor": "calendar-link", "purpose": "calendar-feed", "kinds": ["appointments"]}
OFFER = {"receiver": "b" * 32, "level": "read"}


@pytest.mark.parametrize(
    ("schema", "question", "field"),
    [
        (schemas.Decide, DECIDE | {"actor": "a"}, "actor"),
        (schemas.Decide, DECIDE | {"audiences": []}, "audiences"),
        (schemas.Decide, DECIDE | {"audiences": ["results "]}, "audiences.0"),
        (schemas.Decide, DECIDE | {"purpose": "13838600136"}, "purpose"),
        (schemas.Decide, DECIDE | {"scopes": ["results:read"]}, "."),
        (Offer, OFFER | {"receiver": "13838600136"}, "receiver"),
        (Offer, OFFER | {"level": "all"}, "level"),
        (Offer, {"receiver": "b" * 32}, "areas"),
        (Offer, OFFER | {"areas": {"results": ["see"]}}, "areas"),
        (Offer, {"receiver": "b" * 32, "areas": {}}, "areas"),
        (Offer, {"receiver": "b" * 32, "areas": {"gossip": ["see"]}}, "areas"),
        (Offer, {"receiver": "b" * 32, "areas": {"results": ["act"]}}, "areas"),
        (Offer, {"receiver": "b" * 32, "areas": {"results": []}}, "areas"),
        (Offer, OFFER | {"giver": "c" * 32}, "."),
        (Offer, OFFER | {"expires_at": "2026-04-01T00:00:00"}, "expires_at"),
        (Change, {"level": "read"}, "grant"),
        (OneGrant, {}, "grant"),
        (log.Page, {"limit": 101}, "limit"),
        (log.Page, {"limit": 0}, "limit"),
        (log.Page, {"from": "yesterday"}, "from"),
        (log.Page, {"from": "2026-03-01T12:00:00"}, "from"),
        (log.Page, {"from": 20260301}, "from"),
        (log.Page, {"to": "9999-12-31"}, "to"),
        (log.Page, {"from": "2026-03-02", "to": "2026-03-01"}, "to"),
        (log.Page, {"role": "spy"}, "role"),
        (log.Page, {"kind": ""}, "kind"),
        (log.Page, {"organisation": "St. Olavs"}, "organisation"),
        (log.Page, {"actor": "a" * 32}, "."),
        (log.Export, {"path": "https://elsewhere"}, "path"),
        (log.SystemAccess, SYSTEM | {"kinds": ["diagnoses"]}, "kinds.0"),
        (log.SystemAccess, SYSTEM | {"purpose": "Look at 13838600136"}, "purpose"),
    ],
)
def test_a_wrong_question_is_told_where(schema, question, field):
    with pytest.raises(Malformed) as refused:
        load(schema, question)

    assert [problem.field for problem in refused.value.problems] == [field]


def test_days_in_the_wrong_order_are_told_as_that():
    with pytest.raises(Malformed) as refused:
        load(log.Page, {"from": "2026-03-02", "to": "2026-03-01"})

    assert refused.value.problems[0].expected.endswith(", not before from")


def test_a_right_question_is_taken():
    assert load(schemas.Decide, DECIDE) == DECIDE
    assert load(Offer, OFFER) == OFFER | {"areas": None, "expires_at": None}


def test_a_person_is_read_from_the_facts_whatever_else_the_directory_says():
    fact = {"citizen": "a", "name": "n", "birth_date": "1980-01-02", "protected": False, "deceased": True, "new": 1}

    assert FactsFound().load({"facts": [fact], "new": 2}) == {
        "facts": [Person("a", "n", date(1980, 1, 2), protected=False, deceased=True)]
    }
