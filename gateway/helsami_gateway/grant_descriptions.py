"""What grants look like at the door: their routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import grant_schemas, schemas
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
OFTEN: Final = "Or its receiver was told of other terms too often in a day (`changed-too-often`)."
NAMED: Final = "As many were named by national id as one may name in a day (`too-many-named`)."
TWICE: Final = (
    "409",
    f"There is one already (`already-granted`), or too many (`too-many-grants`). {OFTEN} {NAMED} {REUSED[1]}",
)
BY_STAFF: Final = {
    **GRANT,
    "id": "6a5b4c3d2e1f40a9b8c7d6e5f4a3b2c1",
    "basis": "capacity",
    "code": "VE",
    "state": "active",
    "version": 2,
    "accepted_at": "2026-02-01T09:00:00Z",
}
REPRESENTED: Final = {
    "citizen": "0b7d4e2f9a8c41d6b3e5f7a9c1d2e3f4",
    "name": "Modig Bekk",
    "basis": "parental",
    "code": "FO",
    "areas": {"appointments": ["see", "act"]},
    "until": "2030-05-31T22:00:00Z",
}
CHILD: Final = {"id": "9e8d7c6b5a4f43e2b1a0c9d8e7f6a5b4", **REPRESENTED, "since": "2026-03-01T09:00:00Z"}
OVER: Final = ("409", "The grant has ended (`grant-ended`).")
ONE: Final = "/api/v1/grants/{grant}"
ROUTES: Final = (
    Route(
        "list_acting_for",
        "get",
        "/api/v1/acting-for",
        "For whom I may act now, and in which areas: chosen for each request by its header.",
        grant_schemas.ActingFor,
        on_behalf=False,
        example={"acting_for": [REPRESENTED]},
    ),
    Route(
        "list_children",
        "get",
        "/api/v1/children",
        "The children whom I act for.",
        grant_schemas.Children,
        on_behalf=False,
        example={"children": [CHILD]},
    ),
    Route(
        "apply_for_child",
        "post",
        "/api/v1/children",
        "Act for a child of mine: decided at once by the population register, and again at every request.",
        grant_schemas.Child,
        body=schemas.ApplyForChild,
        status="201",
        problems=(
            *OF_CITIZENS,
            ("409", NAMED),
            ("422", "The register does not say so (`no-parental-access`)."),
            TOO_LARGE,
        ),
        on_behalf=False,
        example=CHILD,
        body_example={"national_id": "01825599999"},
    ),
    Route(
        "leave_child",
        "delete",
        "/api/v1/children/{child}",
        "Act for a child no longer.",
        grant_schemas.LeftChild,
        on_behalf=False,
        example={"child": CHILD["id"]},
    ),
    Route(
        "list_grants",
        "get",
        "/api/v1/grants",
        "Grants given and received that have not ended, and how each stands; given are also those by staff about me.",
        grant_schemas.Grants,
        on_behalf=False,
        example={"given": [GRANT, BY_STAFF], "received": []},
    ),
    Route(
        "offer_grant",
        "post",
        "/api/v1/grants",
        "Let another adult act for me, once they have said yes: by level, or by areas.",
        grant_schemas.Grant,
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
        grant_schemas.Grant,
        body=schemas.GrantTerms,
        problems=(*OF_CITIZENS, (OVER[0], f"{OVER[1]} {OFTEN}"), TOO_LARGE),
        on_behalf=False,
        example=GRANT,
        body_example=TERMS,
    ),
    Route(
        "accept_grant",
        "post",
        f"{ONE}/accept",
        "Say yes to acting for somebody; again is the same.",
        grant_schemas.Grant,
        problems=(*OF_CITIZENS, OVER),
        on_behalf=False,
        example=ACCEPTED,
    ),
    Route(
        "confirm_grant",
        "post",
        f"{ONE}/confirm",
        "Mean a grant anew that was suspended while an account was not in use.",
        grant_schemas.Grant,
        problems=(*OF_CITIZENS, ("409", f"{OVER[1]} Or it was never accepted (`grant-not-accepted`).")),
        on_behalf=False,
        example=ACCEPTED,
    ),
    Route(
        "end_grant",
        "delete",
        ONE,
        "End a grant, as its giver or its receiver, or what staff have granted somebody about me; again is the same.",
        grant_schemas.Grant,
        problems=(
            *OF_CITIZENS,
            REUSED,
            (
                "422",
                "It is a guardian by the register (`guardian-by-register`), or a parent (`parent-by-register`).",
            ),
        ),
        on_behalf=False,
        example={**ACCEPTED, "state": "revoked", "version": 3, "ended_at": "2026-04-01T12:00:00Z"},
    ),
)
