"""What schedules and slots look like at the door: their routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import schemas, slot_schemas
from helsami_gateway.appointment_descriptions import BY_PHONE, DESK, SLOT
from helsami_gateway.described import OF_STAFF, TOO_LARGE, Route

SCHEDULE: Final = {
    "unit": SLOT["unit"],
    "visit_type": SLOT["visit_type"],
    "kind": SLOT["kind"],
    "place": SLOT["place"],
    "clinician": "lege-1",
    "clinician_name": SLOT["clinician"],
    "active": True,
}
OPENED: Final = {
    "id": "3b9f0c52-7a6d-5d0e-8f51-94f0c1a7be42",
    **SCHEDULE,
    "from_record_system": False,
}
MORNINGS: Final = {
    "from": "2026-03-23",
    "to": "2026-06-19",
    "days": ["mon", "wed"],
    "opens": "08:00",
    "closes": "11:30",
    "minutes": 20,
    "except": ["2026-04-01", "2026-04-06"],
}
TIME: Final = {name: SLOT[name] for name in ("id", "starts_at", "ends_at")}
PUBLISH: Final = {
    "schedule": OPENED["id"],
    "slots": [{"starts": "2026-03-05T13:00", "ends": "2026-03-05T13:20"}],
    "hours": [MORNINGS],
}
PUBLISHED: Final = {
    "schedule": OPENED["id"],
    "slots": [TIME],
    "skipped": [{"local": "2026-03-29T02:20", "reason": "no-such-local-time"}],
}
OWN_SLOT: Final = {**TIME, "schedule": OPENED["id"], "free": True, "taken": True, "from_record_system": False}
BOOKING: Final = {"way": "direct", "reason": "offered", "deadline": "2026-03-04T12:00:00Z", "flag": None, **DESK}
SHOWN_SLOT: Final = {
    **SLOT,
    "held_until": "2026-03-02T08:05:00Z",
    "actions": [{"action": "book", "ways": [BOOKING, BY_PHONE]}],
}
NO_SCHEDULE: Final = (
    "404",
    "There is no such schedule, or it is another organisation's: the two look the same (`schedule-not-found`).",
)
SENT: Final = "A record system has sent it, and changes it (`kept-by-record-system`)."
UNKNOWN: Final = ("403", "The organisation has not joined (`unknown-organisation`).")
ROUTES: Final = (
    Route(
        "show_slot",
        "get",
        "/api/v1/slots/{slot}",
        "A free time on offer, and each thing that can be done with it: the ways to do it, the easiest first.",
        slot_schemas.SlotWithActions,
        example=SHOWN_SLOT,
    ),
    Route(
        "release",
        "delete",
        "/api/v1/slots/{slot}/hold",
        "Let a free time go that one holds; whoever waits for it is offered it.",
        slot_schemas.Released,
        once=True,
        example={"slot": SLOT["id"]},
    ),
    Route(
        "list_schedules",
        "get",
        "/staff/v1/schedules",
        "The schedules of the token's organisation.",
        slot_schemas.Schedules,
        schemas.Page,
        problems=OF_STAFF,
        login="system",
        example={"schedules": [OPENED], "next": None},
    ),
    Route(
        "open_schedule",
        "post",
        "/staff/v1/schedules",
        "Open a schedule, under which slots are published.",
        slot_schemas.ScheduleShown,
        body=slot_schemas.Schedule,
        status="201",
        problems=(*OF_STAFF, UNKNOWN, TOO_LARGE),
        login="system",
        once=True,
        example=OPENED,
        body_example=SCHEDULE,
    ),
    Route(
        "change_schedule",
        "put",
        "/staff/v1/schedules/{schedule}",
        "Describe a schedule anew, close it (`active` false) or open it again; appointments stay as they were booked.",
        slot_schemas.ScheduleShown,
        body=slot_schemas.Schedule,
        problems=(*OF_STAFF, UNKNOWN, NO_SCHEDULE, ("409", SENT), TOO_LARGE),
        login="system",
        once=True,
        example={**OPENED, "active": False},
        body_example={**SCHEDULE, "active": False},
    ),
    Route(
        "list_own_slots",
        "get",
        "/staff/v1/slots",
        "The slots of the token's organisation in order of time: whether each is taken, and not by whom.",
        slot_schemas.OwnSlotPage,
        slot_schemas.OwnSlots,
        problems=(*OF_STAFF, NO_SCHEDULE),
        login="system",
        example={"slots": [OWN_SLOT], "next": None},
    ),
    Route(
        "publish_slots",
        "post",
        "/staff/v1/slots",
        "Open up to 1000 slots, all of them or none: listed times, clinic hours by the clock in Oslo, or both.",
        slot_schemas.Published,
        body=slot_schemas.PublishSlots,
        status="201",
        problems=(
            *OF_STAFF,
            NO_SCHEDULE,
            ("409", "One is over (`slot-past`) or overlaps another of its schedule (`slot-overlaps`), named each."),
            ("422", "A listed time does not exist (`no-such-local-time`), or there are too many (`too-many-slots`)."),
            TOO_LARGE,
        ),
        login="system",
        once=True,
        example=PUBLISHED,
        body_example=PUBLISH,
    ),
    Route(
        "withdraw_slot",
        "delete",
        "/staff/v1/slots/{slot}",
        "Take a free slot back; its time can be opened anew.",
        slot_schemas.Withdrawn,
        problems=(
            *OF_STAFF,
            ("404", "There is no such slot, or it is another organisation's (`slot-not-found`)."),
            ("409", f"It has an appointment (`slot-taken`), or is held (`slot-held`), or over (`slot-past`). {SENT}"),
        ),
        login="system",
        once=True,
        example={"id": SLOT["id"]},
    ),
)
