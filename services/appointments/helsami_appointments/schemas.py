"""What appointments is asked, what it answers, and what it tells."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from helsami_appointments import actions, domain
from helsami_appointments.slots.search import clinician_id
from helsami_kernel.access import AccessToken
from helsami_kernel.clock import written
from helsami_kernel.pages import LONGEST_PAGE, USUAL_PAGE, PageQuery

PLACE: Final = ("unit", "place")
"""What of an appointment says where its citizen is to be found."""

UPCOMING: Final = "upcoming"
PAST: Final = "past"


class Moment(fields.AwareDateTime):
    """A time with its offset, as it is in UTC; there is none at either end of the calendar that UTC has no day for."""

    def _deserialize(self, *told: Any, **more: Any) -> datetime:
        try:
            return super()._deserialize(*told, **more).astimezone(UTC)
        except OverflowError:
            raise self.make_error("invalid", input=None, obj_type=self.OBJ_TYPE) from None


class BookSlot(Schema):
    """A slot to take."""

    slot = fields.UUID(required=True, metadata={"expected": "the id of a slot"})


class Book(BookSlot):
    """A slot to take, and whether to wait for an earlier one from now on."""

    waitlist = fields.Boolean(load_default=False)


class OneAppointment(Schema):
    """An appointment to look at, or to give up; whatever is named and is not there, is not found."""

    appointment = fields.String(required=True, metadata={"expected": "the id of an appointment"})


class MoveAppointment(OneAppointment, BookSlot):
    """An appointment to move, and the slot to take for it."""


class Hold(Schema):
    """Until when a slot is kept for whoever asked."""

    slot = fields.String()
    held_until = fields.String()


class OneSlot(Schema):
    """A slot; whatever is named and is not there, is not found."""

    slot = fields.String(required=True, metadata={"expected": "the id of a slot"})


class Released(Schema):
    """A slot that the citizen holds no longer."""

    slot = fields.String()


class Search(Schema):
    """Which free times are looked for; both ends are aware, and the past is never searched."""

    since = Moment(data_key="from", load_default=None, allow_none=True)
    until = Moment(data_key="to", load_default=None, allow_none=True)
    organisation = fields.String(load_default="", validate=validate.Length(max=60))
    unit = fields.String(load_default="", validate=validate.Length(max=60))
    visit_type = fields.String(load_default="", validate=validate.Length(max=60))
    clinician = fields.UUID(load_default=None, metadata={"expected": "the `clinician_id` of a free time"})
    limit = fields.Integer(strict=True, load_default=USUAL_PAGE, validate=validate.Range(min=1, max=LONGEST_PAGE))
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))

    @validates_schema(skip_on_field_errors=True)
    def order(self, search: dict[str, Any], **_: object) -> None:
        """Refuse a search that ends before it begins."""
        if search["since"] and search["until"] and search["until"] <= search["since"]:
            raise ValidationError("to is not after from", "to")


class PageQuestion(PageQuery):
    """A page of the citizen's appointments: what is to come (soonest first), or what has been (newest first)."""

    when = fields.String(load_default=UPCOMING, validate=validate.OneOf([UPCOMING, PAST]))


class Slot(Schema):
    """A free time, as a citizen sees it."""

    id = fields.String()
    organisation = fields.String()
    visit_type = fields.String(allow_none=True)
    kind = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    place = fields.String(allow_none=True)
    clinician = fields.String(allow_none=True)
    clinician_id = fields.String(allow_none=True)
    starts_at = fields.String()
    ends_at = fields.String()


class Slots(Schema):
    """A page of free times, soonest first."""

    slots = fields.List(fields.Nested(Slot))
    next = fields.String(allow_none=True)


class Appointment(Schema):
    """An appointment, as its citizen sees it."""

    id = fields.String()
    organisation = fields.String()
    at = fields.String()
    kind = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    place = fields.String(allow_none=True)
    clinician = fields.String(allow_none=True)
    setting = fields.String(allow_none=True)
    starts_at = fields.String()
    ends_at = fields.String()
    window = fields.Boolean()
    status = fields.String()
    cancelled_because = fields.String(allow_none=True)
    instructions = fields.String(allow_none=True)


class Way(Schema):
    """One way to do something: direct, request or phone; `opens` and `closes` are on working days, Europe/Oslo."""

    way = fields.String()
    reason = fields.String()
    deadline = fields.String(allow_none=True)
    phone = fields.String()
    opens = fields.String()
    closes = fields.String()
    flag = fields.String(allow_none=True)


class Action(Schema):
    """What may be done, and how: at least one way, the easiest first."""

    action = fields.String()
    ways = fields.List(fields.Nested(Way))


class SlotBooked(Schema):
    """The event `slot_booked`."""

    appointment = fields.String(required=True)


class AppointmentTold(SlotBooked):
    """Events about an appointment that says, as its record system does, from whom it is hidden."""

    access_limit = fields.String(required=True)


class AppointmentChanged(AppointmentTold):
    """The event `appointment_changed`."""


class AppointmentCancelled(AppointmentTold):
    """The event `appointment_cancelled`."""


def placed(shown: Mapping[str, Any], access: AccessToken) -> dict[str, Any]:
    """Give what a citizen reads, without what tells where somebody at a protected address is to be found (K24)."""
    return {**shown, **dict.fromkeys(PLACE)} if access.protected else dict(shown)


def slot_shown(slot: domain.Slot) -> dict[str, Any]:
    """Give a free time as a citizen reads it."""
    whose = {"id": slot.id, "organisation": slot.organisation, "visit_type": slot.meeting.visit_type or None}
    with_whom = {"clinician_id": clinician_id(slot.organisation, slot.meeting.clinician) or None}
    return {**whose, **_meeting_shown(slot.meeting), **with_whom, **_span_shown(slot.span)}


def actions_shown(resolved: Mapping[str, Iterable[actions.Way]]) -> list[dict[str, Any]]:
    """Give what can be done as a citizen reads it."""
    return [{"action": action, "ways": [_way_shown(way) for way in ways]} for action, ways in resolved.items()]


def _way_shown(way: actions.Way) -> dict[str, str | None]:
    return {
        "way": way.way.value,
        "reason": way.reason,
        "deadline": None if way.deadline is None else written(way.deadline),
        "phone": way.desk.phone,
        "opens": way.desk.opens.isoformat("minutes"),
        "closes": way.desk.closes.isoformat("minutes"),
        "flag": way.flag or None,
    }


def body(appointment: domain.Appointment) -> dict[str, Any]:
    """Give an appointment as its citizen reads it."""
    return {
        **_meeting_shown(appointment.meeting),
        "setting": appointment.setting or None,
        **_span_shown(appointment.span),
        "window": appointment.window,
        "status": appointment.status,
        "cancelled_because": appointment.cancelled_because or None,
        "instructions": appointment.instructions or None,
    }


def _meeting_shown(meeting: domain.Meeting) -> dict[str, str | None]:
    return {
        "kind": meeting.kind or None,
        "unit": meeting.unit or None,
        "place": meeting.place or None,
        "clinician": meeting.clinician_name or None,
    }


def _span_shown(span: domain.Span) -> dict[str, str]:
    return {"starts_at": written(span.starts_at), "ends_at": written(span.ends_at)}
