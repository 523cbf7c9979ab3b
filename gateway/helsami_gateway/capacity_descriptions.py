"""What acting for adults who cannot consent looks like at the door: its routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import capacity_schemas as own
from helsami_gateway.described import OF_CITIZENS, OF_STAFF, REUSED, TOO_LARGE, Route
from helsami_gateway.grant_descriptions import NAMED

APPLICATION: Final = {
    "id": "6a5b4c3d2e1f40a9b8c7d6e5f4a3b2c1",
    "citizen": None,
    "name": None,
    "organisation": "oya_legesenter",
    "relation": "guardian",
    "code": "VE",
    "areas": {"appointments": ["see", "act"], "medications": ["see"]},
    "state": "applied",
    "applied_at": "2026-03-01T09:00:00Z",
    "decided_at": None,
    "review_at": None,
    "reason": "",
}
DOCUMENT: Final = {"number": 1, "title": "Oppnevning som verge", "content_type": "application/pdf"}
FOR_STAFF: Final = {
    **APPLICATION,
    "citizen": "1c2d3e4f5a6b47889900aabbccddeeff",
    "applicant": {"name": "Modig Fjell", "birth_date": "1980-01-01"},
    "subject": {"name": "Stille Fjell", "birth_date": "1950-01-01"},
    "documents": [DOCUMENT],
}
GRANTED: Final = {
    **APPLICATION,
    "citizen": "1c2d3e4f5a6b47889900aabbccddeeff",
    "state": "granted",
    "decided_at": "2026-03-04T10:00:00Z",
    "review_at": "2027-03-04T10:00:00Z",
}
ENCLOSED: Final = {"title": DOCUMENT["title"], "content_type": DOCUMENT["content_type"], "content": "JVBERi0xLjcK"}
NO_APPLICATION: Final = ("404", "No such application to this organisation (`application-not-found`).")
MINE: Final = "/api/v1/capacity-applications"
OF_OURS: Final = "/staff/v1/capacity-applications"
ROUTES: Final = (
    Route(
        "list_capacity_applications",
        "get",
        MINE,
        "What I have applied for, the newest first.",
        own.Applications,
        on_behalf=False,
        example={"applications": [APPLICATION]},
    ),
    Route(
        "apply_for_capacity",
        "post",
        MINE,
        "Ask an organisation to let me act for an adult who cannot consent, with documents that show my right.",
        own.Application,
        body=own.ApplyForCapacity,
        status="201",
        problems=(
            *OF_CITIZENS,
            (
                "409",
                f"One stands already (`already-applied`), or too many (`too-many-applications`). {NAMED} {REUSED[1]}",
            ),
            ("422", "The organisation is not here (`unknown-organisation`)."),
            TOO_LARGE,
        ),
        once=True,
        on_behalf=False,
        example=APPLICATION,
        body_example={
            "national_id": "01855099999",
            "organisation": "oya_legesenter",
            "relation": "guardian",
            "areas": APPLICATION["areas"],
            "documents": [ENCLOSED],
        },
    ),
    Route(
        "withdraw_capacity",
        "delete",
        f"{MINE}/{{application}}",
        "Take an application back, or act for somebody no longer; again is the same.",
        own.Application,
        on_behalf=False,
        example={**APPLICATION, "state": "withdrawn"},
    ),
    Route(
        "list_open_capacity_applications",
        "get",
        OF_OURS,
        "What the organisation has to decide, the oldest first.",
        own.ApplicationsForStaff,
        own.OpenApplications,
        problems=OF_STAFF,
        login="system",
        example={"applications": [FOR_STAFF], "next": None},
    ),
    Route(
        "fetch_capacity_document",
        "get",
        f"{OF_OURS}/{{application}}/documents/{{number}}",
        "What was enclosed. That it was opened is in the access log of whom the application is about.",
        {"type": "string", "format": "binary"},
        problems=(*OF_STAFF, ("404", f"{NO_APPLICATION[1]} Or it has no such document (`document-not-found`).")),
        login="system",
        media="application/pdf",
    ),
    Route(
        "decide_capacity",
        "post",
        f"{OF_OURS}/{{application}}/decision",
        "Grant it until it is looked at anew, decline it, or end what was granted; both whom it is between are told.",
        own.Application,
        body=own.DecideCapacity,
        problems=(*OF_STAFF, NO_APPLICATION, ("409", "It is decided already (`already-decided`)."), TOO_LARGE),
        login="system",
        once=True,
        example=GRANTED,
        body_example={"decision": "grant", "review_days": 365},
    ),
)
