"""A citizen's health calendar."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, Final

import orjson
from werkzeug.wrappers import Request, Response

from helsami_gateway import calendar_schemas, session
from helsami_gateway.access_log import LogsSystems
from helsami_gateway.asked import arguments_of, command_of, key_of
from helsami_gateway.citizens import CitizenDoor, represented
from helsami_gateway.errors import as_response
from helsami_gateway.headers import HEADERS
from helsami_kernel.errors import Forbidden, NotFound
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

SECRET_BYTES: Final = 32
CALENDAR: Final = "text/calendar; charset=utf-8"
UNLISTED: Final = {"X-Robots-Tag": "noindex, nofollow"}

http = partial(kernel_http, on_failure=as_response)


class CalendarRoutes(CitizenDoor, LogsSystems):
    """Part of the gateway: one list of what is to come, and what a citizen writes into it themselves (R38)."""

    appointments: Remote
    directory: Remote

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

    @http("GET", "/api/v1/calendar/link")
    def show_link(self, request: Request) -> Response:
        """Whether there is a private link to one's calendar, and what it tells."""
        return self._own(request, "calendar_link", {})

    @http("POST", "/api/v1/calendar/link")
    def open_link(self, request: Request) -> Response:
        """Make a new private link: its secret is made here, shown this once, and kept by nobody."""
        session.check_origin(request)
        wish = command_of(request, calendar_schemas.OpenLink)
        secret = secrets.token_urlsafe(SECRET_BYTES)
        command = {**wish, "link": hash_of(secret)}
        response = self._own(request, "open_calendar_link", command, status=201)
        response.set_data(orjson.dumps({"path": f"/calendar/{secret}.ics", **orjson.loads(response.data)}))
        return response

    @http("DELETE", "/api/v1/calendar/link")
    def close_link(self, request: Request) -> Response:
        """End one's private link, from the next request on."""
        session.check_origin(request)
        return self._own(request, "close_calendar_link", {})

    @http("GET", "/calendar/<secret>.ics")
    def follow_link(self, request: Request, secret: str) -> Response:  # noqa: ARG002  a calendar brings nothing else
        """What another calendar reads by a private link; one that was ended is as one that never was."""
        link = hash_of(secret)
        try:
            whose = self._whose(link)
            self._log_system(whose.citizen, "calendar-link", "calendar-feed", "appointments")
            token = self.tokens.about_self(whose, "appointments")
            body = self.appointments.call("feed", {"link": link}, token=token, raw=True)
        except (NotFound, Forbidden):
            raise NotFound("not-found") from None
        return Response(body, headers={**HEADERS, **UNLISTED}, content_type=CALENDAR)

    def _whose(self, link: str) -> session.Session:
        """The citizen whose calendar it is, with the register's facts of this moment. Raises NotFound."""
        asked = self.tokens.own("appointments", "calendar:feed")
        citizen = self.appointments.calendar_of_link({"link": link}, token=asked)["citizen"]
        asked = self.tokens.own("directory", "directory:reader")
        facts = self.directory.reader({"citizen": citizen}, token=asked)
        return self.sessions.begin(citizen, date.fromisoformat(facts["birth_date"]), protected=facts["protected"])

    def _own(self, request: Request, method: str, command: Mapping[str, Any], *, status: int = 200) -> Response:
        """What a citizen keeps for themselves: nobody is asked about it on their behalf."""
        who = self._who(request)
        if represented(request, who) is not None:
            raise Forbidden("not-for-representatives")
        token = self.tokens.about_self(who, "appointments")
        body = self.appointments.call(method, command, token=token, idempotency_key=key_of(request), raw=True)
        return self._answer(body, who, status)


def hash_of(secret: str) -> str:
    """What is kept of a link's secret, and all that leaves the door: of 256 random bits, a plain digest suffices."""
    return hashlib.sha256(secret.encode()).hexdigest()
