"""A calendar in the form that other calendars read: iCalendar (RFC 5545), with as little in it as its citizen wants."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import icalendar
import orjson
from sqlalchemy.engine import Row

from helsami_appointments.calendar.domain import Link, OwnEvent
from helsami_appointments.calendar.recurrence import recurrence_of
from helsami_appointments.calendar.wall import ZONE, wall_of
from helsami_appointments.video.domain import VIRTUAL
from helsami_kernel.clock import OSLO

NOT_TAKING_PLACE: Final = frozenset({"cancelled", "noshow"})
CONTROLS: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
WORDS: Final = {
    "nb": ("Helsekalender", "Helsetime", "Egen hendelse i helsekalenderen", "Gjøremål i helsekalenderen"),
    "nn": ("Helsekalender", "Helsetime", "Eiga hending i helsekalenderen", "Gjeremål i helsekalenderen"),
    "en": ("Health calendar", "Health appointment", "Own event in the health calendar", "To do in the health calendar"),
}
"""By language: the calendar's name; what an appointment, an own event and a plan's are called without details."""

BY_VIDEO: Final = {"nb": "Videokonsultasjon", "nn": "Videokonsultasjon", "en": "Video consultation"}


def written_feed(
    link: Link,
    appointments: Sequence[Row[Any]],
    events: Sequence[OwnEvent],
    planned: Sequence[OwnEvent],
    now: datetime,
    *,
    details: bool,
) -> bytes:
    """A calendar of appointments, own events and what is planned, as VEVENTs with times by the wall clock in Oslo."""
    name, appointment_word, event_word, planned_word = WORDS[link.language]
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//HelsaMi//Health calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add_component(zone())
    for row in appointments:
        body = orjson.loads(row.body)
        if body["status"] in NOT_TAKING_PLACE:
            continue
        entry = _entry(link, row.id, now, row.occurred_at.astimezone(OSLO), row.ends_at.astimezone(OSLO))
        entry.add("summary", _clean(body["kind"]) if details and body["kind"] else appointment_word)
        if details:
            place = BY_VIDEO[link.language] if row.setting == VIRTUAL else body["place"]
            _add_texts(entry, location=place, description=body["clinician"])
        calendar.add_component(entry)
    for event in events:
        calendar.add_component(_own_entry(link, event, now, event_word, details=details))
    for event in planned:
        calendar.add_component(_own_entry(link, event, now, planned_word, details=details))
    return bytes(calendar.to_ical())


@cache
def zone() -> icalendar.Timezone:
    """Europe/Oslo with its summer times, for calendars that do not know it."""
    return icalendar.Timezone.from_tzid(ZONE)


def _own_entry(link: Link, event: OwnEvent, now: datetime, word: str, *, details: bool) -> icalendar.Event:
    starts, ends = event.starts_at.astimezone(OSLO), event.ends_at.astimezone(OSLO)
    if event.all_day:
        entry = _entry(link, event.id, now, wall_of(starts).date(), wall_of(ends).date())
    else:
        entry = _entry(link, event.id, now, starts, ends)
    if event.rule:
        entry.add("rrule", recurrence_of(event))
    entry.add("summary", _clean(event.title) if details else word)
    if details:
        _add_texts(entry, location=event.place, description=event.notes)
    return entry


def _entry(link: Link, thing: str, now: datetime, starts: Any, ends: Any) -> icalendar.Event:
    """An entry with times; `uid` stays the same as long as the link does, and is that of nothing else."""
    entry = icalendar.Event()
    entry.add("uid", f"{uuid.uuid5(uuid.UUID(link.hash[:32]), thing)}@helsami")
    entry.add("dtstamp", now.replace(microsecond=0))
    entry.add("dtstart", starts)
    entry.add("dtend", ends)
    entry.add("class", "PRIVATE")
    return entry


def _add_texts(entry: icalendar.Event, **texts: str | None) -> None:
    for name, text in texts.items():
        if text:
            entry.add(name, _clean(text))


def _clean(text: str) -> str:
    return CONTROLS.sub(" ", text)
