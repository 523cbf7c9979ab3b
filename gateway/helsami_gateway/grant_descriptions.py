"""What grants look like at the door: their routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import answers, schemas
from helsami_gateway.described import OF_CITIZENS, REUSED, TOO_LARGE, Route

GRANT: Final = {
    "id": "3f2b8a1de0c74b5f9a6d2c1b0e9f8a7d",
    "citizen": "5d9c3b1a7e8f40629b4d6a2c8e1f0b3a",
    "name": "Modig Fjell",
    "basis": "grant",
    "code": "FU",
    "areas": {"appointments": ["see", "act"], "results": ["see"]},
    "level": None,
    "state": "offered",
    "version": 1,
    "granted_at": "2026-03-01T09:00:00Z",
    "accepted_at": None,
    "expires_at": "2027-03-01T09:00:00Z",
    "ended_at": None,
}
TERMS: Final = {"areas": GRANT["areas"], "expires_at": GRANT["expires_at"]}
ACCEPTED: Final = {**GRANT, "state": "active", "version": 2, "accepted_at": "2026-03-02T08:00:00Z"}
LAW: Final = (
    "422",
    "The rules say no: `giver-too-young`, `receiver-too-young`, `protected-address`, `grant-to-oneself`.",
)
TWICE: Final = ("409", f"There is one already (`already-granted`), or too many (`too-many-grants`). {REUSED[1]}")
OVER: Final = ("409", "The grant has ended (`grant-ended`).")
ONE: Final = "/api/v1/grants/{grant}"
ROUTES: Final = (
    Route(
        "list_grants",
        "get",
        "/api/v1/grants",
        "Grants given and received that have not ended, and how each stands.",
        answers.Grants,
        on_behalf=False,
        example={"given": [GRANT], "received": []},
    ),
    Route(
        "offer_grant",
        "post",
        "/api/v1/grants",
        "Let another adult act for me, once they have said yes: by level, or by areas.",
        answers.Grant,
        body=schemas.OfferGrant,
        status="201",
        problems=(*OF_CITIZENS, TWICE, LAW, TOO_LARGE),
        once=True,
        on_behalf=False,
        example=GRANT,
        body_example={"receiver": GRANT["citizen"], **TERMS},
    ),
    Route(
        "change_grant",
        "put",
        ONE,
        "Give a grant of mine other terms, from the next request on.",
        answers.Grant,
        body=schemas.GrantTerms,
        problems=(*OF_CITIZENS, OVER, TOO_LARGE),
        on_behalf=False,
        example=GRANT,
        body_example=TERMS,
    ),
    Route(
        "accept_grant",
        "post",
        f"{ONE}/accept",
        "Say yes to acting for somebody; again is the same.",
        answers.Grant,
        problems=(*OF_CITIZENS, OVER),
        on_behalf=False,
        example=ACCEPTED,
    ),
    Route(
        "confirm_grant",
        "post",
        f"{ONE}/confirm",
        "Mean a grant anew that was suspended while an account was not in use.",
        answers.Grant,
        problems=(*OF_CITIZENS, ("409", f"{OVER[1]} Or it was never accepted (`grant-not-accepted`).")),
        on_behalf=False,
        example=ACCEPTED,
    ),
    Route(
        "end_grant",
        "delete",
        ONE,
        "End a grant, as its giver or its receiver; again is the same.",
        answers.Grant,
        problems=(*OF_CITIZENS, REUSED),
        on_behalf=False,
        example={**ACCEPTED, "state": "revoked", "version": 3, "ended_at": "2026-04-01T12:00:00Z"},
    ),
)
