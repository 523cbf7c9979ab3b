"""What is asked about grants, and what is answered and told."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from helsami_consents.grants.domain import ACT, AREAS, LEVELS, SEE, Grant, State, areas_of, level_of
from helsami_consents.people import CITIZEN_ID, Person
from helsami_kernel.clock import written

POWER_OF_ATTORNEY: Final = "FU"
"""A grant's code in Volven 7611, ways of representing somebody."""


def one_citizen() -> fields.String:
    """The opaque id of a citizen."""
    named = validate.Regexp(rf"{CITIZEN_ID.pattern}\Z")
    return fields.String(required=True, validate=named, metadata={"expected": "the id of a citizen"})


class Areas(Schema):
    """What somebody may do, by its level or by areas."""

    level = fields.String(validate=validate.OneOf(sorted(LEVELS)), load_default=None, allow_none=True)
    areas = fields.Dict(
        keys=fields.String(validate=validate.OneOf(sorted(AREAS))),
        values=fields.List(fields.String(validate=validate.OneOf([SEE, ACT])), validate=validate.Length(min=1)),
        validate=validate.Length(min=1),
        load_default=None,
        allow_none=True,
        metadata={"expected": f"one or more of {', '.join(sorted(AREAS))}, each with a list of see and act"},
    )

    @validates_schema(skip_on_field_errors=True)
    def one_way(self, terms: dict[str, Any], **_: object) -> None:
        """Refuse terms that are told twice or not at all, and to act where there is nothing to do for somebody else."""
        if (terms["level"] is None) == (terms["areas"] is None):
            raise ValidationError("either a level or areas", "areas")
        for area, verbs in (terms["areas"] or {}).items():
            if not AREAS[area].issuperset(verbs):
                raise ValidationError(f"{area}: see", "areas")


class Terms(Areas):
    """What is granted, and until when; without an end until somebody ends it."""

    expires_at = fields.AwareDateTime(load_default=None, allow_none=True)


class Offer(Terms):
    """Let this citizen do these things, once they have said yes."""

    receiver = one_citizen()


class OneGrant(Schema):
    """One grant; whatever is named and is not there, is not found."""

    grant = fields.String(required=True)


class Change(Terms, OneGrant):
    """New terms of a grant."""


class Shown(Schema):
    """A grant as its two sides see it; `citizen` is the other side."""

    id = fields.String()
    citizen = fields.String()
    name = fields.String(allow_none=True)
    basis = fields.String()
    code = fields.String()
    areas = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    level = fields.String(allow_none=True)
    state = fields.String()
    version = fields.Integer()
    granted_at = fields.String()
    accepted_at = fields.String(allow_none=True)
    expires_at = fields.String(allow_none=True)
    ended_at = fields.String(allow_none=True)


class Overview(Schema):
    """Grants in both directions (R95)."""

    given = fields.List(fields.Nested(Shown))
    received = fields.List(fields.Nested(Shown))


class Nothing(Schema):
    """A question without particulars."""


class GrantTold(Schema):
    """The events about grants: which one, and how it stands."""

    grant = fields.String(required=True)
    state = fields.String(required=True)


def shown(grant: Grant, state: State, me: str, other: Person | None) -> dict[str, Any]:
    """Give a grant as one side reads it; the name of the other side is missing while it cannot be told."""
    return {
        "id": grant.id,
        "citizen": grant.other_side(me),
        "name": None if other is None or other.protected else other.name,
        "basis": "grant",
        "code": POWER_OF_ATTORNEY,
        "areas": areas_of(grant.scopes),
        "level": level_of(grant.scopes),
        "state": state.value,
        "version": grant.version,
        "granted_at": written(grant.granted_at),
        "accepted_at": _written(grant.accepted_at),
        "expires_at": _written(grant.expires_at),
        "ended_at": _written(grant.ended_at),
    }


def _written(at: datetime | None) -> str | None:
    return None if at is None else written(at)
