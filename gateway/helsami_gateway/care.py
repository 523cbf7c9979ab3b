"""A citizen's stays in institutions and referrals."""

from __future__ import annotations

from functools import partial

from werkzeug.wrappers import Request, Response

from helsami_gateway.asked import arguments_of
from helsami_gateway.citizens import CitizenDoor
from helsami_gateway.errors import as_response
from helsami_gateway.schemas import Page
from helsami_kernel.http import http as kernel_http

http = partial(kernel_http, on_failure=as_response)


class CareRoutes(CitizenDoor):
    """Part of the gateway: what is planned for a citizen beside appointments, and what has been."""

    @http("GET", "/api/v1/stays")
    def list_stays(self, request: Request) -> Response:
        """A page of stays, planned ones first (R31)."""
        return self._ask(request, "appointments", "stays", arguments_of(request, Page))

    @http("GET", "/api/v1/referrals")
    def list_referrals(self, request: Request) -> Response:
        """A page of referrals (R32)."""
        return self._ask(request, "appointments", "referrals", arguments_of(request, Page))

    @http("GET", "/api/v1/referrals/<referral>")
    def show_referral(self, request: Request, referral: str) -> Response:
        """A referral, and the appointments it has led to (R32)."""
        return self._ask(request, "appointments", "referral", {"referral": referral})
