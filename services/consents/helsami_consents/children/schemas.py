"""What is asked about children, and what is answered and told."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from marshmallow import Schema, fields

from helsami_consents.children.domain import Parenthood, ends_at, objection
from helsami_consents.grants.domain import State, areas_of, level_of
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


def given(parenthood: Parenthood, child: Person | None, parent: Person | None, now: datetime) -> dict[str, Any]:
    """Give a parent as their child reads it, among those who act for it."""
    born = None if child is None else child.birth_date
    allowed = frozenset[str]() if born is None else most_delegated("parental", age_band(born, now))
    since = written(parenthood.began_at)
    return {
        "id": parenthood.id,
        "citizen": parenthood.parent,
        "name": None if parent is None or parent.protected else parent.name,
        "basis": "parental",
        "code": PARENTAL_CODE,
        "areas": areas_of(allowed),
        "level": level_of(allowed),
        "state": (State.ACTIVE if objection(child, parent, now) is None else State.SUSPENDED).value,
        "version": parenthood.version,
        "granted_at": since,
        "accepted_at": since,
        "expires_at": None if born is None else written(ends_at(born)),
        "ended_at": None,
    }


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
