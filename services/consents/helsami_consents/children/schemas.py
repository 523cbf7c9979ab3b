"""What is asked about children, and what is answered and told."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from marshmallow import Schema, fields

from helsami_consents.children.domain import Parenthood, ends_at
from helsami_consents.grants.domain import areas_of
from helsami_consents.grants.schemas import one_citizen
from helsami_consents.people import Person
from helsami_kernel.access import age_band
from helsami_kernel.clock import written
from helsami_sdk.defaults import most_delegated

PARENTAL_CODE: Final = "FO"
"""A parent's code in Volven 7611, ways of representing somebody."""


class ApplyForChild(Schema):
    """The child to act for."""

    child = one_citizen()


class OneChild(Schema):
    """One child whom one acts for; whatever is named and is not there, is not found."""

    child = fields.String(required=True)


class Child(Schema):
    """A child whom one acts for: by what areas at this age, and until when."""

    id = fields.String()
    citizen = fields.String()
    name = fields.String(allow_none=True)
    basis = fields.String()
    code = fields.String()
    areas = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    since = fields.String()
    until = fields.String()


class Children(Schema):
    """The children whom one acts for."""

    children = fields.List(fields.Nested(Child))


class RepresentationEnded(Schema):
    """The event `representation_ended`: which, and nothing of why."""

    representation = fields.String(required=True)


def shown(parenthood: Parenthood, child: Person, now: datetime) -> dict[str, Any]:
    """Give a child as its parent reads it. The child's birth date is known: without it nobody acts for them."""
    if child.birth_date is None:
        raise ValueError("a child of unknown age")
    return {
        "id": parenthood.id,
        "citizen": child.id,
        "name": child.name,
        "basis": "parental",
        "code": PARENTAL_CODE,
        "areas": areas_of(most_delegated("parental", age_band(child.birth_date, now))),
        "since": written(parenthood.began_at),
        "until": written(ends_at(child.birth_date)),
    }
