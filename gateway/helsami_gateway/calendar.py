"""A citizen's health calendar."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from werkzeug.wrappers import Request, Response

from helsami_gateway import calendar_schemas, session
from helsami_gateway.asked import arguments_of, command_of, key_of
from helsami_gateway.citizens import CitizenDoor, represented
from helsami_gateway.errors import as_response
from helsami_kernel.errors import Forbidden
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

http = partial(kernel_http, on_failure=as_response)


class CalendarRoutes(CitizenDoor):
    """Part of the gateway: one list of what is to come, and what a citizen writes into it themselves (R38)."""

    appointments: Remote

    @http("GET", "/api/v1/calendar")
    def show_calendar(self, request: Request) -> Response:
        """Appointments and own events in a window."""
        return self._ask(request, "appointments", "calendar", arguments_of(request, calendar_schemas.CalendarQuery))

    @http("GET", "/api/v1/calendar/events")
    def list_events(self, request: Request) -> Response:
        """All of one's own events."""
        return self._own(request, "events", {})

    @http("POST", "/api/v1/calendar/events")
    def add_event(self, request: Request) -> Response:
        """Write an event."""
        session.check_origin(request)
        return self._own(request, "add_event", command_of(request, calendar_schemas.Event), status=201)

    @http("PUT", "/api/v1/calendar/events/<event>")
    def change_event(self, request: Request, event: str) -> Response:
        """Write an event anew."""
        session.check_origin(request)
        return self._own(request, "change_event", {**command_of(request, calendar_schemas.Event), "event": event})

    @http("DELETE", "/api/v1/calendar/events/<event>")
    def remove_event(self, request: Request, event: str) -> Response:
        """Remove an event."""
        session.check_origin(request)
        return self._own(request, "remove_event", {"event": event})

    def _own(self, request: Request, method: str, command: Mapping[str, Any], *, status: int = 200) -> Response:
        """What a citizen keeps for themselves: nobody is asked about it on their behalf."""
        who = self.sessions.of(request)
        if represented(request, who) is not None:
            raise Forbidden("not-for-representatives")
        token = self.tokens.about_self(who, "appointments")
        body = self.appointments.call(method, command, token=token, idempotency_key=key_of(request), raw=True)
        return self._answer(body, who, status)
