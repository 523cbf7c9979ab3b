"""What is sent and read about hiding something of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from marshmallow import Schema, fields, validate

from helsami_gateway.answers import moment, nullable, one_of
from helsami_gateway.capacity_schemas import Involved
from helsami_gateway.schemas import Command, Page

SERVICES: Final[Mapping[str, str]] = {
    "allergy": "records",
    "appointment": "appointments",
    "care-team": "messages",
    "condition": "records",
    "document": "records",
    "letter": "records",
    "medication": "medications",
    "plan": "appointments",
    "referral": "appointments",
    "result": "results",
    "stay": "appointments",
    "thread": "messages",
    "vaccine": "records",
    "visit": "records",
}
"""What may be hidden, by kind, and the service that has it."""

FROM: Final = "parents, representatives, staff, or the id of a grant, of a child's parent or of an application to act"
STATES: Final = (
    *("awaiting", "in-force", "confirmed", "declined", "requested", "granted", "lifting", "refused", "lifted", "ended"),
)
REASONS: Final = ("needed-for-treatment", "not-ours", "parents-must-know", "talk-to-us")


class Conceal(Command):
    """What to hide, and from whom."""

    kind = fields.String(required=True, validate=validate.OneOf(tuple(SERVICES)))
    item = fields.String(required=True, validate=validate.Length(1, 36))
    hidden_from = fields.String(
        required=True,
        validate=validate.Regexp(r"(parents|representatives|staff|[0-9a-f]{32})\Z"),
        metadata={"expected": FROM, "description": FROM},
    )


class OwnShields(Page):
    """Which part of what one has hidden."""


class OpenShields(Page):
    """Which part of what waits for staff."""


class DecideShield(Command):
    """What staff decide; why not is told to the citizen."""

    decision = fields.String(required=True, validate=validate.OneOf(("confirm", "decline")))
    reason = fields.String(
        validate=validate.OneOf(REASONS), metadata={"description": "with a refusal, and with that alone"}
    )


class Settled(Schema):
    """How it stands: `until` when what was declined is hidden yet; `reason` is a key of the texts, or empty."""

    id = fields.String(required=True)
    state = one_of(*STATES)
    decided_at = moment(allow_none=True)
    until = moment(allow_none=True)
    reason = fields.String(required=True, validate=validate.OneOf(("", *REASONS)))


class Shield(Settled):
    """Something of one's own that is hidden, was, or is to be; `organisation` is null at a protected address."""

    item = fields.String(required=True)
    kind = one_of(*SERVICES)
    organisation = nullable()
    hidden_from = fields.String(required=True, metadata={"description": FROM})
    asked_at = moment()


class Shields(Schema):
    """What one has hidden, the newest first."""

    shields = fields.List(fields.Nested(Shield), required=True)
    next = nullable("the cursor of the next page; null on the last")


class ShieldForStaff(Schema):
    """Something that a citizen hides, for those who decide: `key` is what its source calls it."""

    id = fields.String(required=True)
    state = one_of("awaiting", "lifting", "requested")
    hidden_from = one_of("parents", "representative", "representatives", "staff")
    citizen = fields.Nested(Involved, required=True)
    kind = one_of(*SERVICES)
    at = moment()
    key = fields.String(required=True)
    asked_at = moment()


class ShieldsForStaff(Schema):
    """What waits for an organisation's word, the oldest first."""

    shields = fields.List(fields.Nested(ShieldForStaff), required=True)
    next = nullable("the cursor of the next page; null on the last")
