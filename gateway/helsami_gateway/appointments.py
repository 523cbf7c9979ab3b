"""A citizen's appointments and free times."""

from __future__ import annotations

from functools import partial

from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas
from helsami_gateway.asked import arguments_of
from helsami_gateway.citizens import CitizenDoor
from helsami_gateway.errors import as_response
from helsami_kernel.http import http as kernel_http

http = partial(kernel_http, on_failure=as_response)


class AppointmentRoutes(CitizenDoor):
    """Part of the gateway: looking for a time, taking it, and what becomes of it."""

    @http("GET", "/api/v1/slots")
    def list_slots(self, request: Request) -> Response:
        """Free times that the organisations offer this citizen."""
        return self._ask(request, "appointments", "slots", arguments_of(request, schemas.SlotsQuery))

    @http("GET", "/api/v1/appointments")
    def list_appointments(self, request: Request) -> Response:
        """A page of appointments."""
        return self._page(request, "appointments", schemas.AppointmentsPage)

    @http("GET", "/api/v1/appointments/<appointment>")
    def show_appointment(self, request: Request, appointment: str) -> Response:
        """An appointment, and what can be done with it (R21)."""
        return self._ask(request, "appointments", "show", {"appointment": appointment})

    @http("POST", "/api/v1/appointments")
    def book(self, request: Request) -> Response:
        """Take a free time (R20, R22)."""
        return self._command(request, "appointments", "book", schemas.Book, status=201)

    @http("POST", "/api/v1/appointments/<appointment>/move")
    def move(self, request: Request, appointment: str) -> Response:
        """Take another free time for an appointment (R21, R22)."""
        return self._command(request, "appointments", "move", schemas.Book, appointment=appointment)

    @http("POST", "/api/v1/appointments/<appointment>/cancel")
    def cancel(self, request: Request, appointment: str) -> Response:
        """Give an appointment up (R21)."""
        return self._command(request, "appointments", "cancel", schemas.Nothing, appointment=appointment)
