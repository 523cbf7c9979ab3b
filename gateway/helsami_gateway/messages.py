"""A citizen's written dialogue with those who treat them: whom they may write to, what was written, and answers."""

from __future__ import annotations

from functools import partial
from typing import Final

from werkzeug.wrappers import Request, Response

from helsami_gateway import message_schemas
from helsami_gateway.citizens import CitizenDoor
from helsami_gateway.errors import as_response
from helsami_kernel.http import http as kernel_http

http = partial(kernel_http, on_failure=as_response)

OWNER: Final = "messages"


class MessageRoutes(CitizenDoor):
    """Part of the gateway: writing to a unit or somebody who works there, and reading what they answer (R75-R83)."""

    @http("GET", "/api/v1/messages/recipients")
    def list_recipients(self, request: Request) -> Response:
        """Whom this citizen may write to (R78)."""
        return self._ask(request, OWNER, "recipients", {}, purpose="recipients")

    @http("GET", "/api/v1/messages")
    def list_messages(self, request: Request) -> Response:
        """A page of threads."""
        return self._page(request, OWNER)

    @http("POST", "/api/v1/messages")
    def write_message(self, request: Request) -> Response:
        """Begin a thread (R75, R78)."""
        return self._command(request, OWNER, "write", message_schemas.Write, status=201)

    @http("GET", "/api/v1/messages/<thread>")
    def show_thread(self, request: Request, thread: str) -> Response:
        """A thread with its messages."""
        return self._ask(request, OWNER, "thread", {"thread": thread})

    @http("POST", "/api/v1/messages/<thread>/replies")
    def reply(self, request: Request, thread: str) -> Response:
        """Write again in a thread whose last answer opened for it (R77)."""
        return self._command(request, OWNER, "reply", message_schemas.Reply, status=201, about={"thread": thread})

    @http("POST", "/api/v1/messages/<thread>/read")
    def mark_read(self, request: Request, thread: str) -> Response:
        """Say that one has read what is answered, as far as one has seen it."""
        return self._command(request, OWNER, "mark_read", message_schemas.Read, about={"thread": thread})
