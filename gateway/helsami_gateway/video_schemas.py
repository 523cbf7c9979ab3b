"""What is asked about video at the door, and what is answered."""

from __future__ import annotations

from typing import Final

from marshmallow import fields, validate

from helsami_gateway.answers import moment, nullable, one_of
from helsami_gateway.appointment_schemas import Video
from helsami_gateway.schemas import Command

SMALLEST_GROUP: Final = 2
LARGEST_GROUP: Final = 50


class CitizensAppointment(Command):
    """A citizen's appointment with the organisation: its id, or `system|value` as its record system calls it."""

    national_id = fields.String(
        required=True, validate=validate.Regexp(r"\d{11}$"), metadata={"expected": "a national id of eleven digits"}
    )
    appointment = fields.String(required=True, validate=validate.Length(1, 300))


class Group(Command):
    """The appointments, at one time, that are to be held in one room."""

    appointments = fields.List(
        fields.Nested(CitizensAppointment),
        required=True,
        validate=validate.Length(SMALLEST_GROUP, LARGEST_GROUP),
        metadata={"expected": f"from {SMALLEST_GROUP} to {LARGEST_GROUP} appointments"},
    )


class Meeting(Command):
    """From when to when staff meet; at most twelve hours."""

    starts_at = fields.String(required=True, validate=validate.Length(1, 40), metadata={"format": "date-time"})
    ends_at = fields.String(required=True, validate=validate.Length(1, 40), metadata={"format": "date-time"})


class Joined(Video):
    """How the door stands, and while it is open a link for whoever asks alone: not to be kept, shown or passed on."""

    link = nullable("null while the door is not open")
    link_expires_at = moment(allow_none=True)


class Room(Video):
    """A room of an organisation's own, for a group of citizens or for staff."""

    id = fields.String(required=True)
    kind = one_of("group", "staff")
    starts_at = moment()
    ends_at = moment()


class JoinedRoom(Room, Joined):
    """A room, and while it is open a moderator's link."""
