"""What citizens say of themselves, at the door; each change names the version that it is a change of."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

import orjson
from werkzeug.wrappers import Request, Response

from helsami_gateway import profile_schemas, schemas, session
from helsami_gateway.asked import command_of, key_of
from helsami_gateway.citizens import CitizenDoor, represented
from helsami_gateway.errors import ChangedMeanwhile, VersionNeeded, as_response
from helsami_gateway.headers import HEADERS
from helsami_kernel.bodies import body_of
from helsami_kernel.errors import Conflict, FieldProblem, Forbidden, Malformed
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

http = partial(kernel_http, on_failure=as_response)

OWNER: Final = "directory"
CHANGED: Final = "changed-meanwhile"
VERSION: Final = re.compile(r'"(0|[1-9][0-9]{0,8})"')
PHOTO_AT_MOST: Final = 512 * 1024
# A picture is shown, and nothing in it is run.
AS_A_PICTURE: Final = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}

Json = dict[str, Any]


class ProfileRoutes(CitizenDoor):
    """Part of the gateway: one's own profile, next of kin and photo (R10-R15); nobody's on their behalf."""

    directory: Remote

    @http("GET", "/api/v1/profile")
    def show_profile(self, request: Request) -> Response:
        """What I have told of myself; the `ETag` is what a change of it names."""
        who, profile = self._mine(request, "profile")
        return self._versioned(who, profile)

    @http("PATCH", "/api/v1/profile")
    def edit_profile(self, request: Request) -> Response:
        """Tell something else of myself; what is not named stays, null erases."""
        session.check_origin(request)
        edit = partial(command_of, request, profile_schemas.EditProfile)
        who, profile = self._mine(request, "edit_profile", lambda: {**edit(), "version": version_of(request)})
        response = self._versioned(who, profile)
        if profile["language"] != who.language:
            self.sessions.put(response, replace(who, language=profile["language"]))
        return response

    @http("GET", "/api/v1/profile/register")
    def show_register(self, request: Request) -> Response:
        """What the population register says of me (R13)."""
        who, said = self._mine(request, "in_register")
        return self._answer(orjson.dumps(said), who)

    @http("GET", "/api/v1/profile/next-of-kin")
    def list_contacts(self, request: Request) -> Response:
        """Who is next to me (R14)."""
        who, contacts = self._mine(request, "contacts")
        return self._answer(orjson.dumps(contacts), who)

    @http("POST", "/api/v1/profile/next-of-kin")
    def add_contact(self, request: Request) -> Response:
        """Name somebody who is next to me."""
        session.check_origin(request)
        read = partial(command_of, request, profile_schemas.NameContact)
        who, contact = self._mine(request, "add_contact", read)
        return self._versioned(who, contact, 201)

    @http("POST", "/api/v1/profile/next-of-kin/check")
    def check_contacts(self, request: Request) -> Response:
        """Say that who is next to me is right as it stands."""
        session.check_origin(request)
        read = partial(command_of, request, schemas.Nothing)
        who, contacts = self._mine(request, "check_contacts", read)
        return self._answer(orjson.dumps(contacts), who)

    @http("PUT", "/api/v1/profile/next-of-kin/<contact>")
    def change_contact(self, request: Request, contact: str) -> Response:
        """Say something else of one who is next to me: the whole of it."""
        session.check_origin(request)

        def read() -> Json:
            named = command_of(request, profile_schemas.NameContact)
            return {**named, "contact": contact, "version": version_of(request)}

        who, changed = self._mine(request, "change_contact", read)
        return self._versioned(who, changed)

    @http("DELETE", "/api/v1/profile/next-of-kin/<contact>")
    def remove_contact(self, request: Request, contact: str) -> Response:
        """Name somebody no longer."""
        session.check_origin(request)
        which = partial(version_of, request)
        who, removed = self._mine(request, "remove_contact", lambda: {"contact": contact, "version": which()})
        return self._answer(orjson.dumps(removed), who)

    @http("GET", "/api/v1/profile/photo")
    def show_photo(self, request: Request) -> Response:
        """My photo (R12)."""
        who, kept = self._mine(request, "photo")
        response = self._answer(base64.b64decode(kept["photo"]), who)
        response.content_type = kept["media"]
        response.headers.update({**HEADERS, **AS_A_PICTURE, "ETag": f'"{kept["version"]}"'})
        return response

    @http("PUT", "/api/v1/profile/photo", body_at_most=PHOTO_AT_MOST)
    def set_photo(self, request: Request) -> Response:
        """Keep my photo: PNG or JPEG, whatever it is said to be; where and when it was taken is left out."""
        session.check_origin(request)
        who, kept = self._mine(request, "set_photo", partial(photo_of, request))
        return self._versioned(who, kept)

    @http("DELETE", "/api/v1/profile/photo")
    def remove_photo(self, request: Request) -> Response:
        """Keep my photo no longer."""
        session.check_origin(request)
        who, _ = self._mine(request, "remove_photo")
        return self._answer(b"{}", who)

    def _mine(self, request: Request, method: str, read: Callable[[], Json] = dict) -> tuple[session.Session, Json]:
        """
        Ask about whoever is logged in, for what `read` makes of the body once it is known who that is.

        What was changed meanwhile fails the precondition (RFC 9110, 13.1.1).
        """
        who = self._who(request)
        if represented(request, who) is not None:
            raise Forbidden("not-for-representatives")
        command = read()
        token = self.tokens.about_self(who, OWNER)
        try:
            answer: Json = self.directory.call(method, command, token=token, idempotency_key=key_of(request))
        except Conflict as refusal:
            if refusal.code == CHANGED:
                raise ChangedMeanwhile(CHANGED) from None
            raise
        return who, answer

    def _versioned(self, who: session.Session, told: Json, status: int = 200) -> Response:
        response = self._answer(orjson.dumps(told), who, status)
        response.headers["ETag"] = f'"{told["version"]}"'
        return response


def photo_of(request: Request) -> Json:
    """The photo in the body, in base64: its bytes say what it is. Raises Malformed where there is none."""
    if not body_of(request):
        raise Malformed("photo-form", FieldProblem("photo", "a photo"))
    return {"photo": base64.b64encode(body_of(request)).decode()}


def version_of(request: Request) -> int:
    """The version that a change names in `If-Match`. Raises VersionNeeded without, Malformed for another form."""
    named = request.headers.get("If-Match")
    if named is None:
        raise VersionNeeded("version-needed", FieldProblem("If-Match", "the ETag that was read"))
    if (version := VERSION.fullmatch(named)) is None:
        raise Malformed("malformed", FieldProblem("If-Match", "the ETag that was read"))
    return int(version.group(1))
