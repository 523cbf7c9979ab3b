"""What the calendar is asked and what it answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from marshmallow import Schema, fields, validate

from helsami_appointments.calendar.domain import EARLIEST_REMINDER, LONGEST_EVENT, Link, Occurrence, OwnEvent
from helsami_appointments.calendar.recurrence import check_rule
from helsami_appointments.calendar.wall import ZONE, exists, midnight, utc_of, wall_of
from helsami_kernel.clock import OSLO, written
from helsami_kernel.errors import FieldProblem, Malformed, Refused

ON_A_LINE: Final = validate.Regexp(r"[^\x00-\x1f\x7f]*\Z", error="one line of text")
ON_LINES: Final = validate.Regexp(r"[^\x00-\x08\x0b-\x1f\x7f]*\Z", error="text")
YEARS: Final = range(2000, 2100)
MOST_MINUTES: Final = EARLIEST_REMINDER // timedelta(minutes=1)
FORM: Final = "a day (2026-03-05), or a time in Oslo (2026-03-05T12:00), both of the same form"


class Event(Schema):
    """
    An event as a citizen writes it.

    `starts` and `ends` are days, both included, or times by the wall clock in Oslo; one with an offset from UTC is
    taken as the moment that it is.
    """

    title = fields.String(required=True, validate=[validate.Length(1, 200), ON_A_LINE])
    place = fields.String(load_default="", validate=[validate.Length(max=200), ON_A_LINE])
    notes = fields.String(load_default="", validate=[validate.Length(max=2000), ON_LINES])
    starts = fields.String(required=True, validate=validate.Length(10, 40))
    ends = fields.String(required=True, validate=validate.Length(10, 40))
    rule = fields.String(load_default="", validate=validate.Length(max=200))
    remind = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(0, MOST_MINUTES),
        metadata={"expected": f"minutes before the start, from 0 to {MOST_MINUTES}, or null"},
    )


class ChangedEvent(Event):
    """An event as it shall become."""

    event = fields.String(required=True)


class WhichEvent(Schema):
    """An event to remove."""

    event = fields.String(required=True)


class Nothing(Schema):
    """A question that says all by its name."""


class Window(Schema):
    """Which part of the calendar; both ends are aware."""

    since = fields.AwareDateTime(data_key="from", load_default=None, allow_none=True)
    until = fields.AwareDateTime(data_key="to", load_default=None, allow_none=True)


class EventShown(Schema):
    """An event, as its citizen sees it."""

    id = fields.String()
    title = fields.String()
    place = fields.String()
    notes = fields.String()
    all_day = fields.Boolean()
    starts = fields.String()
    ends = fields.String()
    starts_at = fields.String()
    ends_at = fields.String()
    zone = fields.String()
    rule = fields.String()
    last_at = fields.String()
    remind = fields.Integer(allow_none=True)


class EventReminderDue(Schema):
    """The event `event_reminder_due`."""

    event = fields.String()


class EventsShown(Schema):
    """All of a citizen's own events, by their first start."""

    events = fields.List(fields.Nested(EventShown))


class WhichLink(Schema):
    """A link, by the SHA-256 of its secret: the secret itself stays at the door."""

    link = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))


class OpenLink(WhichLink):
    """A link to make: whether it tells more than times, and in which language it speaks."""

    details = fields.Boolean(load_default=False)
    language = fields.String(load_default="nb", validate=validate.OneOf(("nb", "nn", "en")))


class LinkShown(Schema):
    """What there is to say of a link; its secret is not known here."""

    details = fields.Boolean()
    language = fields.String()
    made_at = fields.String()


class LinkFound(Schema):
    """A citizen's link, or null."""

    link = fields.Nested(LinkShown, allow_none=True)


class Whose(Schema):
    """Whose calendar a link shows."""

    citizen = fields.String()


def event_of(event_id: str, wish: dict[str, Any]) -> OwnEvent:
    """
    The event that a citizen describes.

    Raises Malformed; Refused `no-such-local-time` for one that the clocks skip, and as `check_rule` does.
    """
    starts, ends = _read("starts", wish["starts"]), _read("ends", wish["ends"])
    all_day = not isinstance(starts, datetime)
    if all_day == isinstance(ends, datetime):
        raise Malformed("malformed", FieldProblem("ends", FORM))
    starts_at = starts if isinstance(starts, datetime) else midnight(starts)
    ends_at = ends if isinstance(ends, datetime) else midnight(ends + timedelta(days=1))
    if not timedelta(0) < ends_at - starts_at <= LONGEST_EVENT:
        raise Malformed("malformed", FieldProblem("ends", "after the start, by at most a year"))
    last = check_rule(wish["rule"], starts_at) if wish["rule"] else starts_at
    return OwnEvent(
        id=event_id,
        title=wish["title"],
        place=wish["place"],
        notes=wish["notes"],
        all_day=all_day,
        starts_at=starts_at,
        ends_at=ends_at,
        zone=ZONE,
        rule=wish["rule"],
        # An hour more: days are of different lengths, and the last may end after a night with one hour more.
        last_at=last + (ends_at - starts_at) + timedelta(hours=1) if wish["rule"] else ends_at,
        remind=wish["remind"],
    )


def _read(field: str, text: str) -> date | datetime:
    """A day, or a moment in UTC."""
    try:
        kind = date if len(text) == len("2026-03-05") else datetime
        read: date | datetime = kind.fromisoformat(text)
        if read.year not in YEARS:
            raise Malformed("malformed", FieldProblem(field, f"a year from {YEARS.start} to {YEARS.stop - 1}"))
        if not isinstance(read, datetime):
            return read
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except ValueError:
        raise Malformed("malformed", FieldProblem(field, FORM)) from None
    if not exists(read):
        raise Refused("no-such-local-time", FieldProblem(field, "a time that the clocks in Oslo show"))
    return utc_of(read)


def shown(event: OwnEvent) -> dict[str, Any]:
    """Give an event as its citizen reads it."""
    return {
        "id": event.id,
        **_words(event),
        **_times(event, event.starts_at, event.ends_at),
        "zone": event.zone,
        "rule": event.rule,
        "last_at": written(event.last_at),
        "remind": event.remind,
    }


def occurrence_shown(occurrence: Occurrence) -> dict[str, Any]:
    """Give one time that an event takes place as its citizen reads it in a list."""
    event = occurrence.event
    return {"type": "event", "id": event.id, **_words(event), **times(occurrence), "recurring": bool(event.rule)}


def times(occurrence: Occurrence) -> dict[str, Any]:
    """Give when something takes place, by the clock in Oslo and in UTC."""
    event = occurrence.event
    return {"all_day": event.all_day, **_times(event, occurrence.starts_at, occurrence.ends_at)}


def link_shown(link: Link) -> dict[str, Any]:
    """Give a link as its citizen reads it."""
    return {"details": link.details, "language": link.language, "made_at": written(link.made_at)}


def _words(event: OwnEvent) -> dict[str, Any]:
    return {"title": event.title, "place": event.place, "notes": event.notes, "all_day": event.all_day}


def _times(event: OwnEvent, starts_at: datetime, ends_at: datetime) -> dict[str, str]:
    if event.all_day:
        first, last = wall_of(starts_at).date(), wall_of(ends_at).date() - timedelta(days=1)
        local = {"starts": first.isoformat(), "ends": last.isoformat()}
    else:
        local = {"starts": _local(starts_at), "ends": _local(ends_at)}
    return {**local, "starts_at": written(starts_at), "ends_at": written(ends_at)}


def _local(moment: datetime) -> str:
    """A moment as the clock in Oslo shows it, with its offset, so that it reads back as the same."""
    return moment.astimezone(OSLO).isoformat(timespec="minutes")
