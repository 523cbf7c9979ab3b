"""What hiding something of one's own looks like at the door: its routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import shield_schemas as own
from helsami_gateway.described import OF_CITIZENS, OF_STAFF, REUSED, TOO_LARGE, Route

SHIELD: Final = {
    "id": "7b6a5c4d3e2f41b0a9c8d7e6f5a4b3c2",
    "item": "5b1f5f0e-7d0c-5b53-9c43-0f9e6f7a1c55",
    "kind": "visit",
    "organisation": "oya_legesenter",
    "hidden_from": "parents",
    "state": "awaiting",
    "asked_at": "2026-03-01T09:00:00Z",
    "decided_at": None,
    "until": None,
    "reason": "",
}
FOR_STAFF: Final = {
    "id": SHIELD["id"],
    "state": "awaiting",
    "hidden_from": "parents",
    "citizen": {"name": "Stille Fjell", "birth_date": "2012-02-01"},
    "kind": "visit",
    "at": "2026-02-20T10:00:00Z",
    "key": "Encounter|v-17",
    "asked_at": SHIELD["asked_at"],
}
DECLINED: Final = {
    "id": SHIELD["id"],
    "state": "declined",
    "decided_at": "2026-03-02T10:00:00Z",
    "until": "2026-03-09T10:00:00Z",
    "reason": "parents-must-know",
}
NOT_HIDDEN: Final = (
    "It is hidden (`already-shielded`), too much is (`too-many-shields`: 100), or staff have said no to it twice, "
    "less than 30 days ago (`declined-lately`)."
)
MINE: Final = "/api/v1/shields"
OF_OURS: Final = "/staff/v1/shields"
ROUTES: Final = (
    Route(
        "list_shields",
        "get",
        MINE,
        "What I have hidden and how it stands, the newest first, with what is over.",
        own.Shields,
        own.OwnShields,
        on_behalf=False,
        example={"shields": [SHIELD], "next": None},
    ),
    Route(
        "shield",
        "post",
        MINE,
        "Hide something of mine, from the next request on: from parents (12 to 15: staff have their word afterwards), "
        "from all who act for me or one of them, or, by asking the organisation, from its staff. Below 16, what staff "
        "have declined before is `requested`, and hidden once they confirm it.",
        own.Shield,
        body=own.Conceal,
        status="201",
        problems=(
            *OF_CITIZENS,
            ("409", f"{NOT_HIDDEN} {REUSED[1]}"),
            ("422", "Nobody under 12 hides anything (`too-young-to-shield`)."),
            TOO_LARGE,
        ),
        once=True,
        on_behalf=False,
        example=SHIELD,
        body_example={"kind": "visit", "item": SHIELD["item"], "hidden_from": "parents"},
    ),
    Route(
        "lift_shield",
        "delete",
        f"{MINE}/{{shield}}",
        "Hide it no longer; what an organisation hides from its staff, that is asked to lift. Again is the same.",
        own.Shield,
        on_behalf=False,
        example={**SHIELD, "state": "lifted"},
    ),
    Route(
        "list_open_shields",
        "get",
        OF_OURS,
        "What citizens hide of the organisation's, or ask it to, and what waits for its word: the oldest first.",
        own.ShieldsForStaff,
        own.OpenShields,
        problems=OF_STAFF,
        login="system",
        example={"shields": [FOR_STAFF], "next": None},
    ),
    Route(
        "decide_shield",
        "post",
        f"{OF_OURS}/{{shield}}/decision",
        "Confirm it, or decline it with a reason; the citizen is told. What is declined stays hidden for seven days.",
        own.Settled,
        body=own.DecideShield,
        problems=(
            *OF_STAFF,
            ("404", "No such shield of this organisation's (`shield-not-found`)."),
            ("409", f"It is decided already, or wanted no more (`already-decided`). {REUSED[1]}"),
            TOO_LARGE,
        ),
        login="system",
        once=True,
        example=DECLINED,
        body_example={"decision": "decline", "reason": "parents-must-know"},
    ),
)
