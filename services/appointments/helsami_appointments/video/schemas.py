"""What is asked about video, and what is answered; a link is in one answer alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from helsami_appointments.schemas import Moment
from helsami_appointments.video.domain import LARGEST_GROUP, LONGEST_MEETING, SMALLEST_GROUP, Link, Room, Standing
from helsami_kernel.clock import written

GROUP: Final = "group"
STAFF: Final = "staff"
A_NAME: Final = validate.Length(min=1, max=300)


class CitizensAppointment(Schema):
    """A citizen's appointment, by its id or by what its record system calls it."""

    citizen = fields.String(required=True, validate=A_NAME)
    appointment = fields.String(required=True, validate=A_NAME)


class OpenGroup(Schema):
    """Whose appointments are to be held in one room."""

    appointments = fields.List(
        fields.Nested(CitizensAppointment),
        required=True,
        validate=validate.Length(min=SMALLEST_GROUP, max=LARGEST_GROUP),
        metadata={"expected": f"from {SMALLEST_GROUP} to {LARGEST_GROUP} appointments"},
    )

    @validates_schema(skip_on_field_errors=True)
    def once_each(self, wish: dict[str, Any], **_: object) -> None:
        """Refuse an appointment that is named twice."""
        named = {(one["citizen"], one["appointment"]) for one in wish["appointments"]}
        if len(named) < len(wish["appointments"]):
            raise ValidationError("each appointment once", "appointments")


class OpenMeeting(Schema):
    """When staff meet; both times aware."""

    starts_at = Moment(required=True)
    ends_at = Moment(required=True)

    @validates_schema(skip_on_field_errors=True)
    def order(self, wish: dict[str, Any], **_: object) -> None:
        """Refuse a meeting that ends before it begins, or that never ends."""
        if not timedelta(0) < wish["ends_at"] - wish["starts_at"] <= LONGEST_MEETING:
            raise ValidationError("ends_at does not follow starts_at within twelve hours", "ends_at")


class OneRoom(Schema):
    """A room of an organisation's own; whatever is named and is not there, is not found."""

    room = fields.String(required=True, metadata={"expected": "the id of a room"})


class Video(Schema):
    """How the door of a consultation by video stands: none, not_open, open or closed, and when it opens and closes."""

    state = fields.String()
    opens_at = fields.String(allow_none=True)
    closes_at = fields.String(allow_none=True)


class Payment(Schema):
    """What is to be known of paying: the key of a text."""

    message = fields.String()


class Joined(Video):
    """How the door stands, and while it is open a link for this reader, until it no longer opens it."""

    link = fields.String(allow_none=True)
    link_expires_at = fields.String(allow_none=True)


class RoomShown(Video):
    """A room of an organisation's own, as its staff see it: of a group, or of staff alone."""

    id = fields.String()
    kind = fields.String()
    starts_at = fields.String()
    ends_at = fields.String()


class JoinedRoom(RoomShown, Joined):
    """A room, and while it is open a moderator's link."""


def shown(standing: Standing) -> dict[str, Any]:
    """Give how a door stands, as it is read."""
    window = standing.window
    return {
        "state": standing.state.value,
        "opens_at": None if window is None else written(window.opens_at),
        "closes_at": None if window is None else written(window.closes_at),
    }


def joined(standing: Standing, link: Link | None) -> dict[str, Any]:
    """Give how a door stands with a link through it, if it is open."""
    way_in: dict[str, str | None] = {"link": None, "link_expires_at": None}
    if link is not None:
        way_in = {"link": link.url, "link_expires_at": written(link.expires_at)}
    return {**shown(standing), **way_in}


def room_shown(room: Room, standing: Standing) -> dict[str, Any]:
    """Give a room as staff read it."""
    span = {"starts_at": written(room.span.starts_at), "ends_at": written(room.span.ends_at)}
    return {"id": room.id, "kind": room.kind, **span, **shown(standing)}
