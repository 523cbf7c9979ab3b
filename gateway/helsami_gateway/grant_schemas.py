"""What front ends get of who may act for whom."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from helsami_gateway.answers import moment, nullable, one_of
from helsami_gateway.schemas import GRANT_AREAS, GRANT_LEVELS


class Grant(Schema):
    """
    A grant; `citizen` and `name` are its other side, `code` is of Volven 7611, and `version` counts every change.

    Of `basis` `capacity`: what staff have granted somebody about oneself, accepted by applying for it, or one's
    guardian (`VE`) as the register names them. Of `basis` `parental`: a parent who acts for one.
    """

    id = fields.String(required=True)
    citizen = fields.String(required=True)
    name = nullable()
    basis = one_of("capacity", "grant", "parental")
    code = one_of("FO", "FU", "TD", "VE")
    areas = fields.Dict(
        keys=fields.String(validate=validate.OneOf(GRANT_AREAS)),
        values=fields.List(one_of("see", "act")),
        required=True,
    )
    level = fields.String(required=True, allow_none=True, validate=validate.OneOf(GRANT_LEVELS))
    state = one_of("offered", "active", "suspended", "declined", "revoked", "renounced", "expired")
    version = fields.Integer(required=True)
    granted_at = moment()
    accepted_at = moment(allow_none=True)
    expires_at = moment(allow_none=True)
    ended_at = moment(allow_none=True)


class Represented(Schema):
    """Somebody for whom one may act, on what ground (and its code in Volven 7611), in which areas, and until when."""

    citizen = fields.String(required=True)
    name = nullable()
    basis = one_of("capacity", "grant", "parental")
    code = one_of("FO", "FU", "TD", "VE")
    areas = fields.Dict(
        keys=fields.String(validate=validate.OneOf(GRANT_AREAS)),
        values=fields.List(one_of("see", "act")),
        required=True,
    )
    until = moment(allow_none=True)


class ActingFor(Schema):
    """Everybody for whom one may act; to do so, name one in the header of a request."""

    acting_for = fields.List(fields.Nested(Represented), required=True)


class Child(Represented):
    """A child whom one acts for; the areas become fewer at twelve, and none at sixteen."""

    id = fields.String(required=True)
    since = moment()


class Children(Schema):
    """The children whom one acts for."""

    children = fields.List(fields.Nested(Child), required=True)


class LeftChild(Schema):
    """A child whom one acts for no longer."""

    child = fields.String(required=True)


class Grants(Schema):
    """Grants in both directions."""

    given = fields.List(fields.Nested(Grant), required=True)
    received = fields.List(fields.Nested(Grant), required=True)


class DemoCitizen(Schema):
    """Somebody one may log in as, in embedded mode."""

    citizen = fields.String(required=True)
    pid = fields.String(required=True)
    name = fields.String(required=True)
    birth_date = fields.Date(required=True, allow_none=True)
    may_act_for = fields.List(fields.Nested(Represented), required=True)
