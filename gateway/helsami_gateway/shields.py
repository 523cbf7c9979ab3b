"""What citizens hide of their own, and what staff say to it, at the door (R68, R69)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas, session, shield_schemas
from helsami_gateway.asked import arguments_of, command_of, key_of
from helsami_gateway.citizens import JSON, CitizenDoor
from helsami_gateway.errors import as_response
from helsami_gateway.grants import OWNER
from helsami_gateway.headers import HEADERS
from helsami_gateway.staff import system_login
from helsami_kernel.access import SystemVerifier
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

http = partial(kernel_http, on_failure=as_response)


class ShieldRoutes(CitizenDoor):
    """Part of the gateway: what one hides oneself, and from whom; never on another's behalf."""

    @http("GET", "/api/v1/shields")
    def list_shields(self, request: Request) -> Response:
        """What I have hidden, and how it stands."""
        return self._page(request, OWNER, shield_schemas.OwnShields, "shields")

    @http("POST", "/api/v1/shields")
    def shield(self, request: Request) -> Response:
        """Hide something of mine: whoever keeps it says first that it is, consents then hides it."""
        session.check_origin(request)
        who = self._who(request)
        wish = command_of(request, shield_schemas.Conceal)
        service = shield_schemas.SERVICES[wish["kind"]]
        tokens = self._tokens(request, who, OWNER, service)
        named = {"kind": wish["kind"], "item": wish["item"]}
        found = getattr(self, service).item(named, token=tokens[service])
        command = {**found, "hidden_from": wish["hidden_from"]}
        body = self.consents.call("shield", command, token=tokens[OWNER], idempotency_key=key_of(request), raw=True)
        return self._answer(body, who, 201)

    @http("DELETE", "/api/v1/shields/<shield>")
    def lift_shield(self, request: Request, shield: str) -> Response:
        """Hide something no longer."""
        return self._command(request, OWNER, "lift_shield", schemas.Nothing, about={"shield": shield})


class StaffShieldRoutes:
    """Part of the gateway: what an organisation has to say to what is hidden of its own, with its system token."""

    systems: SystemVerifier
    tokens: session.Tokens
    consents: Remote

    @http("GET", "/staff/v1/shields")
    def list_open_shields(self, request: Request) -> Response:
        """What waits for our word, the oldest first."""
        return self._of_shields(request, "open_shields", arguments_of(request, shield_schemas.OpenShields))

    @http("POST", "/staff/v1/shields/<shield>/decision")
    def decide_shield(self, request: Request, shield: str) -> Response:
        """Confirm or decline."""
        command = {**command_of(request, shield_schemas.DecideShield), "shield": shield}
        return self._of_shields(request, "decide_shield", command)

    def _of_shields(self, request: Request, method: str, question: Mapping[str, Any]) -> Response:
        token = self.tokens.of_staff(system_login(self.systems, request), OWNER)
        body = self.consents.call(method, question, token=token, idempotency_key=key_of(request), raw=True)
        return Response(body, headers=HEADERS, content_type=JSON)
