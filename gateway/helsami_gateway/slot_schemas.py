"""What is sent about schedules and slots, and what is answered; the owner checks what it means."""

from __future__ import annotations

from typing import Final

from marshmallow import Schema, fields, validate

from helsami_gateway.answers import moment, nullable, one_of
from helsami_gateway.appointment_schemas import Action, Slot
from helsami_gateway.schemas import SHORT, Command, Page

DAY: Final = "a day (2026-03-05)"
LINE: Final = validate.Length(max=300)
TIME: Final = "a time in Oslo (2026-03-05T12:00), or one with its offset from UTC"


class Schedule(Command):
    """
    What slots are opened under.

    `unit` is one of the organisation's manifest, `visit_type` and `clinician` are its own code and key; `kind`, `place`
    and `clinician_name` are what citizens read. While it is not `active`, nothing of it is offered.
    """

    unit = fields.String(validate=LINE)
    visit_type = fields.String(required=True, validate=SHORT)
    kind = fields.String(required=True, validate=SHORT)
    place = fields.String(validate=LINE)
    clinician = fields.String(validate=LINE)
    clinician_name = fields.String(validate=LINE)
    active = fields.Boolean()


class OneTime(Schema):
    """From when to when a slot is; of two times with the same wall clock, one without an offset is the first."""

    starts = fields.String(required=True, validate=SHORT, metadata={"expected": TIME})
    ends = fields.String(required=True, validate=SHORT, metadata={"expected": TIME})


class ClinicHours(Schema):
    """
    Slots one after the other on some weekdays of a period, by the wall clock in Oslo.

    `from` and `to` are both included, `except` are days without any. A time that the clocks skip has no slot and is
    named in the answer; the hour that comes twice has its slots the first time.
    """

    first = fields.String(
        data_key="from", attribute="from", required=True, metadata={"expected": DAY, "example": "2026-03-02"}
    )
    last = fields.String(
        data_key="to", attribute="to", required=True, metadata={"expected": DAY, "example": "2026-06-19"}
    )
    days = fields.List(one_of("mon", "tue", "wed", "thu", "fri", "sat", "sun"), required=True)
    opens = fields.String(
        required=True, validate=SHORT, metadata={"expected": "a time such as 08:00", "example": "08:00"}
    )
    closes = fields.String(
        required=True, validate=SHORT, metadata={"expected": "a time such as 11:30, or 24:00", "example": "11:30"}
    )
    minutes = fields.Integer(required=True, strict=True, validate=validate.Range(5, 480))
    closed = fields.List(fields.String(validate=SHORT), data_key="except", attribute="except")


class PublishSlots(Command):
    """Slots to open under one schedule, at most 1000 at once: each by itself, as clinic hours, or both."""

    schedule = fields.String(required=True, validate=SHORT, metadata={"expected": "the id of a schedule"})
    slots = fields.List(fields.Nested(OneTime), validate=validate.Length(max=1000))
    hours = fields.List(fields.Nested(ClinicHours), validate=validate.Length(max=20))


class OwnSlots(Page):
    """Which of the organisation's slots: from now on where nothing else is asked."""

    schedule = fields.String(validate=SHORT, metadata={"expected": "the id of a schedule"})
    since = fields.String(data_key="from", attribute="from", validate=SHORT)
    until = fields.String(data_key="to", attribute="to", validate=SHORT)


class SlotWithActions(Slot):
    """A free time, all that can be done with it, and until when one holds it oneself."""

    held_until = fields.AwareDateTime(required=True, allow_none=True)
    actions = fields.List(fields.Nested(Action), required=True)


class Released(Schema):
    """A free time that one holds no longer."""

    slot = fields.String(required=True)


class ScheduleShown(Schema):
    """A schedule; what a record system has sent is changed there."""

    id = fields.String(required=True)
    unit = fields.String(required=True)
    visit_type = fields.String(required=True)
    kind = fields.String(required=True)
    place = fields.String(required=True)
    clinician = fields.String(required=True)
    clinician_name = fields.String(required=True)
    active = fields.Boolean(required=True)
    from_record_system = fields.Boolean(required=True)


class Schedules(Schema):
    """A page of schedules."""

    schedules = fields.List(fields.Nested(ScheduleShown), required=True)
    next = nullable("the cursor of the next page; null on the last")


class OpenedSlot(Schema):
    """A slot that was opened."""

    id = fields.String(required=True)
    starts_at = moment()
    ends_at = moment()


class SkippedTime(Schema):
    """
    A time of clinic hours at which there is no slot, by the wall clock, and why.

    The clocks skip it (`no-such-local-time`), or the slot before it lasts into it because they do
    (`clocks-go-forward`); or it is over already (`slot-past`).
    """

    local = fields.String(required=True, metadata={"example": "2026-03-29T02:20"})
    reason = one_of("no-such-local-time", "clocks-go-forward", "slot-past")


class Published(Schema):
    """What was opened, in order of time, and what was left out of clinic hours."""

    schedule = fields.String(required=True)
    slots = fields.List(fields.Nested(OpenedSlot), required=True)
    skipped = fields.List(fields.Nested(SkippedTime), required=True)


class OwnSlot(OpenedSlot):
    """A slot: whether its organisation offers it, and whether somebody has it; never who."""

    schedule = fields.String(required=True)
    free = fields.Boolean(required=True)
    taken = fields.Boolean(required=True)
    from_record_system = fields.Boolean(required=True)


class OwnSlotPage(Schema):
    """A page of slots, in order of time."""

    slots = fields.List(fields.Nested(OwnSlot), required=True)
    next = nullable("the cursor of the next page; null on the last")


class Withdrawn(Schema):
    """A slot that is none any longer."""

    id = fields.String(required=True)
