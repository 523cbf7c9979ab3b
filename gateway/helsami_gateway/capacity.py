"""Acting for adults who cannot consent: what relatives and guardians apply for, and what staff decide."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from helsami_gateway import capacity_schemas, schemas, session
from helsami_gateway.asked import arguments_of, command_of, key_of
from helsami_gateway.citizens import JSON
from helsami_gateway.errors import as_response
from helsami_gateway.grants import OWNER, GrantRoutes
from helsami_gateway.headers import HEADERS
from helsami_gateway.letters import AS_A_FILE, ENDINGS
from helsami_gateway.staff import system_login
from helsami_kernel.access import SystemVerifier
from helsami_kernel.errors import NotFound, Refused
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote
from helsami_sdk.lifecycle import LIVE
from helsami_sdk.organisations import Organisations

http = partial(kernel_http, on_failure=as_response)

WITH_DOCUMENTS: Final = 15 * 1024 * 1024
"""Five documents of two megabytes, in base64, and what is said around them."""


class CapacityRoutes(GrantRoutes):
    """Part of the gateway: relatives and guardians who apply to act for somebody (R101, R102)."""

    rules: Organisations

    @http("GET", "/api/v1/capacity-applications")
    def list_capacity_applications(self, request: Request) -> Response:
        """What I have applied for, and how it stands."""
        return self._ask(request, OWNER, "capacity_applications", {})

    @http("POST", "/api/v1/capacity-applications", body_at_most=WITH_DOCUMENTS)
    def apply_for_capacity(self, request: Request) -> Response:
        """Ask to act for an adult who cannot consent, with documents that show my right."""
        return self._send(request, OWNER, "apply_for_capacity", partial(self._application, request), status=201)

    @http("DELETE", "/api/v1/capacity-applications/<application>")
    def withdraw_capacity(self, request: Request, application: str) -> Response:
        """Take an application back, or act for somebody no longer."""
        about = {"application": application}
        return self._command(request, OWNER, "withdraw_capacity", schemas.Nothing, about=about)

    def _application(self, request: Request) -> dict[str, Any]:
        """The application in the body, to an organisation that is live, about whoever is named."""
        wish = command_of(request, capacity_schemas.ApplyForCapacity)
        organisation = wish["organisation"]
        if organisation not in self.rules or self.rules[organisation].state != LIVE:
            raise Refused("unknown-organisation")
        subject = self.named(request, wish.pop("national_id"))
        return {**wish, "subject": subject}


class StaffCapacityRoutes:
    """Part of the gateway: what an organisation has to decide, with its system token."""

    systems: SystemVerifier
    tokens: session.Tokens
    consents: Remote

    @http("GET", "/staff/v1/capacity-applications")
    def list_open_capacity_applications(self, request: Request) -> Response:
        """What has to be decided, the oldest first."""
        question = arguments_of(request, capacity_schemas.OpenApplications)
        return self._of_capacity(request, "open_capacity_applications", question)

    @http("GET", "/staff/v1/capacity-applications/<application>/documents/<number>")
    def fetch_capacity_document(self, request: Request, application: str, number: str) -> Response:
        """What was enclosed, to be saved; that it was opened is in the access log of whom it is about."""
        token = self.tokens.of_staff(system_login(self.systems, request), OWNER)
        if not (number.isascii() and number.isdigit() and len(number) == 1):
            raise NotFound("document-not-found")
        asked = {"application": application, "number": int(number)}
        document = self.consents.capacity_document(asked, token=token)
        kind = document["content_type"]
        name = f"document-{number}.{ENDINGS[kind]}"
        saved = {**HEADERS, **AS_A_FILE, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(base64.b64decode(document["content"]), headers=saved, content_type=kind)

    @http("POST", "/staff/v1/capacity-applications/<application>/decision")
    def decide_capacity(self, request: Request, application: str) -> Response:
        """Grant, decline or end."""
        command = {**command_of(request, capacity_schemas.DecideCapacity), "application": application}
        return self._of_capacity(request, "decide_capacity", command)

    def _of_capacity(self, request: Request, method: str, question: Mapping[str, Any]) -> Response:
        token = self.tokens.of_staff(system_login(self.systems, request), OWNER)
        body = self.consents.call(method, question, token=token, idempotency_key=key_of(request), raw=True)
        return Response(body, headers=HEADERS, content_type=JSON)
