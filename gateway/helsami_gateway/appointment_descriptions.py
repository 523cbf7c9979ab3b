"""What appointments and free times look like at the door: their routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import answers, schemas
from helsami_gateway.described import OF_CITIZENS, TOO_LARGE, Route

BY_RULE: Final = (
    "The organisation's rules say no; `code` says why, `problems` the next `way` (request or phone) and the `phone`."
)
CONFLICTS: Final = (
    ("409", "The slot is taken (`slot-taken`) or over (`slot-past`), or one's own time is (`appointment-overlaps`)."),
    ("422", BY_RULE),
)
CHANGED_MEANWHILE: Final = (
    "`appointment-past`, `appointment-cancelled`, or changed by somebody else meanwhile (`appointment-changed`)."
)
OF_CHANGES: Final = (("409", CHANGED_MEANWHILE), ("422", BY_RULE))
OF_MOVES: Final = (
    ("409", f"{CHANGED_MEANWHILE} Of the slot `same-slot`, `slot-taken`, `slot-past`, `appointment-overlaps`."),
    ("422", f"{BY_RULE} A slot for something else is `other-kind-of-slot`."),
)
SLOT: Final = {
    "id": "f0f2a4f4-6a0c-5ad6-9d5e-2f1b1d1b7c10",
    "organisation": "oya_legesenter",
    "visit_type": "consultation",
    "kind": "Legetime",
    "unit": "doctors",
    "place": "Legekontoret",
    "clinician": "Klar Kompass",
    "starts_at": "2026-03-05T12:00:00Z",
    "ends_at": "2026-03-05T12:20:00Z",
}
APPOINTMENT: Final = {
    "id": "0f6a3c1e-5f0e-5b8a-8a59-6d0f4e6b9c21",
    "organisation": "oya_legesenter",
    "at": SLOT["starts_at"],
    **{name: SLOT[name] for name in ("kind", "unit", "place", "clinician", "starts_at", "ends_at")},
    "status": "booked",
}
DESK: Final = {"phone": "+47 00 00 00 01", "opens": "08:00", "closes": "15:00"}
BY_PHONE: Final = {"way": "phone", "reason": "always-by-phone", "deadline": None, "flag": None, **DESK}
CANCELLING: Final = {
    "way": "direct",
    "reason": "offered",
    "deadline": "2026-03-04T12:00:00Z",
    "flag": "cancel",
    **DESK,
}
TAKE: Final = {"slot": SLOT["id"]}
ROUTES: Final = (
    Route(
        "list_slots",
        "get",
        "/api/v1/slots",
        "Free times on offer.",
        answers.Slots,
        schemas.SlotsQuery,
        example={"slots": [SLOT], "next": None},
    ),
    Route(
        "list_appointments",
        "get",
        "/api/v1/appointments",
        "Appointments: upcoming ones soonest first, past ones newest first.",
        answers.Appointments,
        schemas.AppointmentsPage,
    ),
    Route(
        "show_appointment",
        "get",
        "/api/v1/appointments/{appointment}",
        "An appointment, and each thing that can be done with it: the ways to do it, the easiest first.",
        answers.AppointmentWithActions,
        example={**APPOINTMENT, "actions": [{"action": "cancel", "ways": [CANCELLING, BY_PHONE]}]},
    ),
    Route(
        "book",
        "post",
        "/api/v1/appointments",
        "Take a free time.",
        answers.Appointment,
        body=schemas.Book,
        status="201",
        problems=(*OF_CITIZENS, *CONFLICTS, TOO_LARGE),
        once=True,
        example=APPOINTMENT,
        body_example=TAKE,
    ),
    Route(
        "move",
        "post",
        "/api/v1/appointments/{appointment}/move",
        "Take another free time of the same organisation and kind for an appointment, and give its own back.",
        answers.Appointment,
        body=schemas.Book,
        problems=(*OF_CITIZENS, *OF_MOVES, TOO_LARGE),
        once=True,
        example=APPOINTMENT,
        body_example=TAKE,
    ),
    Route(
        "cancel",
        "post",
        "/api/v1/appointments/{appointment}/cancel",
        "Give an appointment up, and its time back.",
        answers.Appointment,
        problems=(*OF_CITIZENS, *OF_CHANGES, TOO_LARGE),
        once=True,
        example={**APPOINTMENT, "status": "cancelled"},
    ),
)
