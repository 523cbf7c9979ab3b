"""Reading a care plan: a CarePlan (FHIR R4, as the journal normalises it), down to when each thing is to be done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from helsami_appointments.calendar.domain import LONGEST_EVENT, OwnEvent
from helsami_appointments.calendar.recurrence import check_rule
from helsami_appointments.calendar.wall import ZONE, midnight, utc_of, wall_of
from helsami_kernel import fhir
from helsami_kernel.access_limits import AccessLimit
from helsami_kernel.errors import Malformed, Refused
from helsami_kernel.fhir import Json, element, objects, text
from helsami_kernel.journal import Entry, Unreadable, Unsupported

MOST_ACTIONS: Final = 50
"""How many things one plan may have in the calendar."""

USUALLY_LASTS: Final = timedelta(minutes=30)
AN_HOUR: Final = timedelta(hours=1)
A_DAY: Final = timedelta(days=1)
IN_FORCE: Final = frozenset({"active", "on-hold", "completed"})
ENDED: Final = frozenset({"revoked", "entered-in-error"})
NOT_DONE: Final = frozenset({"cancelled", "stopped", "entered-in-error"})
FREQUENCIES: Final = {"d": "DAILY", "wk": "WEEKLY", "mo": "MONTHLY", "a": "YEARLY"}
WEEKDAYS: Final = {name: name[:2].upper() for name in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
ORDER: Final = tuple(WEEKDAYS)
A_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
DETAIL: Final = "CarePlan.activity.detail"
TIMING: Final = f"{DETAIL}.scheduledTiming"
REPEAT: Final = f"{TIMING}.repeat"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a plan says is to be done, as an event; `place` is null where the plan says none."""

    plan: str
    status: str
    written_at: datetime
    event: OwnEvent
    access_limit: str = AccessLimit.NONE


def actions(entry: Entry) -> list[Action] | None:
    """
    Read what a care plan says is to be done at a time; None for one that no longer holds.

    Raises Unsupported for a draft, one without anything that is dated, and times that are none ("three times a week"),
    and Unreadable for what is wrong, or too much: more than MOST_ACTIONS, or one of more than 1000 occurrences.
    """
    resource = entry.resource
    if resource.get("status") in ENDED:
        return None
    if resource.get("status") not in IN_FORCE:
        raise Unsupported("status", "CarePlan.status")
    limit = fhir.access_limit(resource)
    written_at = fhir.required_moment(resource, "created", "period.start")
    plan = text(resource.get("title")) or next(filter(None, map(fhir.name, objects(resource.get("category")))), "")
    found = []
    for detail in _details(resource):
        for event in _events(detail, plan):
            found.append(Action(plan, text(detail.get("status")), written_at, event, limit))
            if len(found) > MOST_ACTIONS:
                raise Unreadable("too-many-actions", "CarePlan.activity")
    if not found:
        raise Unsupported("undated", "CarePlan.activity")
    return found


def _details(resource: Json) -> Iterator[Json]:
    for activity in objects(resource.get("activity")):
        detail = activity.get("detail")
        if isinstance(detail, dict) and detail.get("status") not in NOT_DONE:
            yield detail


def _events(detail: Json, plan: str) -> Iterator[OwnEvent]:
    """What one activity puts into a calendar; nothing where it has no time, or one in words alone."""
    timing = detail.get("scheduledTiming")
    if isinstance(timing, dict):
        for moment in timing.get("event") or []:
            yield _event(detail, plan, *_once(text(moment), None, TIMING))
        if isinstance(timing.get("repeat"), dict):
            yield from _repeated(detail, plan, timing["repeat"])
    elif isinstance(period := detail.get("scheduledPeriod"), dict):
        ends = text(period.get("end")) or None
        yield _event(detail, plan, *_once(text(period.get("start")), ends, f"{DETAIL}.scheduledPeriod"))


def _once(starts: str, ends: str | None, path: str) -> tuple[bool, datetime, datetime]:
    """Whether it lasts days, and from when to when; a last day is included."""
    first = _read(starts, path)
    last = None if ends is None else _read(ends, path)
    if not isinstance(first, datetime):
        day = last if last is not None and not isinstance(last, datetime) else None
        until = wall_of(last).date() if isinstance(last, datetime) else day or first
        return True, midnight(first), midnight(until + A_DAY)
    if last is None:
        return False, first, first + USUALLY_LASTS
    return False, first, last if isinstance(last, datetime) else midnight(last + A_DAY)


def _repeated(detail: Json, plan: str, repeat: Json) -> Iterator[OwnEvent]:
    """
    An activity that recurs by days, weeks, months or years, at times of the day or on whole days.

    How often within such a period is told by weekdays and times of the day; a bare number of times tells no time.
    """
    frequency = FREQUENCIES.get(text(repeat.get("periodUnit")))
    times = [text(one) for one in repeat.get("timeOfDay") or []]
    days = [text(one) for one in repeat.get("dayOfWeek") or []]
    often = repeat.get("frequency", 1)
    if frequency is None or {"when", "frequencyMax", "periodMax"} & repeat.keys() or (days and frequency != "WEEKLY"):
        raise Unsupported("timing", REPEAT)
    if often != 1 and often not in {len(times) or 1, len(days) * max(len(times), 1)}:
        raise Unsupported("timing", f"{REPEAT}.frequency")
    if not set(days) <= WEEKDAYS.keys():
        raise Unreadable("timing", f"{REPEAT}.dayOfWeek")
    rule = _rule(frequency, repeat, [WEEKDAYS[day] for day in sorted(days, key=ORDER.index)])
    first = _first(repeat, days)
    for at in times or [""]:
        if at:
            starts_at = utc_of(datetime.combine(first, _clock(at)))
            yield _event(detail, plan, False, starts_at, starts_at + _lasts(repeat), rule)  # noqa: FBT003  not days
        else:
            yield _event(detail, plan, True, midnight(first), midnight(first + A_DAY), rule)  # noqa: FBT003  whole days


def _first(repeat: Json, days: list[str]) -> date:
    """The first day on which it applies."""
    bounds = text(element(repeat, "boundsPeriod.start"))
    if not bounds:
        raise Unreadable("undated", f"{REPEAT}.boundsPeriod.start")
    read = _read(bounds, f"{REPEAT}.boundsPeriod.start")
    first = wall_of(read).date() if isinstance(read, datetime) else read
    ahead = min(((ORDER.index(day) - first.weekday()) % len(ORDER) for day in days), default=0)
    return first + timedelta(days=ahead)


def _rule(frequency: str, repeat: Json, days: list[str]) -> str:
    """The same as a rule of RFC 5545; one without an end has the calendar's own bound."""
    parts = [f"FREQ={frequency}", f"INTERVAL={_whole(repeat.get('period', 1), 'period')}"]
    if days:
        parts.append(f"BYDAY={','.join(days)}")
    if "count" in repeat:
        parts.append(f"COUNT={_whole(repeat['count'], 'count')}")
    elif ends := text(element(repeat, "boundsPeriod.end")):
        read = _read(ends, f"{REPEAT}.boundsPeriod.end")
        last = wall_of(read).date() if isinstance(read, datetime) else read
        parts.append(f"UNTIL={last:%Y%m%d}")
    return ";".join(parts)


def _whole(number: object, name: str) -> int:
    """A number of FHIR's, which the journal has left as text where it may have decimals."""
    try:
        return int(str(number))
    except ValueError:
        raise Unreadable("timing", f"{REPEAT}.{name}") from None


def _lasts(repeat: Json) -> timedelta:
    unit = {"min": timedelta(minutes=1), "h": AN_HOUR, "d": A_DAY}.get(text(repeat.get("durationUnit")))
    return USUALLY_LASTS if unit is None or "duration" not in repeat else _whole(repeat["duration"], "duration") * unit


def _clock(at: str) -> time:
    try:
        return time.fromisoformat(at).replace(second=0, microsecond=0)
    except ValueError:
        raise Unreadable("timing", f"{REPEAT}.timeOfDay") from None


def _event(detail: Json, plan: str, all_day: bool, starts_at: datetime, ends_at: datetime, rule: str = "") -> OwnEvent:  # noqa: FBT001  as it is kept
    title = text(detail.get("description")) or fhir.name(detail.get("code")) or plan
    if not title:
        raise Unreadable("nameless", DETAIL)
    if not timedelta(0) < ends_at - starts_at <= LONGEST_EVENT:
        raise Unreadable("too-long", DETAIL)
    try:
        last = check_rule(rule, starts_at) + (ends_at - starts_at) + AN_HOUR if rule else ends_at
    except (Refused, Malformed) as unfit:
        raise Unreadable(unfit.code if isinstance(unfit, Refused) else "timing", REPEAT) from None
    return OwnEvent(
        id="",
        title=title,
        place=fhir.display(detail.get("location")),
        notes="",
        all_day=all_day,
        starts_at=starts_at,
        ends_at=ends_at,
        zone=ZONE,
        rule=rule,
        last_at=last,
    )


def _read(value: str, path: str) -> date | datetime:
    """A day, or a moment in UTC. Raises Unreadable for anything less precise."""
    try:
        if A_DATE.fullmatch(value):
            return date.fromisoformat(value)
        read = datetime.fromisoformat(value) if "T" in value else None
        if read is not None and read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Unreadable("no-time", path)
