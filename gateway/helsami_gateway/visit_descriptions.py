"""What visits look like at the door: their routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import visit_schemas
from helsami_gateway.appointment_descriptions import APPOINTMENT, BY_RULE, CHECK_IN, OPEN_ARRIVAL, TASK
from helsami_gateway.described import OF_CITIZENS, OF_STAFF, TOO_LARGE, Route

CANCELLED: Final = "It is cancelled (`appointment-cancelled`)"
ARRIVED: Final = {**OPEN_ARRIVAL, "state": "done", "done_at": "2026-03-05T11:50:00Z"}
CHECKED_IN: Final = {**CHECK_IN, "state": "done", "done_at": "2026-03-01T18:00:00Z"}
VISIT: Final = {
    "id": APPOINTMENT["id"],
    "record_key": "urn:oya:timebok|4711",
    **{name: APPOINTMENT[name] for name in ("unit", "starts_at", "ends_at", "status")},
    "check_in": CHECKED_IN,
    "arrival": ARRIVED,
}
ROUTES: Final = (
    Route(
        "check_in",
        "post",
        "/api/v1/appointments/{appointment}/check-in",
        "Check in for a visit whose unit asks for it; again is the same. That forms are answered, the citizen says.",
        visit_schemas.CheckInShown,
        body=visit_schemas.CheckIn,
        problems=(
            *OF_CITIZENS,
            ("409", f"{CANCELLED}, check-in opens later (`check-in-not-open`), or it is over (`check-in-closed`)."),
            ("422", f"A form is left out (`forms-not-answered`), or there is no check-in. {BY_RULE}"),
            TOO_LARGE,
        ),
        once=True,
        example=CHECKED_IN,
        body_example={"contact_confirmed": True, "forms": CHECK_IN["forms"]},
    ),
    Route(
        "arrive",
        "post",
        "/api/v1/appointments/{appointment}/arrival",
        "Say that one is here, from an hour before the visit until it ends; again is the same.",
        visit_schemas.Arrival,
        problems=(
            *OF_CITIZENS,
            ("409", f"{CANCELLED}, it is too early (`arrival-not-open`) or too late (`arrival-closed`)."),
            ("422", f"The unit has no such button (`no-arrival-button`). {BY_RULE}"),
            TOO_LARGE,
        ),
        once=True,
        example=ARRIVED,
    ),
    Route(
        "mark_task",
        "post",
        "/api/v1/appointments/{appointment}/tasks/{task}",
        "Say that something to be done before a visit is done, or not after all.",
        visit_schemas.PreparatoryTask,
        body=visit_schemas.MarkTask,
        problems=(
            *OF_CITIZENS,
            ("409", f"{CANCELLED}, or has begun (`appointment-past`)."),
            ("422", BY_RULE),
            TOO_LARGE,
        ),
        once=True,
        example={**TASK, "done": True, "done_at": "2026-03-04T20:00:00Z"},
        body_example={"done": True},
    ),
    Route(
        "list_day",
        "get",
        "/staff/v1/appointments",
        "The appointments of the token's organisation on one day, the earliest first, and what was done about each.",
        visit_schemas.ExpectedVisits,
        visit_schemas.DayQuery,
        problems=OF_STAFF,
        login="system",
        example={"appointments": [VISIT], "next": None},
    ),
)
