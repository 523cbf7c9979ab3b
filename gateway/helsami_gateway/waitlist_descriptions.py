"""What the waitlist looks like at the door: its routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import appointment_schemas, schemas, waitlist_schemas
from helsami_gateway.appointment_descriptions import APPOINTMENT, BY_RULE, SLOT
from helsami_gateway.described import OF_CITIZENS, OF_STAFF, TOO_LARGE, Route

WAITING: Final = {"appointment": APPOINTMENT["id"], "since": "2026-03-01T09:00:00Z"}
OFFER: Final = {
    "id": "8d7f6f0a-3c35-4f5e-9f43-6a1d4f0c2b11",
    "appointment": APPOINTMENT["id"],
    "state": "open",
    "offered_at": "2026-03-02T07:00:00Z",
    "expires_at": "2026-03-03T07:00:00Z",
    "slot": SLOT,
}
DECLINED: Final = {"id": OFFER["id"], "state": "declined"}
OUTCOMES: Final = {"outcomes": [{"state": "accepted", "age_band": "16+", "digital": False, "count": 12}]}
ENDED: Final = (
    "The offer has ended: somebody else was first (`offer-too-late`), `offer-expired`, `offer-declined`, "
    "`offer-accepted`, `offer-withdrawn`; or one's own time is taken (`appointment-overlaps`)."
)
GONE: Final = ("409", "The appointment is over (`appointment-past`) or cancelled (`appointment-cancelled`).")
NO_OFFER: Final = ("404", "No such offer of this organisation (`offer-not-found`).")
ROUTES: Final = (
    Route(
        "list_waiting",
        "get",
        "/api/v1/waitlist",
        "The appointments that one waits to have earlier, first come first.",
        waitlist_schemas.WaitingList,
        example={"waiting": [WAITING]},
    ),
    Route(
        "join_waitlist",
        "post",
        "/api/v1/waitlist",
        "Wait to have an appointment earlier; twice is once.",
        waitlist_schemas.Waiting,
        body=schemas.JoinWaitlist,
        status="201",
        problems=(*OF_CITIZENS, GONE, ("422", f"{BY_RULE} Without a waitlist it is `no-waitlist`."), TOO_LARGE),
        once=True,
        example=WAITING,
        body_example={"appointment": APPOINTMENT["id"]},
    ),
    Route(
        "leave_waitlist",
        "delete",
        "/api/v1/waitlist/{appointment}",
        "Wait no longer; what was offered is withdrawn.",
        waitlist_schemas.Left,
        problems=(*OF_CITIZENS, ("422", BY_RULE)),
        once=True,
        example={"appointment": APPOINTMENT["id"]},
    ),
    Route(
        "list_offers",
        "get",
        "/api/v1/waitlist/offers",
        "What one was offered, newest first. Others may hold an offer for the same time: the first to accept gets it.",
        waitlist_schemas.Offers,
        example={"offers": [OFFER]},
    ),
    Route(
        "accept_offer",
        "post",
        "/api/v1/waitlist/offers/{offer}/accept",
        "Take the time that was offered, and give the old one back. Whoever is too late keeps theirs, and waits on.",
        appointment_schemas.Appointment,
        problems=(*OF_CITIZENS, ("409", ENDED), ("422", BY_RULE), TOO_LARGE),
        once=True,
        example={**APPOINTMENT, "starts_at": SLOT["starts_at"]},
    ),
    Route(
        "decline_offer",
        "post",
        "/api/v1/waitlist/offers/{offer}/decline",
        "Say no to what was offered: nothing else changes.",
        waitlist_schemas.Declined,
        problems=(*OF_CITIZENS, ("409", ENDED), ("422", BY_RULE), TOO_LARGE),
        once=True,
        example=DECLINED,
    ),
    Route(
        "join_waitlist_for",
        "post",
        "/staff/v1/waitlist",
        "Let somebody who is not digital wait; `appointment` is its id, or `system|value` of the record system's.",
        waitlist_schemas.Waiting,
        body=schemas.JoinWaitlistFor,
        status="201",
        problems=(
            *OF_STAFF,
            ("403", "The register lacks what is needed of this person (`register-facts-missing`)."),
            ("404", "No such person has such an appointment with this organisation (`appointment-not-found`)."),
            ("409", "The appointment is over or cancelled (`appointment-past`)."),
            ("422", BY_RULE),
            TOO_LARGE,
        ),
        login="system",
        once=True,
        example=WAITING,
        body_example={"national_id": "13924500160", "appointment": "urn:oya:timebok|4711", "priority": ""},
    ),
    Route(
        "list_offers_for",
        "get",
        "/staff/v1/waitlist/offers",
        "Open offers to those who are not digital, the first to expire first: whom to phone.",
        waitlist_schemas.OffersForStaff,
        problems=OF_STAFF,
        login="system",
        example={"offers": [{**OFFER, "record_key": "urn:oya:timebok|4711"}]},
    ),
    Route(
        "accept_offer_for",
        "post",
        "/staff/v1/waitlist/offers/{offer}/accept",
        "Accept an offer on the word of who is not digital; one who is answers themselves.",
        appointment_schemas.Appointment,
        problems=(*OF_STAFF, NO_OFFER, ("409", ENDED), ("422", f"`answers-themselves`, or: {BY_RULE}"), TOO_LARGE),
        login="system",
        once=True,
        example=APPOINTMENT,
    ),
    Route(
        "count_outcomes",
        "get",
        "/staff/v1/waitlist/outcomes",
        "How many of the organisation's offers stand how, by age band and by who is digital.",
        waitlist_schemas.Outcomes,
        problems=OF_STAFF,
        login="system",
        example=OUTCOMES,
    ),
)
