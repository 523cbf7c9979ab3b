"""What front ends and staff send about visits, and what they get of them."""

from __future__ import annotations

from typing import Final

from marshmallow import Schema, fields, validate

from helsami_gateway.answers import moment, nullable, one_of
from helsami_gateway.appointment_schemas import AppointmentWithActions
from helsami_gateway.schemas import SHORT, Command, Page

STATES: Final = ("not_asked", "not_open", "open", "done", "closed")


class CheckIn(Command):
    """That the contact details are right, and which forms are answered: all that check-in asks for."""

    contact_confirmed = fields.Boolean(
        required=True, truthy={True}, falsy={False}, metadata={"expected": "true: the contact details are right"}
    )
    forms = fields.List(
        fields.String(validate=SHORT),
        load_default=list,
        validate=validate.Length(max=100),
        metadata={"expected": "the ids of the forms that are answered"},
    )


class MarkTask(Command):
    """Whether a task is done."""

    done = fields.Boolean(required=True, truthy={True}, falsy={False}, metadata={"expected": "true or false"})


class DayQuery(Page):
    """Which day by the calendar in Oslo, today where none is named, and which unit; the owner checks what it means."""

    date = fields.String(validate=SHORT, metadata={"description": "such as 2026-11-24"})
    unit = fields.String(validate=validate.Length(max=60))


class Arrival(Schema):
    """How something stands that is done before a visit or on arriving: from when to when it can be, and when it was."""

    state = one_of(*STATES)
    opens_at = moment(allow_none=True)
    closes_at = moment(allow_none=True)
    done_at = moment(allow_none=True)


class CheckInShown(Arrival):
    """Check-in: how it stands, and the ids of the forms that are asked for."""

    forms = fields.List(fields.String(), required=True)


class PreparatoryTask(Schema):
    """Something to do before a visit."""

    id = fields.String(required=True)
    description = fields.String(required=True)
    due = nullable("a day, or a time in UTC")
    done = fields.Boolean(required=True)
    done_at = moment(allow_none=True)


class AppointmentShown(AppointmentWithActions):
    """An appointment with all there is to do about it, and what is done before the visit and on arriving for it."""

    check_in = fields.Nested(CheckInShown, required=True)
    arrival = fields.Nested(Arrival, required=True)
    tasks = fields.List(fields.Nested(PreparatoryTask), required=True)


class ExpectedVisit(Schema):
    """An appointment of an organisation's day; `record_key` is the record system's name for it."""

    id = fields.String(required=True)
    record_key = nullable()
    unit = nullable()
    starts_at = moment()
    ends_at = moment()
    status = one_of("proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow")
    check_in = fields.Nested(CheckInShown, required=True)
    arrival = fields.Nested(Arrival, required=True)


class ExpectedVisits(Schema):
    """A page of an organisation's day, the earliest first."""

    appointments = fields.List(fields.Nested(ExpectedVisit), required=True)
    next = nullable()
