"""What is asked of referrals, what a citizen reads of one, and what is told of it."""

from typing import Any

from marshmallow import Schema, fields

from helsami_appointments.referrals.domain import Referral
from helsami_appointments.schemas import Appointment


class OneReferral(Schema):
    """A referral to look at; whatever is named and is not there, is not found."""

    referral = fields.String(required=True, metadata={"expected": "the id of a referral"})


class ShownReferral(Schema):
    """A referral, with the appointments that it has led to."""

    id = fields.String()
    organisation = fields.String()
    at = fields.String()
    status = fields.String()
    name = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    sender = fields.String(allow_none=True)
    receiver = fields.String(allow_none=True)
    expected_from = fields.String(allow_none=True)
    expected_to = fields.String(allow_none=True)
    deadline = fields.String(allow_none=True)
    appointments = fields.List(fields.Nested(Appointment))


class ReferralStatusChanged(Schema):
    """The event `referral_status_changed`: the referral's id, and nothing of what it says."""

    referral = fields.String(required=True)
    access_limit = fields.String(required=True)


def body(referral: Referral) -> dict[str, Any]:
    """Give a referral as its citizen reads it."""
    return {
        "status": str(referral.status),
        "name": referral.name or None,
        "reason": referral.reason or None,
        "sender": referral.sender or None,
        "receiver": referral.receiver or None,
        "expected_from": referral.expected_from,
        "expected_to": referral.expected_to,
        "deadline": None if referral.deadline is None else referral.deadline.isoformat(),
    }
