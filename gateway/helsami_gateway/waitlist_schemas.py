"""What front ends and staff get of waiting for something earlier."""

from __future__ import annotations

from typing import Final

from marshmallow import Schema, fields

from helsami_gateway.answers import moment, nullable, one_of
from helsami_gateway.appointment_schemas import Slot

OFFER_STATES: Final = ("open", "accepted", "declined", "expired", "too_late", "withdrawn")


class Waiting(Schema):
    """An appointment that somebody waits to have earlier, and since when."""

    appointment = fields.String(required=True)
    since = moment()


class WaitingList(Schema):
    """All of them, first come first."""

    waiting = fields.List(fields.Nested(Waiting), required=True)


class Left(Schema):
    """An appointment that nobody waits to have earlier any longer."""

    appointment = fields.String(required=True)


class Offer(Schema):
    """An earlier time for an appointment; others may hold an offer for the same one."""

    id = fields.String(required=True)
    appointment = fields.String(required=True)
    state = one_of(*OFFER_STATES)
    offered_at = moment()
    expires_at = moment()
    slot = fields.Nested(Slot, required=True)


class Offers(Schema):
    """What one was offered, newest first."""

    offers = fields.List(fields.Nested(Offer), required=True)


class Declined(Schema):
    """An offer that was declined."""

    id = fields.String(required=True)
    state = one_of("declined")


class OfferForStaff(Offer):
    """An offer to somebody who is not digital."""

    record_key = nullable("what the record system calls the appointment")


class OffersForStaff(Schema):
    """Open offers, the first to expire first."""

    offers = fields.List(fields.Nested(OfferForStaff), required=True)


class WaitlistOutcome(Schema):
    """How many offers stand so."""

    state = one_of(*OFFER_STATES)
    age_band = one_of("0-11", "12-15", "16+")
    digital = fields.Boolean(required=True)
    count = fields.Integer(required=True)


class Outcomes(Schema):
    """How an organisation's offers stand."""

    outcomes = fields.List(fields.Nested(WaitlistOutcome), required=True)
