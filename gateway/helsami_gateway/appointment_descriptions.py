"""What appointments and free times look like at the door: their routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import appointment_schemas, schemas, visit_schemas
from helsami_gateway.described import OF_CITIZENS, OF_STAFF, TOO_LARGE, Route

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
    "clinician_id": "6b0d9d5e-1c6f-5f4e-9a57-0a3f5c2b7e11",
    "starts_at": "2026-03-05T12:00:00Z",
    "ends_at": "2026-03-05T12:20:00Z",
}
APPOINTMENT: Final = {
    "id": "0f6a3c1e-5f0e-5b8a-8a59-6d0f4e6b9c21",
    "organisation": "oya_legesenter",
    "at": SLOT["starts_at"],
    **{name: SLOT[name] for name in ("kind", "unit", "place", "clinician", "starts_at", "ends_at")},
    "setting": None,
    "window": False,
    "status": "booked",
    "cancelled_because": None,
    "instructions": None,
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
TO_CANCEL: Final = {"action": "cancel", "ways": [CANCELLING, BY_PHONE]}
REQUEST: Final = {
    "id": "9b2c7d1e-3f44-4a55-8b66-7c7788990011",
    "organisation": "oya_legesenter",
    "appointment": APPOINTMENT["id"],
    "action": "change",
    "wish": "Before lunch, if possible.",
    "state": "asked",
    "asked_at": "2026-03-02T08:00:00Z",
    "expires_at": "2026-03-05T12:00:00Z",
    "answered_at": None,
    "reason": None,
}
CHECK_IN: Final = {
    "state": "open",
    "opens_at": "2026-02-26T12:00:00Z",
    "closes_at": APPOINTMENT["starts_at"],
    "done_at": None,
    "forms": ["health-questions"],
}
OPEN_ARRIVAL: Final = {
    "state": "open",
    "opens_at": "2026-03-05T11:00:00Z",
    "closes_at": APPOINTMENT["ends_at"],
    "done_at": None,
}
NOT_OPEN_ARRIVAL: Final = {**OPEN_ARRIVAL, "state": "not_open"}
TASK: Final = {
    "id": "3c1d2e4f-5a6b-5c7d-8e9f-0a1b2c3d4e5f",
    "description": "Ingen mat etter midnatt.",
    "due": "2026-03-04",
    "done": False,
    "done_at": None,
}
AROUND: Final = {"check_in": CHECK_IN, "arrival": NOT_OPEN_ARRIVAL, "tasks": [TASK]}
ANSWERED: Final = {**REQUEST, "state": "accepted", "answered_at": "2026-03-02T09:30:00Z"}
NO_SUCH_REQUEST: Final = ("404", "No such request of this organisation (`request-not-found`), or no such slot of it.")
NAMED: Final = {
    "id": "81d3c5e7-0a2b-5c4d-8e6f-1a2b3c4d5e6f",
    "title": "Innkalling til undersøkelse",
    "written_at": "2026-02-25T10:00:00Z",
    "attachments": [{"number": 1, "title": "Kart", "content_type": "application/pdf", "size": 48213}],
}
LETTERS: Final = {"items": [NAMED], "as_of": "2026-03-02T08:00:00Z", "status": "ok", "absences": [], "next": None}
BEHIND: Final = {"referral": "2f9d4b6a-8c1e-5d2f-9a3b-4c5d6e7f8091", "letters": LETTERS, "video": None, "payment": None}
TAKE: Final = {"slot": SLOT["id"]}
ROUTES: Final = (
    Route(
        "list_slots",
        "get",
        "/api/v1/slots",
        "Free times on offer.",
        appointment_schemas.Slots,
        schemas.SlotsQuery,
        example={"slots": [SLOT], "next": None},
    ),
    Route(
        "hold",
        "post",
        "/api/v1/slots/{slot}/hold",
        "Keep a free time from others for five minutes, to confirm it by booking. One holds one time at once.",
        appointment_schemas.Hold,
        problems=(*OF_CITIZENS, *CONFLICTS, TOO_LARGE),
        once=True,
        example={"slot": SLOT["id"], "held_until": "2026-03-02T08:05:00Z"},
    ),
    Route(
        "list_appointments",
        "get",
        "/api/v1/appointments",
        "Appointments: upcoming ones soonest first, past ones newest first.",
        appointment_schemas.Appointments,
        schemas.AppointmentsPage,
    ),
    Route(
        "show_appointment",
        "get",
        "/api/v1/appointments/{appointment}",
        "An appointment, the letters about it, and what can be done with it: the ways to do it, the easiest first.",
        visit_schemas.AppointmentShown,
        example={**APPOINTMENT, "actions": [TO_CANCEL], "requests": [REQUEST], **AROUND, **BEHIND},
    ),
    Route(
        "book",
        "post",
        "/api/v1/appointments",
        "Take a free time, and wait for an earlier one if `waitlist` says so: both or none.",
        appointment_schemas.Appointment,
        body=schemas.BookAndWait,
        status="201",
        problems=(*OF_CITIZENS, *CONFLICTS, TOO_LARGE),
        once=True,
        example=APPOINTMENT,
        body_example={**TAKE, "waitlist": True},
    ),
    Route(
        "move",
        "post",
        "/api/v1/appointments/{appointment}/move",
        "Take another free time of the same organisation and kind for an appointment, and give its own back.",
        appointment_schemas.Appointment,
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
        appointment_schemas.Appointment,
        problems=(*OF_CITIZENS, *OF_CHANGES, TOO_LARGE),
        once=True,
        example={**APPOINTMENT, "status": "cancelled"},
    ),
    Route(
        "ask",
        "post",
        "/api/v1/appointments/{appointment}/requests",
        "Ask the organisation for what one cannot do oneself, where it takes requests.",
        appointment_schemas.Request,
        body=schemas.Ask,
        status="201",
        problems=(
            *OF_CITIZENS,
            ("409", f"{CHANGED_MEANWHILE} Also `already-asked` and `can-be-done-directly`."),
            ("422", BY_RULE),
            TOO_LARGE,
        ),
        once=True,
        example=REQUEST,
        body_example={"action": "change", "wish": REQUEST["wish"]},
    ),
    Route(
        "withdraw_request",
        "delete",
        "/api/v1/requests/{asked}",
        "Take a request back.",
        appointment_schemas.Request,
        problems=(*OF_CITIZENS, ("409", "It has ended already (`request-ended`)."), ("422", BY_RULE)),
        once=True,
        example={**REQUEST, "state": "withdrawn", "answered_at": "2026-03-02T09:30:00Z"},
    ),
    Route(
        "list_requests",
        "get",
        "/staff/v1/requests",
        "What citizens have asked of the token's organisation, and nobody has answered; the oldest first.",
        appointment_schemas.Requests,
        schemas.Page,
        problems=OF_STAFF,
        login="system",
        example={"requests": [REQUEST], "next": None},
    ),
    Route(
        "answer_request",
        "post",
        "/staff/v1/requests/{asked}/answer",
        "Accept a request, with a free time where a change is asked for, or decline it with a reason code.",
        appointment_schemas.Request,
        body=schemas.AnswerRequest,
        problems=(
            *OF_STAFF,
            NO_SUCH_REQUEST,
            ("409", f"It has ended already (`request-ended`). {OF_MOVES[0][1]}"),
            TOO_LARGE,
        ),
        login="system",
        once=True,
        example=ANSWERED,
        body_example={"answer": "accept", "slot": SLOT["id"]},
    ),
)
