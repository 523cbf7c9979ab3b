"""What is asked about schedules and slots, and answered: to citizens about one slot, to staff about their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from sqlalchemy.engine import Row

from helsami_appointments.calendar.schemas import ON_A_LINE
from helsami_appointments.domain import Meeting, Span
from helsami_appointments.schemas import Action, Moment, Slot
from helsami_appointments.slots import opening
from helsami_appointments.slots.opening import DAYS, Skipped
from helsami_kernel.clock import written
from helsami_kernel.pages import LONGEST_PAGE, USUAL_PAGE

CLOCK: Final = r"([01]\d|2[0-3]):[0-5]\d\Z"
CLOSING: Final = r"(([01]\d|2[0-3]):[0-5]\d|24:00)\Z"
MOST_HOURS: Final = 20
LONGEST_KEY: Final = 270
TIME: Final = "a time in Oslo (2026-03-05T12:00), or one with its offset from UTC"
DAY: Final = "a day (2026-03-05)"


def line(longest: int, least: int = 0) -> fields.String:
    """One line of text, which may be left out where it may be empty."""
    expected = {"expected": f"one line of {least} to {longest} characters"}
    default: Any = {"required": True} if least else {"load_default": ""}
    return fields.String(validate=[validate.Length(least, longest), ON_A_LINE], metadata=expected, **default)


class ShownSlot(Slot):
    """A free time, all that can be done with it, and until when the citizen holds it, if they do."""

    held_until = fields.String(allow_none=True)
    actions = fields.List(fields.Nested(Action))


class OpenSchedule(Schema):
    """
    What slots are opened under.

    `unit` is one of the organisation's manifest, `visit_type` its own code, `clinician` its own key, by which two
    schedules of one clinician are known as such; citizens read `kind`, `place` and `clinician_name`.
    """

    unit = line(60)
    visit_type = line(60, 1)
    kind = line(200, 1)
    place = line(200)
    clinician = line(LONGEST_KEY)
    clinician_name = line(200)
    active = fields.Boolean(load_default=True)


class ChangeSchedule(OpenSchedule):
    """A schedule as it shall become; while it is not `active`, nothing of it is offered."""

    schedule = fields.String(required=True, metadata={"expected": "the id of a schedule"})


class Schedules(Schema):
    """Which schedules."""

    limit = fields.Integer(strict=True, load_default=USUAL_PAGE, validate=validate.Range(min=1, max=LONGEST_PAGE))
    cursor = fields.String(load_default="", allow_none=True, validate=validate.Length(max=36))


class OneTime(Schema):
    """From when to when a slot is, by the wall clock in Oslo where no offset is given."""

    starts = fields.String(required=True, validate=validate.Length(16, 40), metadata={"expected": TIME})
    ends = fields.String(required=True, validate=validate.Length(16, 40), metadata={"expected": TIME})


class Hours(Schema):
    """Clinic hours: on which days of a period, and from when to when there is a slot each so many minutes."""

    first = fields.Date(data_key="from", required=True, metadata={"expected": DAY})
    last = fields.Date(data_key="to", required=True, metadata={"expected": DAY})
    days = fields.List(
        fields.String(validate=validate.OneOf(DAYS), metadata={"expected": ", ".join(DAYS)}),
        required=True,
        validate=validate.Length(1, len(DAYS)),
    )
    opens = fields.String(required=True, validate=validate.Regexp(CLOCK), metadata={"expected": "a time such as 08:00"})
    closes = fields.String(
        required=True, validate=validate.Regexp(CLOSING), metadata={"expected": "a time such as 11:30, or 24:00"}
    )
    minutes = fields.Integer(
        required=True, strict=True, validate=validate.Range(5, 480), metadata={"expected": "5 to 480"}
    )
    closed = fields.List(
        fields.Date(metadata={"expected": DAY}), data_key="except", load_default=list, validate=validate.Length(max=366)
    )


class Publish(Schema):
    """Slots to open under one schedule: each by itself, as clinic hours, or both; all of them or none."""

    schedule = fields.String(required=True, metadata={"expected": "the id of a schedule"})
    slots = fields.List(
        fields.Nested(OneTime),
        load_default=list,
        validate=validate.Length(max=opening.MOST_AT_ONCE),
        metadata={"expected": f"at most {opening.MOST_AT_ONCE} slots"},
    )
    hours = fields.List(
        fields.Nested(Hours),
        load_default=list,
        validate=validate.Length(max=MOST_HOURS),
        metadata={"expected": f"at most {MOST_HOURS} clinic hours"},
    )

    @validates_schema(skip_on_field_errors=True)
    def anything(self, wish: dict[str, Any], **_: object) -> None:
        """Refuse to open nothing."""
        if not wish["slots"] and not wish["hours"]:
            raise ValidationError("slots or hours", "slots")


class OwnSlots(Schema):
    """Which of the organisation's slots; both ends are aware."""

    schedule = fields.String(load_default="", validate=validate.Length(max=36))
    since = Moment(data_key="from", load_default=None, allow_none=True)
    until = Moment(data_key="to", load_default=None, allow_none=True)
    limit = fields.Integer(strict=True, load_default=USUAL_PAGE, validate=validate.Range(min=1, max=LONGEST_PAGE))
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))


class ScheduleShown(Schema):
    """A schedule as staff see it; what a record system has sent is changed there."""

    id = fields.String()
    unit = fields.String()
    visit_type = fields.String()
    kind = fields.String()
    place = fields.String()
    clinician = fields.String()
    clinician_name = fields.String()
    active = fields.Boolean()
    from_record_system = fields.Boolean()


class SchedulesShown(Schema):
    """A page of schedules."""

    schedules = fields.List(fields.Nested(ScheduleShown))
    next = fields.String(allow_none=True)


class Time(Schema):
    """A slot that was opened."""

    id = fields.String()
    starts_at = fields.String()
    ends_at = fields.String()


class SkippedTime(Schema):
    """A time of clinic hours at which there is no slot, by the wall clock in Oslo, and why."""

    local = fields.String()
    reason = fields.String()


class Published(Schema):
    """What was opened, in order of time, and what was left out of clinic hours."""

    schedule = fields.String()
    slots = fields.List(fields.Nested(Time))
    skipped = fields.List(fields.Nested(SkippedTime))


class OwnSlot(Time):
    """A slot as staff see it: whether it is open to be booked and whether somebody has it, and not who."""

    schedule = fields.String()
    free = fields.Boolean()
    taken = fields.Boolean()
    from_record_system = fields.Boolean()


class OwnSlotsShown(Schema):
    """A page of slots, in order of time."""

    slots = fields.List(fields.Nested(OwnSlot))
    next = fields.String(allow_none=True)


class Withdrawn(Schema):
    """A slot that is none any longer."""

    id = fields.String()


def meeting_of(wish: Mapping[str, Any]) -> Meeting:
    """The meeting that a schedule describes."""
    return Meeting(*(wish[name] for name in ("visit_type", "kind", "unit", "place", "clinician", "clinician_name")))


def schedule_shown(row: Row[Any]) -> dict[str, Any]:
    """Give a row of schedules as staff read it."""
    names = ("id", "unit", "visit_type", "kind", "place", "clinician", "clinician_name", "active", "from_record_system")
    return {name: getattr(row, name) for name in names}


def own_slot_shown(row: Row[Any]) -> dict[str, Any]:
    """Give a row of slots as staff read it."""
    names = ("id", "schedule", "free", "taken", "from_record_system")
    return {**{name: getattr(row, name) for name in names}, **_times(Span(row.starts_at, row.ends_at))}


def published_shown(schedule: str, slots: Mapping[str, Span], skipped: list[Skipped]) -> dict[str, Any]:
    """Say what was opened."""
    return {
        "schedule": schedule,
        "slots": [{"id": slot_id, **_times(span)} for slot_id, span in slots.items()],
        "skipped": [{"local": one.at.isoformat(timespec="minutes"), "reason": one.why} for one in skipped],
    }


def _times(span: Span) -> dict[str, str]:
    return {"starts_at": written(span.starts_at), "ends_at": written(span.ends_at)}
