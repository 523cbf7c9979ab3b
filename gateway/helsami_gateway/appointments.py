"""A citizen's appointments and free times."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson
from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas
from helsami_gateway.access_log import LogsStaff
from helsami_gateway.asked import arguments_of, command_of, key_of
from helsami_gateway.citizens import JSON, CitizenDoor
from helsami_gateway.errors import as_response
from helsami_gateway.headers import HEADERS
from helsami_gateway.staff import system_login
from helsami_kernel.access import SystemVerifier
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

http = partial(kernel_http, on_failure=as_response)


class AppointmentRoutes(CitizenDoor):
    """Part of the gateway: looking for a time, taking it, and what becomes of it."""

    @http("GET", "/api/v1/slots")
    def list_slots(self, request: Request) -> Response:
        """Free times that the organisations offer this citizen."""
        return self._ask(request, "appointments", "slots", arguments_of(request, schemas.SlotsQuery))

    @http("POST", "/api/v1/slots/<slot>/hold")
    def hold(self, request: Request, slot: str) -> Response:
        """Keep a free time for five minutes, to confirm it (R22)."""
        return self._command(request, "appointments", "hold", schemas.Nothing, about={"slot": slot})

    @http("GET", "/api/v1/appointments")
    def list_appointments(self, request: Request) -> Response:
        """A page of appointments."""
        return self._page(request, "appointments", schemas.AppointmentsPage)

    @http("POST", "/api/v1/appointments")
    def book(self, request: Request) -> Response:
        """Take a free time (R20, R22)."""
        return self._command(request, "appointments", "book", schemas.BookAndWait, status=201)

    @http("POST", "/api/v1/appointments/<appointment>/move")
    def move(self, request: Request, appointment: str) -> Response:
        """Take another free time for an appointment (R21, R22)."""
        return self._command(request, "appointments", "move", schemas.Book, about={"appointment": appointment})

    @http("POST", "/api/v1/appointments/<appointment>/cancel")
    def cancel(self, request: Request, appointment: str) -> Response:
        """Give an appointment up (R21)."""
        return self._command(request, "appointments", "cancel", schemas.Nothing, about={"appointment": appointment})

    @http("POST", "/api/v1/appointments/<appointment>/requests")
    def ask(self, request: Request, appointment: str) -> Response:
        """Ask for what one cannot do oneself (R21)."""
        about = {"appointment": appointment}
        return self._command(request, "appointments", "ask", schemas.Ask, status=201, about=about)

    @http("DELETE", "/api/v1/requests/<asked>")
    def withdraw_request(self, request: Request, asked: str) -> Response:
        """Take a request back."""
        return self._command(request, "appointments", "withdraw_request", schemas.Nothing, about={"request": asked})


class StaffAppointmentRoutes(LogsStaff):
    """Part of the gateway: what an organisation's staff answer, with its system token."""

    systems: SystemVerifier
    appointments: Remote

    @http("GET", "/staff/v1/requests")
    def list_requests(self, request: Request) -> Response:
        """What citizens have asked of the organisation, and nobody has answered; that it is read is in their logs."""
        login = system_login(self.systems, request)
        token = self.tokens.of_staff(login, "appointments")
        listed = self.appointments.call("open_requests", arguments_of(request, schemas.Page), token=token)
        self._log_staff(listed.pop("about"), login.organisation, "open-requests", "patient-request")
        return Response(orjson.dumps(listed), headers=HEADERS, content_type=JSON)

    @http("POST", "/staff/v1/requests/<asked>/answer")
    def answer_request(self, request: Request, asked: str) -> Response:
        """Accept or decline a request."""
        command = command_of(request, schemas.AnswerRequest)
        return self._of_staff(request, "answer_request", {**command, "request": asked})

    def _of_staff(self, request: Request, method: str, question: Mapping[str, Any]) -> Response:
        token = self.tokens.of_staff(system_login(self.systems, request), "appointments")
        body = self.appointments.call(method, question, token=token, idempotency_key=key_of(request), raw=True)
        return Response(body, headers=HEADERS, content_type=JSON)
