"""What staff ask: those who run the region about every organisation, an organisation's own about itself alone."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas, session
from helsami_gateway.asked import json_of
from helsami_gateway.errors import SYSTEM_LOGIN_NEEDED, LoginNeeded, as_response
from helsami_gateway.headers import HEADERS
from helsami_kernel.access import SystemToken, SystemVerifier
from helsami_kernel.errors import Forbidden, load
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

http = partial(kernel_http, on_failure=as_response)

JSON: Final = "application/json"


class StaffRoutes:
    """Part of the gateway: organisations' states, for whoever logs in with a system token."""

    systems: SystemVerifier
    tokens: session.Tokens
    directory: Remote

    @http("GET", "/staff/v1/organisations")
    def list_standings(self, request: Request) -> Response:
        """Where every organisation stands; for an organisation's own token, where it stands itself."""
        return self._ask_directory(request, "standings", {})

    @http("GET", "/staff/v1/organisations/<organisation>")
    def show_standing(self, request: Request, organisation: str) -> Response:
        """Where one organisation stands, where it may go, and how it came there."""
        return self._ask_directory(request, "standing", {"organisation": organisation})

    @http("POST", "/staff/v1/organisations/<organisation>/state")
    def change_state(self, request: Request, organisation: str) -> Response:
        """Let an organisation enter a state; an organisation's own token can pause it, and no more."""
        login = system_login(self.systems, request)
        command = load(schemas.ChangeState, json_of(request))
        return self._ask_directory(request, "change_state", {"organisation": organisation, **command}, login)

    def _ask_directory(
        self, request: Request, method: str, question: dict[str, Any], login: SystemToken | None = None
    ) -> Response:
        login = login or system_login(self.systems, request)
        body = self.directory.call(method, question, token=self.tokens.of_staff(login, "directory"), raw=True)
        return Response(body, headers=HEADERS, content_type=JSON)


def system_login(systems: SystemVerifier, request: Request) -> SystemToken:
    """For which organisation a bearer token speaks. Raises LoginNeeded without one that holds."""
    authorization = request.authorization
    try:
        return systems.verify(authorization.token if authorization is not None else None)
    except Forbidden:
        raise LoginNeeded(SYSTEM_LOGIN_NEEDED) from None
