"""What accounts and profiles look like at the door: their routes, with examples."""

from __future__ import annotations

from typing import Final

from helsami_gateway import profile_schemas, schemas
from helsami_gateway.described import ELSEWHERE, MALFORMED, OF_CITIZENS, OF_STAFF, REUSED, TOO_LARGE, Route

PROFILE: Final = {
    "version": 3,
    "email": "modig@example.org",
    "phone": "+4700000001",
    "address": "Fjellvegen 1\n7030 Trondheim",
    "language": "nn",
    "interpreter": None,
    "about": "Hører best på høyre øre.",
    "shortcuts": ["appointments", "results"],
}
CONTACT: Final = {
    "id": "0f9d6c2e8f1b4a57b0f3c1d2e4a59687",
    "version": 1,
    "name": "Kvikk Kvist",
    "relation": "sibling",
    "phone": "+4700000002",
    "email": None,
    "first": True,
}
NAMED: Final = {name: value for name, value in CONTACT.items() if name not in {"id", "version"}}
CONTACTS: Final = {"contacts": [CONTACT], "checked_at": "2026-03-01T09:00:00Z"}
REGISTER: Final = {
    "known": True,
    "name": "Modig Fjell",
    "birth_date": "1986-03-13",
    "address": "H0101, Fjellvegen 1, 7030 TRONDHEIM",
    "protection": "none",
}
KEPT: Final = {"version": 1, "media": "image/jpeg"}
OTHERS: Final = (
    ("412", "Somebody, or another tab, has changed it meanwhile (`changed-meanwhile`): read it again."),
    ("428", "The version is missing: send the `ETag` that was read as `If-Match` (`version-needed`)."),
)
FULL: Final = ("422", "There are ten already (`too-many-contacts`).")
PHOTO: Final = {"type": "string", "format": "binary"}
KIN: Final = "/api/v1/profile/next-of-kin"
ROUTES: Final = (
    Route(
        "deactivate",
        "post",
        "/api/v1/account/deactivate",
        "Leave one's account: all its sessions are over, grants rest, and notices and offers stop. Nothing is erased. "
        "Logging in again takes it up again.",
        profile_schemas.AccountState,
        problems=(*OF_CITIZENS, REUSED, TOO_LARGE),
        on_behalf=False,
        once=True,
        example={"state": "deactivated"},
    ),
    Route(
        "show_profile",
        "get",
        "/api/v1/profile",
        "What I have told of myself; `ETag` is its version.",
        profile_schemas.Profile,
        on_behalf=False,
        example=PROFILE,
    ),
    Route(
        "edit_profile",
        "patch",
        "/api/v1/profile",
        "Tell something else of myself: null erases, what is not named stays. A language holds at once.",
        profile_schemas.Profile,
        body=profile_schemas.EditProfile,
        problems=(*OF_CITIZENS, REUSED, *OTHERS, TOO_LARGE),
        on_behalf=False,
        once=True,
        versioned=True,
        example=PROFILE,
        body_example={"phone": "+4700000001", "about": None},
    ),
    Route(
        "show_register",
        "get",
        "/api/v1/profile/register",
        "What the population register says of me: to be shown at the first login. A protected address is not kept.",
        profile_schemas.InRegister,
        on_behalf=False,
        example=REGISTER,
    ),
    Route(
        "list_contacts",
        "get",
        KIN,
        "Who is next to me, and when I last said that it is right.",
        profile_schemas.Contacts,
        on_behalf=False,
        example=CONTACTS,
    ),
    Route(
        "add_contact",
        "post",
        KIN,
        "Name somebody who is next to me; at most one is the first to be told.",
        profile_schemas.Contact,
        body=profile_schemas.NameContact,
        status="201",
        problems=(*OF_CITIZENS, REUSED, FULL, TOO_LARGE),
        on_behalf=False,
        once=True,
        example=CONTACT,
        body_example=NAMED,
    ),
    Route(
        "check_contacts",
        "post",
        f"{KIN}/check",
        "Say that who is next to me is right as it stands.",
        profile_schemas.Contacts,
        problems=(*OF_CITIZENS, TOO_LARGE),
        on_behalf=False,
        example=CONTACTS,
    ),
    Route(
        "change_contact",
        "put",
        f"{KIN}/{{contact}}",
        "Say something else of one who is next to me: the whole of it.",
        profile_schemas.Contact,
        body=profile_schemas.NameContact,
        problems=(*OF_CITIZENS, REUSED, *OTHERS, TOO_LARGE),
        on_behalf=False,
        once=True,
        versioned=True,
        example=CONTACT,
        body_example=NAMED,
    ),
    Route(
        "remove_contact",
        "delete",
        f"{KIN}/{{contact}}",
        "Name somebody no longer.",
        profile_schemas.ContactRemoved,
        problems=(*OF_CITIZENS, REUSED, *OTHERS),
        on_behalf=False,
        once=True,
        versioned=True,
        example={"id": CONTACT["id"]},
    ),
    Route(
        "show_photo",
        "get",
        "/api/v1/profile/photo",
        "My photo, as `image/png` or `image/jpeg`.",
        PHOTO,
        on_behalf=False,
        media="image/*",
    ),
    Route(
        "set_photo",
        "put",
        "/api/v1/profile/photo",
        "Keep my photo: a PNG or JPEG of at most 512 KiB and 2048 pixels a side, by what is in it. Where and when it "
        "was taken is left out.",
        profile_schemas.PhotoKept,
        body=PHOTO,
        problems=(*OF_CITIZENS, TOO_LARGE),
        on_behalf=False,
        takes="image/*",
        example=KEPT,
    ),
    Route(
        "remove_photo",
        "delete",
        "/api/v1/profile/photo",
        "Keep my photo no longer.",
        {"type": "object"},
        on_behalf=False,
    ),
    Route(
        "register_changed",
        "post",
        "/staff/v1/register/changes",
        "The population register says something else of these people: it is asked again before the next decision.",
        profile_schemas.Taken,
        body=profile_schemas.RegisterChanged,
        problems=(*OF_STAFF, ("403", "Only the region says so (`operators-only`)."), TOO_LARGE),
        login="system",
        example={"known": 1},
        body_example={"national_ids": ["13838600136"]},
    ),
    Route(
        "log_in",
        "post",
        "/dev/login",
        "Log in as anybody (embedded mode only); an account that was left is taken up again by it.",
        profile_schemas.LoggedIn,
        body=schemas.Login,
        problems=(
            MALFORMED,
            ELSEWHERE,
            ("404", "We do not know this person (`unknown-person`)."),
            TOO_LARGE,
            ("503", "The register is away, and has never spoken of this person."),
        ),
        login=None,
    ),
)
