"""Who may act for whom, as its two sides deal with it at the door."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas
from helsami_gateway.asked import command_of
from helsami_gateway.citizens import CitizenDoor
from helsami_gateway.errors import as_response
from helsami_gateway.storage import NamingWrites, SessionReads
from helsami_kernel.errors import Conflict, NotFound
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote
from helsami_kernel.store import OpenStore

http = partial(kernel_http, on_failure=as_response)

OWNER: Final = "consents"
NAMED_A_DAY: Final = 30
"""How many people somebody names by national id in a day, known here or not: trying numbers finds out little."""


class GrantRoutes(CitizenDoor):
    """Part of the gateway: grants, for whoever has given or received them, and parents for children (R9, R91-R98)."""

    directory: Remote
    store: OpenStore[SessionReads, NamingWrites]

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

    @http("GET", "/api/v1/children")
    def list_children(self, request: Request) -> Response:
        """The children whom I act for."""
        return self._ask(request, OWNER, "children", {})

    @http("POST", "/api/v1/children")
    def apply_for_child(self, request: Request) -> Response:
        """Act for a child of mine, if the register says so (R96, R97)."""
        return self._send(request, OWNER, "apply_for_child", partial(self._child, request), status=201)

    @http("DELETE", "/api/v1/children/<child>")
    def leave_child(self, request: Request, child: str) -> Response:
        """Act for a child no longer."""
        return self._command(request, OWNER, "leave_child", schemas.Nothing, about={"child": child})

    @http("GET", "/api/v1/acting-for")
    def list_acting_for(self, request: Request) -> Response:
        """For whom I may act now, and in what (R9)."""
        return self._ask(request, OWNER, "acting_for", {})

    def _offer(self, request: Request) -> dict[str, Any]:
        """The offer in the body."""
        wish = command_of(request, schemas.OfferGrant)
        if (national_id := wish.pop("national_id")) is None:
            return wish
        return {**wish, "receiver": self.named(request, national_id)}

    def _child(self, request: Request) -> dict[str, Any]:
        """The child in the body."""
        return {"child": self.named(request, command_of(request, schemas.ApplyForChild)["national_id"])}

    def named(self, request: Request, national_id: str) -> str:
        """
        The id of whom a citizen names by national id; of whom the directory does not know, one that is nobody's.

        Consents refuses nobody as it refuses whoever may not be named, and after as long: an answer that came sooner
        would say who has no account here. Raises Conflict("too-many-named") beyond NAMED_A_DAY, whoever is named.
        """
        with self.store.transaction(self._who(request).citizen) as tx:
            number = tx.name()
        if number > NAMED_A_DAY:
            raise Conflict("too-many-named")
        token = self.tokens.own("directory", "directory:identify")
        try:
            return str(self.directory.identify({"national_id": national_id}, token=token)["citizen"])
        except NotFound:
            return uuid.uuid4().hex
