"""What the health calendar looks like at the door: its routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import calendar_schemas
from helsami_gateway.appointment_descriptions import APPOINTMENT
from helsami_gateway.described import OF_CITIZENS, REUSED, TOO_LARGE, Route

BEYOND: Final = (
    "The clocks skip this hour (`no-such-local-time`); the rule's first time is not the start (`rule-does-not-fit`), or"
    " it has too many (`too-many-occurrences`); or there are as many events as there may be (`too-many-events`)."
)
UNFIT: Final = ("422", BEYOND)
TOO_FULL: Final = ("422", "More than 1000 entries are in this window (`calendar-too-full`): ask for a shorter one.")
WRITTEN: Final = {
    "title": "Svømming",
    "place": "Pirbadet",
    "notes": "",
    "starts": "2026-03-05T18:00",
    "ends": "2026-03-05T19:00",
    "rule": "FREQ=WEEKLY;BYDAY=TH;COUNT=10",
    "remind": 60,
}
SHOWN: Final = {
    "id": "7a4c3a54-0a52-4c0f-8a7e-0c55c6b1a0de",
    **{name: WRITTEN[name] for name in ("title", "place", "notes")},
    "all_day": False,
    "starts": "2026-03-05T18:00+01:00",
    "ends": "2026-03-05T19:00+01:00",
    "starts_at": "2026-03-05T17:00:00Z",
    "ends_at": "2026-03-05T18:00:00Z",
}
EVENT: Final = {
    **SHOWN,
    "zone": "Europe/Oslo",
    "rule": WRITTEN["rule"],
    "last_at": "2026-05-07T18:00:00Z",
    "remind": WRITTEN["remind"],
}
PLANNED: Final = {
    "type": "plan",
    "id": "3e0b8a94-6d52-5c77-9f41-2b6f0c9d8e17",
    "organisation": "trondheim",
    "title": "Gå en tur",
    "place": None,
    "plan": "Etter hofteoperasjon",
    "status": "scheduled",
    "all_day": True,
    "starts": "2026-03-06",
    "ends": "2026-03-06",
    "starts_at": "2026-03-05T23:00:00Z",
    "ends_at": "2026-03-06T23:00:00Z",
    "recurring": True,
}
CALENDAR: Final = {
    "items": [{"type": "appointment", **APPOINTMENT}, {"type": "event", **SHOWN, "recurring": True}, PLANNED],
    "as_of": "2026-03-02T08:00:00Z",
    "status": "ok",
    "absences": [],
}
LINK: Final = {"details": False, "language": "nb", "made_at": "2026-03-02T08:00:00Z"}
NO_DETAILS: Final = ("422", "Nobody at a protected address shares details (`protected-address`).")
ROUTES: Final = (
    Route(
        "show_calendar",
        "get",
        "/api/v1/calendar",
        "Appointments, own events and what care plans say is to be done, in a window of at most a year.",
        calendar_schemas.Calendar,
        calendar_schemas.CalendarQuery,
        problems=(*OF_CITIZENS, TOO_FULL),
        example=CALENDAR,
    ),
    Route(
        "list_events",
        "get",
        "/api/v1/calendar/events",
        "One's own events, by their first start.",
        calendar_schemas.OwnEvents,
        on_behalf=False,
        example={"events": [EVENT]},
    ),
    Route(
        "add_event",
        "post",
        "/api/v1/calendar/events",
        "Write an event into one's own calendar.",
        calendar_schemas.OwnEvent,
        body=calendar_schemas.Event,
        status="201",
        problems=(*OF_CITIZENS, REUSED, UNFIT, TOO_LARGE),
        on_behalf=False,
        once=True,
        example=EVENT,
        body_example=WRITTEN,
    ),
    Route(
        "change_event",
        "put",
        "/api/v1/calendar/events/{event}",
        "Write an event anew, with all its occurrences.",
        calendar_schemas.OwnEvent,
        body=calendar_schemas.Event,
        problems=(*OF_CITIZENS, REUSED, UNFIT, TOO_LARGE),
        on_behalf=False,
        once=True,
        example=EVENT,
        body_example=WRITTEN,
    ),
    Route(
        "remove_event",
        "delete",
        "/api/v1/calendar/events/{event}",
        "Remove an event, with all its occurrences.",
        calendar_schemas.Removed,
        problems=(*OF_CITIZENS, REUSED),
        on_behalf=False,
        once=True,
        example={"event": EVENT["id"]},
    ),
    Route(
        "show_link",
        "get",
        "/api/v1/calendar/link",
        "Whether there is a private link to one's calendar, and what it tells.",
        calendar_schemas.LinkFound,
        on_behalf=False,
        example={"link": LINK},
    ),
    Route(
        "open_link",
        "post",
        "/api/v1/calendar/link",
        "Make a new private link, which ends the one before. It takes no idempotency key: its path is kept by nobody.",
        calendar_schemas.NewLink,
        body=calendar_schemas.OpenLink,
        status="201",
        problems=(*OF_CITIZENS, NO_DETAILS, TOO_LARGE),
        on_behalf=False,
        example={"path": f"/calendar/{'x' * 43}.ics", **LINK},
        body_example={"details": False, "language": "nb"},
    ),
    Route(
        "close_link",
        "delete",
        "/api/v1/calendar/link",
        "End one's private link, from the next request on.",
        calendar_schemas.LinkFound,
        on_behalf=False,
        example={"link": None},
    ),
    Route(
        "follow_link",
        "get",
        "/calendar/{secret}.ics",
        "One's calendar as iCalendar (RFC 5545), for whoever has the link: no login, no cookie.",
        {"type": "string"},
        problems=(
            ("404", "There is no such link, or it was ended: the two look the same (`not-found`)."),
            ("500", "Something broke here; `correlation` finds what."),
            ("503", "A service is away; try again after `Retry-After` seconds."),
        ),
        login=None,
        media="text/calendar; charset=utf-8",
    ),
)
