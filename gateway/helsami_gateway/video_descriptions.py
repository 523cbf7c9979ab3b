"""What video looks like at the door: its routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import appointment_schemas, video_schemas
from helsami_gateway.appointment_descriptions import APPOINTMENT, BY_RULE, CHANGED_MEANWHILE
from helsami_gateway.described import OF_CITIZENS, OF_STAFF, TOO_LARGE, Route

STANDING: Final = {"state": "not_open", "opens_at": "2026-03-05T11:45:00Z", "closes_at": "2026-03-05T12:50:00Z"}
JOINED: Final = {
    **STANDING,
    "state": "open",
    "link": "https://meet.example.org/cnqwg5dfmy3xk4tfoqxg64thevzgk3tu?jwt=eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
    "link_expires_at": "2026-03-05T12:04:00Z",
}
ROOM: Final = {
    **STANDING,
    "id": "5e0c9a1e-5d0e-5a7b-9a40-1d2f6b8c7e10",
    "kind": "group",
    "starts_at": APPOINTMENT["starts_at"],
    "ends_at": APPOINTMENT["ends_at"],
}
BY_VIDEO: Final = {**APPOINTMENT, "setting": "virtual"}
NAMED: Final = {"national_id": "13924500160", "appointment": "urn:oya:timebok|4711"}
OTHER: Final = {"national_id": "41816500148", "appointment": "urn:oya:timebok|4712"}
NOT_SET_UP: Final = "Nobody holds consultations by video for this organisation (`video-not-set-up`)."
UNREADABLE: Final = "The record system's link cannot be read any longer (`video-link-unreadable`)."
NO_LINK: Final = (
    "422",
    f"{NOT_SET_UP} {UNREADABLE} Or its representatives do not act there (`not-delegated`). `problems` has the phone.",
)
NO_APPOINTMENT: Final = (
    "404",
    "No such person has such an appointment with this organisation (`appointment-not-found`).",
)
NO_ROOM: Final = ("404", "No such room of this organisation (`room-not-found`).")


def _switched(already: str) -> tuple[str, str]:
    return ("409", f"{CHANGED_MEANWHILE} Or it is so already (`{already}`).")


ROUTES: Final = (
    Route(
        "show_video",
        "get",
        "/api/v1/appointments/{appointment}/video",
        "How the door to a consultation by video stands: it opens 15 minutes before it, and closes 30 after its end.",
        appointment_schemas.Video,
        example=STANDING,
    ),
    Route(
        "order_video",
        "put",
        "/api/v1/appointments/{appointment}/video",
        "Let an appointment take place by video. It is paid for as one in person: its `payment` says so.",
        appointment_schemas.Appointment,
        problems=(*OF_CITIZENS, _switched("already-by-video"), ("422", f"{BY_RULE} {NOT_SET_UP}"), TOO_LARGE),
        once=True,
        example=BY_VIDEO,
    ),
    Route(
        "meet_in_person",
        "delete",
        "/api/v1/appointments/{appointment}/video",
        "Let an appointment take place in person again, by whoever could order it by video.",
        appointment_schemas.Appointment,
        problems=(*OF_CITIZENS, _switched("already-in-person"), ("422", BY_RULE), TOO_LARGE),
        once=True,
        example=APPOINTMENT,
    ),
    Route(
        "join_video",
        "post",
        "/api/v1/appointments/{appointment}/video",
        "Come in: a link of one's own while the door is open, for minutes; ask again to come back. On another's behalf "
        "it takes a grant to act.",
        video_schemas.Joined,
        problems=(*OF_CITIZENS, NO_LINK, TOO_LARGE),
        example=JOINED,
    ),
    Route(
        "set_up_video",
        "post",
        "/staff/v1/video",
        "Let a citizen's appointment take place by video; `appointment` is its id, or `system|value` of its record.",
        appointment_schemas.Appointment,
        body=video_schemas.CitizensAppointment,
        problems=(*OF_STAFF, NO_APPOINTMENT, _switched("already-by-video"), ("422", NOT_SET_UP), TOO_LARGE),
        login="system",
        once=True,
        example=BY_VIDEO,
        body_example=NAMED,
    ),
    Route(
        "take_video_back",
        "post",
        "/staff/v1/video/in-person",
        "Let a citizen's appointment take place in person again.",
        appointment_schemas.Appointment,
        body=video_schemas.CitizensAppointment,
        problems=(*OF_STAFF, NO_APPOINTMENT, _switched("already-in-person"), TOO_LARGE),
        login="system",
        once=True,
        example=APPOINTMENT,
        body_example=NAMED,
    ),
    Route(
        "join_video_for_staff",
        "post",
        "/staff/v1/video/join",
        "Come in to a citizen as a moderator: a new link for each who asks, while the door is open.",
        video_schemas.Joined,
        body=video_schemas.CitizensAppointment,
        problems=(*OF_STAFF, NO_APPOINTMENT, ("422", f"{NOT_SET_UP} {UNREADABLE}"), TOO_LARGE),
        login="system",
        example=JOINED,
        body_example=NAMED,
    ),
    Route(
        "open_group",
        "post",
        "/staff/v1/video/groups",
        "Let several citizens' appointments at one time take place in one room; none of them is told of the others.",
        video_schemas.Room,
        body=video_schemas.Group,
        problems=(
            *OF_STAFF,
            NO_APPOINTMENT,
            ("409", f"{CHANGED_MEANWHILE} Not all are at the same time (`different-times`)."),
            ("422", NOT_SET_UP),
            TOO_LARGE,
        ),
        login="system",
        once=True,
        example=ROOM,
        body_example={"appointments": [NAMED, OTHER]},
    ),
    Route(
        "open_meeting",
        "post",
        "/staff/v1/video/meetings",
        "Make a room for staff alone.",
        video_schemas.Room,
        body=video_schemas.Meeting,
        problems=(*OF_STAFF, ("409", "It is over already (`meeting-past`)."), ("422", NOT_SET_UP), TOO_LARGE),
        login="system",
        once=True,
        example={**ROOM, "kind": "staff"},
        body_example={"starts_at": ROOM["starts_at"], "ends_at": ROOM["ends_at"]},
    ),
    Route(
        "join_room",
        "post",
        "/staff/v1/video/rooms/{room}/join",
        "Come into a room of the organisation's own as a moderator, while its door is open.",
        video_schemas.JoinedRoom,
        problems=(*OF_STAFF, NO_ROOM, ("422", NOT_SET_UP), TOO_LARGE),
        login="system",
        example={**ROOM, **JOINED},
    ),
    Route(
        "end_room",
        "delete",
        "/staff/v1/video/rooms/{room}",
        "Let nobody meet in a room any longer; a group's appointments have each a room of their own again.",
        video_schemas.Room,
        problems=(*OF_STAFF, NO_ROOM),
        login="system",
        example={**ROOM, "state": "closed"},
    ),
)
