"""What stays, referrals and letters look like at the door: their routes, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from helsami_gateway import care_schemas, schemas
from helsami_gateway.appointment_descriptions import APPOINTMENT, NAMED
from helsami_gateway.described import Route

STAY: Final = {
    "id": "6c0f7a52-1b1d-5a3e-8b7e-2f4f0a9d3c11",
    "organisation": "st_olavs",
    "at": "2026-03-20T08:00:00Z",
    "status": "planned",
    "name": "Innleggelse",
    "place": "Sengepost",
    "starts_at": "2026-03-20T08:00:00Z",
    "ends_at": "2026-03-23T11:00:00Z",
}
REFERRAL: Final = {
    "id": "2f9d4b6a-8c1e-5d2f-9a3b-4c5d6e7f8091",
    "organisation": "st_olavs",
    "at": "2026-02-20T10:00:00Z",
    "status": "assessed",
    "name": "Ortopedisk vurdering",
    "reason": "Smerter i kneet",
    "sender": "Øya legesenter",
    "receiver": "Medisinsk poliklinikk",
    "expected_from": "2026-05",
    "expected_to": "2026-06",
    "deadline": "2026-07-01",
}
LETTER: Final = {
    **NAMED,
    "organisation": "st_olavs",
    "at": "2026-02-25T10:00:00Z",
    "text": "Du har fått time.",
}
REST: Final[Mapping[str, Any]] = {"as_of": "2026-03-02T08:00:00Z", "status": "ok", "absences": [], "next": None}
A_FILE: Final = {"type": "string", "format": "binary"}
ROUTES: Final = (
    Route(
        "list_stays",
        "get",
        "/api/v1/stays",
        "Stays in institutions: planned ones first, then those that were, newest first. On behalf with `records:read`.",
        care_schemas.Stays,
        schemas.Page,
        example={"items": [STAY], **REST},
    ),
    Route(
        "list_referrals",
        "get",
        "/api/v1/referrals",
        "Referrals, newest first. On behalf with `records:read`.",
        care_schemas.Referrals,
        schemas.Page,
        example={"items": [REFERRAL], **REST},
    ),
    Route(
        "show_referral",
        "get",
        "/api/v1/referrals/{referral}",
        "A referral, and the appointments that it has led to.",
        care_schemas.ReferralWithAppointments,
        example={**REFERRAL, "appointments": [APPOINTMENT]},
    ),
    Route(
        "list_letters",
        "get",
        "/api/v1/letters",
        "Letters, newest first. An appointment names those about it.",
        care_schemas.Letters,
        schemas.Page,
        example={"items": [LETTER], **REST},
    ),
    Route(
        "show_letter",
        "get",
        "/api/v1/letters/{letter}",
        "A letter.",
        care_schemas.Letter,
        example=LETTER,
    ),
    Route(
        "fetch_attachment",
        "get",
        "/api/v1/letters/{letter}/attachments/{number}",
        "What is enclosed with a letter, as a file to be saved: a PDF (as described here) or a picture (PNG, JPEG).",
        A_FILE,
        media="application/pdf",
    ),
)
