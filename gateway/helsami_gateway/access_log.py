"""Who has looked: a citizen's access log, as pages and as FHIR, and how the portal's own systems come into it (R67)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Final

from werkzeug.wrappers import Request, Response

from helsami_gateway import access_log_schemas, session
from helsami_gateway.asked import arguments_of
from helsami_gateway.citizens import CitizenDoor
from helsami_gateway.errors import as_response
from helsami_kernel.clock import OSLO
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

FHIR: Final = "application/fhir+json"
LOGGED_AT_ONCE: Final = 100
PATH: Final = "/api/v1/access-log/export"

http = partial(kernel_http, on_failure=as_response)


class AccessLogRoutes(CitizenDoor):
    """Part of the gateway: who has looked."""

    @http("GET", "/api/v1/access-log")
    def list_access(self, request: Request) -> Response:
        """A page of who has looked."""
        return self._ask(request, "consents", "access_log", arguments_of(request, access_log_schemas.AccessLogQuery))

    @http("GET", PATH)
    def export_access(self, request: Request) -> Response:
        """A page of the same as a FHIR R4 Bundle of AuditEvents."""
        asked = arguments_of(request, access_log_schemas.ExportQuery)
        response = self._ask(request, "consents", "export_access_log", {**asked, "path": PATH})
        response.content_type = FHIR
        return response


class LogsStaff:
    """Part of the gateway: of whom staff are shown something, in their logs it is before that."""

    tokens: session.Tokens
    consents: Remote

    def _log_staff(
        self, citizens: Iterable[str], organisation: str, shown: str, purpose: str, kind: str = "appointments"
    ) -> None:
        """Log a list of what is of a kind, once a day for each citizen on it. Raises Unavailable."""
        subjects = sorted(set(citizens))
        for place in range(0, len(subjects), LOGGED_AT_ONCE):
            some = subjects[place : place + LOGGED_AT_ONCE]
            looked = {"organisation": organisation, "shown": shown, "purpose": purpose, "kinds": [kind]}
            token = self.tokens.own("consents", "access-log:write")
            self.consents.log_staff_access({"subjects": some, **looked}, token=token)


class LogsSystems:
    """Part of the gateway: whatever reads for a citizen without their asking is in their log first (K13)."""

    tokens: session.Tokens
    consents: Remote
    clock: Callable[[], datetime]

    def _log_system(self, citizen: str, actor: str, purpose: str, kind: str) -> None:
        """Log a system's reading, once a day: a calendar looks every quarter of an hour. Raises Unavailable."""
        day = self.clock().astimezone(OSLO).date().isoformat()
        looked = {"subject": citizen, "actor": actor, "purpose": purpose, "kinds": [kind], "once": f"{actor} {day}"}
        self.consents.log_access(looked, token=self.tokens.own("consents", "access-log:write"))
