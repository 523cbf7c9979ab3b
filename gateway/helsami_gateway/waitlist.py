"""Waiting for an earlier time: what citizens do, and what staff do for those who are not digital."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, Final

import orjson
from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas
from helsami_gateway.access_log import LogsStaff
from helsami_gateway.asked import command_of, key_of
from helsami_gateway.citizens import JSON, CitizenDoor
from helsami_gateway.errors import as_response
from helsami_gateway.headers import HEADERS
from helsami_gateway.staff import system_login
from helsami_kernel.access import SystemVerifier, age_band
from helsami_kernel.errors import Forbidden, NotFound
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

http = partial(kernel_http, on_failure=as_response)

OWNER: Final = "appointments"


class WaitlistRoutes(CitizenDoor):
    """Part of the gateway: a citizen's place on the waitlist, and what they are offered (R23-R28)."""

    @http("GET", "/api/v1/waitlist")
    def list_waiting(self, request: Request) -> Response:
        """What one waits for something earlier than."""
        return self._ask(request, OWNER, "waitlist", {})

    @http("POST", "/api/v1/waitlist")
    def join_waitlist(self, request: Request) -> Response:
        """Wait for something earlier than an appointment (R23)."""
        return self._command(request, OWNER, "join_waitlist", schemas.JoinWaitlist, status=201)

    @http("DELETE", "/api/v1/waitlist/<appointment>")
    def leave_waitlist(self, request: Request, appointment: str) -> Response:
        """Wait no longer."""
        return self._command(request, OWNER, "leave_waitlist", schemas.Nothing, about={"appointment": appointment})

    @http("GET", "/api/v1/waitlist/offers")
    def list_offers(self, request: Request) -> Response:
        """What one was offered, and how each offer stands (R24, R27)."""
        return self._ask(request, OWNER, "waitlist_offers", {})

    @http("POST", "/api/v1/waitlist/offers/<offer>/accept")
    def accept_offer(self, request: Request, offer: str) -> Response:
        """Take the time that was offered (R25, R28)."""
        return self._command(request, OWNER, "accept_offer", schemas.Nothing, about={"offer": offer})

    @http("POST", "/api/v1/waitlist/offers/<offer>/decline")
    def decline_offer(self, request: Request, offer: str) -> Response:
        """Say no to what was offered (R26)."""
        return self._command(request, OWNER, "decline_offer", schemas.Nothing, about={"offer": offer})


class StaffWaitlistRoutes(LogsStaff):
    """Part of the gateway: an organisation's waitlist, with its system token (requirements.md 2, idea 12)."""

    systems: SystemVerifier
    appointments: Remote
    directory: Remote
    clock: Any

    @http("POST", "/staff/v1/waitlist")
    def join_waitlist_for(self, request: Request) -> Response:
        """Let somebody who is not digital wait for something earlier than an appointment."""
        login = system_login(self.systems, request)
        wish = command_of(request, schemas.JoinWaitlistFor)
        command = {**self._person(wish.pop("national_id")), **wish}
        return self._of_waitlist(request, "join_waitlist_for", command, self.tokens.of_staff(login, OWNER), 201)

    @http("GET", "/staff/v1/waitlist/offers")
    def list_offers_for(self, request: Request) -> Response:
        """Open offers to those who are not digital: whom to phone; that it is read is in their logs."""
        login = system_login(self.systems, request)
        listed = self.appointments.call("waitlist_offers_for", {}, token=self.tokens.of_staff(login, OWNER))
        self._log_staff(listed.pop("about"), login.organisation, "waitlist-offers", "administration")
        return Response(orjson.dumps(listed), headers=HEADERS, content_type=JSON)

    @http("POST", "/staff/v1/waitlist/offers/<offer>/accept")
    def accept_offer_for(self, request: Request, offer: str) -> Response:
        """Accept an offer on the word of who is not digital."""
        return self._of_waitlist(request, "accept_offer_for", {**command_of(request, schemas.Nothing), "offer": offer})

    @http("GET", "/staff/v1/waitlist/outcomes")
    def count_outcomes(self, request: Request) -> Response:
        """How the organisation's offers have ended, by age band and digital or not."""
        return self._of_waitlist(request, "waitlist_outcomes", {})

    def _of_waitlist(
        self, request: Request, method: str, command: Mapping[str, Any], token: str | None = None, status: int = 200
    ) -> Response:
        token = token or self.tokens.of_staff(system_login(self.systems, request), OWNER)
        body = self.appointments.call(method, command, token=token, idempotency_key=key_of(request), raw=True)
        return Response(body, status, headers=HEADERS, content_type=JSON)

    def _person(self, national_id: str) -> dict[str, str]:
        """
        The id and age band of whom staff name.

        One who is not known looks like one who has no such appointment: staff of one organisation learn nothing here of
        whom others know.
        """
        token = self.tokens.own("directory", "directory:identify")
        try:
            found = self.directory.identify({"national_id": national_id}, token=token)
        except NotFound:
            raise NotFound("appointment-not-found") from None
        if found.get("birth_date") is None:
            raise Forbidden("register-facts-missing")
        return {
            "citizen": found["citizen"],
            "age_band": age_band(date.fromisoformat(found["birth_date"]), self.clock()),
        }
