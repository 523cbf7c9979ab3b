"""What front ends send to the health calendar, and what they get of it."""

from __future__ import annotations

from typing import Final

from marshmallow import Schema, fields, validate

from helsami_gateway.answers import Absence, moment, one_of
from helsami_gateway.schemas import SHORT, Command, Query

LINE: Final = validate.Length(max=200)


class CalendarQuery(Query):
    """Which part of the calendar; the owner checks what it means."""

    since = fields.String(data_key="from", attribute="from", validate=SHORT)
    until = fields.String(data_key="to", attribute="to", validate=SHORT)


class Event(Command):
    """An event as a citizen writes it: `starts` and `ends` are both days, or both times by the clock in Oslo."""

    title = fields.String(required=True, validate=SHORT)
    place = fields.String(validate=LINE)
    notes = fields.String(validate=validate.Length(max=2000))
    starts = fields.String(required=True, validate=SHORT)
    ends = fields.String(required=True, validate=SHORT)
    rule = fields.String(
        validate=LINE, metadata={"description": "an RFC 5545 RRULE, such as FREQ=WEEKLY;BYDAY=MO;COUNT=10"}
    )
    remind = fields.Integer(
        allow_none=True,
        strict=True,
        metadata={"description": "minutes before each start to be reminded, at most a week (10080); null for never"},
    )


class OpenLink(Command):
    """What a private link shall tell; without `details`, times and one general word alone."""

    details = fields.Boolean(load_default=False)
    language = fields.String(load_default="nb", validate=validate.OneOf(("nb", "nn", "en")))


class Link(Schema):
    """What there is to say of a private link."""

    details = fields.Boolean(required=True)
    language = one_of("nb", "nn", "en")
    made_at = moment()


class NewLink(Link):
    """A private link that was made; `path` is shown this once, and is not known to us afterwards."""

    path = fields.String(required=True)


class LinkFound(Schema):
    """One's private link, or null."""

    link = fields.Nested(Link, required=True, allow_none=True)


class OwnEvent(Schema):
    """An event; its times are those of its first occurrence, and after `last_at` there is none."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    place = fields.String(required=True)
    notes = fields.String(required=True)
    all_day = fields.Boolean(required=True)
    starts = fields.String(required=True, metadata={"description": "a day, or a time in Oslo with its offset"})
    ends = fields.String(required=True, metadata={"description": "the last day, or a time in Oslo with its offset"})
    starts_at = moment()
    ends_at = moment()
    zone = fields.String(required=True)
    rule = fields.String(required=True, metadata={"description": "empty for what does not recur"})
    last_at = moment()
    remind = fields.Integer(
        required=True, allow_none=True, metadata={"description": "minutes before each start; null for never"}
    )


class OwnEvents(Schema):
    """All of a citizen's own events."""

    events = fields.List(fields.Nested(OwnEvent), required=True)


class Removed(Schema):
    """The event that was removed."""

    event = fields.String(required=True)


class CalendarItem(Schema):
    """An appointment, one time of an own event, or one time of what a care plan says: each has fields of its own."""

    type = one_of("appointment", "event", "plan")
    id = fields.String(required=True)
    starts_at = moment()
    ends_at = moment()
    organisation = fields.String()
    at = fields.AwareDateTime()
    kind = fields.String(allow_none=True)
    unit = fields.String(allow_none=True, metadata={"description": "null for one at a protected address"})
    place = fields.String(allow_none=True, metadata={"description": "null for one at a protected address"})
    clinician = fields.String(allow_none=True)
    setting = fields.String(allow_none=True)
    window = fields.Boolean()
    status = fields.String()
    cancelled_because = fields.String(allow_none=True)
    instructions = fields.String(allow_none=True)
    title = fields.String()
    plan = fields.String(allow_none=True, metadata={"description": "of `plan`: the title of the care plan"})
    notes = fields.String()
    all_day = fields.Boolean()
    starts = fields.String()
    ends = fields.String()
    recurring = fields.Boolean()


class Calendar(Schema):
    """Everything in a window, in order of time."""

    items = fields.List(fields.Nested(CalendarItem), required=True)
    as_of = moment()
    status = one_of("ok")
    absences = fields.List(fields.Nested(Absence), required=True)
