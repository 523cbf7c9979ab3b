"""What stays, referrals and letters look like at the door."""

from __future__ import annotations

from typing import Final

from marshmallow import fields

from helsami_gateway.answers import Item, as_written, nullable, one_of, section
from helsami_gateway.appointment_schemas import Appointment, Attachment


class Stay(Item):
    """A stay in an institution; one that is planned ends when it is expected to, as far as that is known."""

    status = one_of("planned", "ongoing", "ended", "cancelled")
    name = nullable()
    place = nullable("null for somebody at a protected address")
    starts_at = as_written()
    ends_at = as_written(allow_none=True)


class Referral(Item):
    """A referral: how far it has come, when something is expected, and by which day it must begin at the latest."""

    status = one_of("received", "assessed", "accepted", "rejected", "scheduled", "completed", "withdrawn")
    name = nullable()
    reason = nullable()
    sender = nullable()
    receiver = nullable()
    expected_from = as_written(allow_none=True)
    expected_to = as_written(allow_none=True)
    deadline = fields.Date(required=True, allow_none=True)


class ReferralWithAppointments(Referral):
    """A referral, and the appointments that it has led to."""

    appointments = fields.List(fields.Nested(Appointment), required=True)


class Letter(Item):
    """A letter; `text` is empty where all is enclosed."""

    organisation = nullable("null for somebody at a protected address")
    title = fields.String(required=True)
    text = fields.String(required=True)
    written_at = as_written()
    attachments = fields.List(fields.Nested(Attachment), required=True)


Stays: Final = section(Stay, "Stays")
Referrals: Final = section(Referral, "Referrals")
Letters: Final = section(Letter, "Letters")
