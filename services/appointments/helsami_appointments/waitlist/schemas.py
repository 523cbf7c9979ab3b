"""What is asked of the waitlist, what it answers, and what it tells."""

from typing import Final

from marshmallow import Schema, fields, validate

from helsami_appointments.schemas import Slot
from helsami_appointments.waitlist.domain import OfferState
from helsami_kernel.access import AGE_BANDS

AN_ID: Final = validate.Length(min=1, max=60)


class JoinWaitlist(Schema):
    """An appointment to have earlier."""

    appointment = fields.String(required=True, metadata={"expected": "the id of an appointment"})


class LeaveWaitlist(JoinWaitlist):
    """An appointment to have when it is."""


class JoinFor(Schema):
    """Whom staff let wait who does not answer here: `appointment` is its id, or what the record system calls it."""

    citizen = fields.String(required=True, validate=AN_ID)
    appointment = fields.String(required=True, validate=validate.Length(min=1, max=300))
    age_band = fields.String(required=True, validate=validate.OneOf(sorted(AGE_BANDS)))
    priority = fields.String(load_default="", validate=validate.Length(max=60))


class AnswerOffer(Schema):
    """An offer to accept or decline; whatever is named and is not there, is not found."""

    offer = fields.String(required=True, metadata={"expected": "the id of an offer"})


class Nothing(Schema):
    """A question that says all by its name."""


class Waiting(Schema):
    """Somebody who waits for something earlier than an appointment, and since when."""

    appointment = fields.String()
    since = fields.String()


class WaitingList(Schema):
    """What a citizen waits for, first come first."""

    waiting = fields.List(fields.Nested(Waiting))


class Offer(Schema):
    """An earlier time for an appointment, and until when it can be had."""

    id = fields.String()
    appointment = fields.String()
    state = fields.String(validate=validate.OneOf([state.value for state in OfferState]))
    offered_at = fields.String()
    expires_at = fields.String()
    slot = fields.Nested(Slot)


class Offers(Schema):
    """A citizen's offers, newest first."""

    offers = fields.List(fields.Nested(Offer))


class Declined(Schema):
    """An offer that was declined."""

    id = fields.String()
    state = fields.String()


class OfferForStaff(Offer):
    """An offer to somebody who does not answer here; `record_key` is what the record system calls the appointment."""

    record_key = fields.String(allow_none=True)


class OffersForStaff(Schema):
    """Open offers to those who do not answer here, the first to expire first; `about` whom is for their logs alone."""

    offers = fields.List(fields.Nested(OfferForStaff))
    about = fields.List(fields.String())


class Outcome(Schema):
    """How many offers stand so, of one age band, to those who answer here or do not."""

    state = fields.String()
    age_band = fields.String()
    digital = fields.Boolean()
    count = fields.Integer()


class Outcomes(Schema):
    """How an organisation's offers have ended."""

    outcomes = fields.List(fields.Nested(Outcome))


class OfferMade(Schema):
    """The event `offer_made`."""

    offer = fields.String(required=True)
    appointment = fields.String(required=True)


class OfferEnded(Schema):
    """The event `offer_ended`."""

    offer = fields.String(required=True)
    appointment = fields.String(required=True)
    state = fields.String(required=True)
