"""Around a visit: checking in, saying that one is here, what is to be done before, and an organisation's day list."""

from __future__ import annotations

from functools import partial
from typing import Final

from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas, session, visit_schemas
from helsami_gateway.asked import arguments_of
from helsami_gateway.citizens import JSON, CitizenDoor
from helsami_gateway.errors import as_response
from helsami_gateway.headers import HEADERS
from helsami_gateway.staff import system_login
from helsami_kernel.access import SystemVerifier
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

http = partial(kernel_http, on_failure=as_response)

OWNER: Final = "appointments"


class VisitRoutes(CitizenDoor):
    """Part of the gateway: what a citizen does before a visit, and on arriving for it (R36, R37, R41)."""

    @http("POST", "/api/v1/appointments/<appointment>/check-in")
    def check_in(self, request: Request, appointment: str) -> Response:
        """Check in for a visit whose unit asks for it (R36)."""
        about = {"appointment": appointment}
        return self._command(request, OWNER, "check_in", visit_schemas.CheckIn, about=about)

    @http("POST", "/api/v1/appointments/<appointment>/arrival")
    def arrive(self, request: Request, appointment: str) -> Response:
        """Say that one is here (R37)."""
        return self._command(request, OWNER, "arrive", schemas.Nothing, about={"appointment": appointment})

    @http("POST", "/api/v1/appointments/<appointment>/tasks/<task>")
    def mark_task(self, request: Request, appointment: str, task: str) -> Response:
        """Say that something to be done before a visit is done, or not after all (R41)."""
        about = {"appointment": appointment, "task": task}
        return self._command(request, OWNER, "mark_task", visit_schemas.MarkTask, about=about)


class StaffVisitRoutes:
    """Part of the gateway: whom an organisation expects on a day, with its system token."""

    systems: SystemVerifier
    tokens: session.Tokens
    appointments: Remote

    @http("GET", "/staff/v1/appointments")
    def list_day(self, request: Request) -> Response:
        """The organisation's appointments of one day, and what was done about each."""
        question = arguments_of(request, visit_schemas.DayQuery)
        token = self.tokens.of_staff(system_login(self.systems, request), OWNER)
        body = self.appointments.call("visits_of_day", question, token=token, raw=True)
        return Response(body, headers=HEADERS, content_type=JSON)
