"""What staff ask: those who run the region about every organisation, an organisation's own about itself alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import orjson
from werkzeug.wrappers import Request, Response

from helsami_gateway import decisions, profile_schemas, schemas, session
from helsami_gateway.asked import json_of
from helsami_gateway.errors import SYSTEM_LOGIN_NEEDED, LoginNeeded, as_response
from helsami_gateway.headers import HEADERS
from helsami_kernel.access import SystemToken, SystemVerifier
from helsami_kernel.config import Settings
from helsami_kernel.errors import Forbidden, NotFound, load
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote
from helsami_kernel.views import audience
from helsami_sdk.organisations import Organisations

http = partial(kernel_http, on_failure=as_response)

JSON: Final = "application/json"


class StaffRoutes:
    """Part of the gateway: organisations' states and decisions, for whoever logs in with a system token."""

    systems: SystemVerifier
    tokens: session.Tokens
    directory: Remote
    views: Callable[..., Mapping[str, bytes]]
    rules: Organisations
    settings: Settings

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

    @http("POST", "/staff/v1/register/changes")
    def register_changed(self, request: Request) -> Response:
        """Ask the population register again about people of whom its feed says that something has changed."""
        login = system_login(self.systems, request)
        command = load(profile_schemas.RegisterChanged, json_of(request))
        return self._ask_directory(request, "register_changed", command, login)

    @http("GET", "/staff/v1/decisions/<decision>")
    def explain(self, request: Request, decision: str) -> Response:
        """Why something was not offered, not shown or sent where it was: by a decision's id, or by the thing's."""
        login = system_login(self.systems, request)
        if len(decision) > decisions.LONGEST_ID:
            raise NotFound("decision-not-found")
        token = self.tokens.of_staff(login, audience(decisions.VIEW))
        within = self.settings.view_deadline.total_seconds()
        gathered = self.views(decisions.VIEW, {"id": decision}, token=token, within=within)
        told = decisions.told(gathered, self.rules)
        return Response(orjson.dumps(told), headers=HEADERS, content_type=JSON)

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
