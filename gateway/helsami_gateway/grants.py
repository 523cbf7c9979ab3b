"""Who may act for whom, as its two sides deal with it at the door."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas
from helsami_gateway.asked import command_of
from helsami_gateway.citizens import CitizenDoor
from helsami_gateway.errors import as_response
from helsami_kernel.errors import NotFound
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

http = partial(kernel_http, on_failure=as_response)

OWNER: Final = "consents"


class GrantRoutes(CitizenDoor):
    """Part of the gateway: grants, for whoever has given or received them (R91-R95)."""

    directory: Remote

    @http("GET", "/api/v1/grants")
    def list_grants(self, request: Request) -> Response:
        """Whom I have let act for me, and who has let me (R95)."""
        return self._ask(request, OWNER, "grants", {})

    @http("POST", "/api/v1/grants")
    def offer_grant(self, request: Request) -> Response:
        """Let another adult act for me, once they have said yes (R91-R93)."""
        return self._send(request, OWNER, "offer_grant", partial(self._offer, request), status=201)

    @http("PUT", "/api/v1/grants/<grant>")
    def change_grant(self, request: Request, grant: str) -> Response:
        """Give a grant other terms."""
        return self._command(request, OWNER, "change_grant", schemas.GrantTerms, about={"grant": grant})

    @http("POST", "/api/v1/grants/<grant>/accept")
    def accept_grant(self, request: Request, grant: str) -> Response:
        """Say yes to acting for somebody."""
        return self._command(request, OWNER, "accept_grant", schemas.Nothing, about={"grant": grant})

    @http("POST", "/api/v1/grants/<grant>/confirm")
    def confirm_grant(self, request: Request, grant: str) -> Response:
        """Mean a grant anew that was suspended (K19)."""
        return self._command(request, OWNER, "confirm_grant", schemas.Nothing, about={"grant": grant})

    @http("DELETE", "/api/v1/grants/<grant>")
    def end_grant(self, request: Request, grant: str) -> Response:
        """End a grant, from the next request on (R94)."""
        return self._command(request, OWNER, "end_grant", schemas.Nothing, about={"grant": grant})

    def _offer(self, request: Request) -> dict[str, Any]:
        """The offer in the body; who is named by national id is one whom the directory knows, else nobody."""
        wish = command_of(request, schemas.OfferGrant)
        if (national_id := wish.pop("national_id")) is None:
            return wish
        token = self.tokens.own("directory", "directory:identify")
        try:
            found = self.directory.identify({"national_id": national_id}, token=token)
        except NotFound:
            raise NotFound("citizen-not-found") from None
        return {**wish, "receiver": found["citizen"]}
