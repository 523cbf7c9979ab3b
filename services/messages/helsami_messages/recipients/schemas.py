"""Whom a citizen may write to, as they read it."""

from typing import Any

from marshmallow import Schema, fields

from helsami_kernel.access import AccessToken
from helsami_messages.recipients.domain import Contact

NOT_URGENT = "messages.not-urgent"
"""Not for urgent matters, and an answer may take several days (R83); front ends have the words."""


class Nothing(Schema):
    """A question that says nothing more."""


class Recipient(Schema):
    """
    Somebody who may be written to: a unit, or an employee of one.

    `care_team` is the id of what makes them one, by which its citizen may hide it from others, and null for others.
    `may_reply` is whether one may reply to an answer; `answer_days` are working days. At a protected address none of
    them says where, or by name who: `organisation`, `unit` and `name` are null.
    """

    id = fields.String()
    kind = fields.String()
    organisation = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    role = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    care_team = fields.String(allow_none=True)
    may_reply = fields.Boolean()
    answer_days = fields.Integer()


class Absence(Schema):
    """Why there is nobody."""

    code = fields.String()


class Recipients(Schema):
    """Everybody who may be written to; `notice` is the key of what is to be read before one writes (R83)."""

    recipients = fields.List(fields.Nested(Recipient))
    absences = fields.List(fields.Nested(Absence))
    notice = fields.String()


def shown(recipient: str, contact: Contact, access: AccessToken) -> dict[str, Any]:
    """Give somebody who may be written to as a citizen reads it."""
    relation, terms = contact.relation, contact.terms
    hidden = access.protected
    return {
        "id": recipient,
        "kind": relation.kind,
        "organisation": None if hidden else relation.organisation,
        "unit": None if hidden else relation.unit,
        "role": relation.role or None,
        "name": None if hidden else relation.name or None,
        "care_team": None if access.on_behalf else relation.team,
        "may_reply": terms.may_reply,
        "answer_days": terms.answer_days,
    }
