"""What front ends get of appointments, of free times, and of what can be done with them."""

from __future__ import annotations

from typing import Final

from marshmallow import Schema, fields, validate

from helsami_gateway.answers import Item, as_written, moment, nullable, one_of, section


class Attachment(Schema):
    """What is enclosed with a letter: it is fetched by its number."""

    number = fields.Integer(required=True)
    title = nullable()
    content_type = one_of("application/pdf", "image/jpeg", "image/png")
    size = fields.Integer(required=True, metadata={"description": "in bytes"})


class LetterNamed(Schema):
    """What names a letter."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    written_at = as_written()
    attachments = fields.List(fields.Nested(Attachment), required=True)


LettersNamed: Final = section(LetterNamed, "LettersNamed")


class Appointment(Item):
    """An appointment."""

    kind = nullable()
    unit = nullable()
    place = nullable()
    clinician = nullable()
    setting = nullable("virtual for a consultation by video; outpatient, inpatient, emergency, home; null if unknown")
    starts_at = moment()
    ends_at = moment()
    window = fields.Boolean(
        required=True, metadata={"description": "it is to be within these times, and no time is agreed yet"}
    )
    status = one_of("proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow")
    cancelled_because = nullable("service, citizen, on-behalf, not-home, no-show or other; null where it is not said")
    instructions = nullable("what the citizen is to do before, as plain text")


Appointments: Final = section(Appointment, "Appointments")


class Hold(Schema):
    """Until when a free time is kept for whoever asked."""

    slot = fields.String(required=True)
    held_until = moment()


class Way(Schema):
    """
    One way to do something.

    `reason` is a key of `problem` in the texts; `opens` and `closes` are when the phone is answered on working days in
    Oslo; `flag` is Helsenorge's code of it.
    """

    way = one_of("direct", "request", "phone")
    reason = fields.String(required=True)
    deadline = fields.AwareDateTime(required=True, allow_none=True)
    phone = fields.String(required=True)
    opens = fields.String(required=True, metadata={"example": "08:00"})
    closes = fields.String(required=True, metadata={"example": "15:00"})
    flag = nullable()


class Action(Schema):
    """What may be done, and how: at least one way, the easiest first, the phone last."""

    action = one_of("book", "change", "cancel", "join-waitlist", "video", "in-person")
    ways = fields.List(fields.Nested(Way), required=True, validate=validate.Length(min=1))


class Request(Schema):
    """What was asked about an appointment, and what has become of it; `reason` is a key of `problem` in the texts."""

    id = fields.String(required=True)
    organisation = fields.String(required=True)
    appointment = fields.String(required=True)
    action = one_of("change", "cancel", "join-waitlist", "video", "in-person")
    wish = fields.String(required=True)
    state = one_of("asked", "accepted", "declined", "expired", "withdrawn")
    asked_at = moment()
    expires_at = moment()
    answered_at = fields.AwareDateTime(required=True, allow_none=True)
    reason = nullable()


class Requests(Schema):
    """A page of what waits for an organisation's answer, the oldest first."""

    requests = fields.List(fields.Nested(Request), required=True)
    next = nullable()


class Video(Schema):
    """How the door of a consultation by video stands, and when it opens and closes."""

    state = one_of("none", "not_open", "open", "closed")
    opens_at = moment(allow_none=True)
    closes_at = moment(allow_none=True)


class Payment(Schema):
    """What is to be known of paying; `message` is a key of the texts, as `group.key`."""

    message = one_of("payment.video-as-in-person")


class AppointmentWithActions(Appointment):
    """An appointment, all that can be done with it, and what was asked about it."""

    actions = fields.List(fields.Nested(Action), required=True)
    requests = fields.List(fields.Nested(Request), required=True)
    video = fields.Nested(Video, required=True, allow_none=True, metadata={"description": "null where it is in person"})
    payment = fields.Nested(Payment, required=True, allow_none=True)
    referral = nullable("the id of the referral that it is based on")
    letters = fields.Nested(LettersNamed, required=True)


class Slot(Schema):
    """A free time."""

    id = fields.String(required=True)
    organisation = fields.String(required=True)
    visit_type = nullable()
    kind = nullable()
    unit = nullable()
    place = nullable()
    clinician = nullable()
    clinician_id = nullable("by which free times with the same clinician are found")
    starts_at = moment()
    ends_at = moment()


class Slots(Schema):
    """A page of free times."""

    slots = fields.List(fields.Nested(Slot), required=True)
    next = nullable("the cursor of the next page; null on the last")
