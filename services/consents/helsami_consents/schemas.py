"""What consents is asked, and what it answers."""

from __future__ import annotations

from typing import Final

from marshmallow import Schema, fields, validate

from helsami_consents.grants.schemas import one_citizen

AUDIENCE: Final = validate.Regexp(r"(view:)?[a-z]{1,40}\Z")
MOST_AUDIENCES: Final = 20


class Decide(Schema):
    """May the actor act for the subject, towards these audiences? `purpose` names what for, as a code."""

    actor = one_citizen()
    # Free text: a citizen's own client names whom it acts for, and whatever it names is simply not found.
    subject = fields.String(required=True)
    audiences = fields.List(
        fields.String(validate=AUDIENCE, metadata={"expected": "a service, or view:<view>"}),
        required=True,
        validate=validate.Length(min=1, max=MOST_AUDIENCES),
    )
    purpose = fields.String(
        required=True, validate=validate.Regexp(r"[a-z]+(-[a-z]+){0,4}\Z"), metadata={"expected": "a code such as home"}
    )


class Decided(Schema):
    """A token for each audience."""

    tokens = fields.Dict(keys=fields.String(), values=fields.String())
    basis = fields.String()


class Represented(Schema):
    """Somebody for whom one may act: on what ground (and its code in Volven 7611), in which areas, and until when."""

    citizen = fields.String()
    name = fields.String(allow_none=True)
    basis = fields.String()
    code = fields.String()
    areas = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    until = fields.String(allow_none=True, dump_default=None)


class ActingFor(Schema):
    """Everybody for whom one may act."""

    acting_for = fields.List(fields.Nested(Represented))
