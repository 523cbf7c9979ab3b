"""What lies in an organisation's inboxes and with its employees, and what they do with it, with its system token."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from helsami_gateway import message_schemas, schemas
from helsami_gateway.access_log import LogsStaff
from helsami_gateway.asked import command_of, key_of
from helsami_gateway.citizens import JSON
from helsami_gateway.errors import as_response
from helsami_gateway.headers import HEADERS
from helsami_gateway.staff import system_login
from helsami_kernel.access import SystemVerifier
from helsami_kernel.errors import NotFound
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

http = partial(kernel_http, on_failure=as_response)

OWNER: Final = "messages"
PURPOSE: Final = "patient-request"


class StaffMessageRoutes(LogsStaff):
    """
    Part of the gateway: an organisation's inboxes (R79-R81).

    An employee is named by what their record system calls them, which may be a number of theirs: in bodies alone, and
    in no path or query.
    """

    systems: SystemVerifier
    messages: Remote
    directory: Remote

    @http("POST", "/staff/v1/messages/search")
    def list_lying(self, request: Request) -> Response:
        """What lies in an inbox or with an employee: ids and times, of nobody in particular."""
        return self._of_messages(request, "lying", command_of(request, message_schemas.Lying))

    @http("POST", "/staff/v1/messages/<message>/open")
    def open_message(self, request: Request, message: str) -> Response:
        """Read a message: it waits no longer (R81). That it is read is in the log of whoever wrote it before it is."""
        login = system_login(self.systems, request)
        command = {**command_of(request, schemas.Nothing), "message": message}
        token = self.tokens.of_staff(login, OWNER)
        whose = self.messages.whose(command, token=token)["citizen"]
        self._log_staff([whose], login.organisation, "message", PURPOSE, OWNER)
        return self._of_messages(request, "open_message", command, token=token)

    @http("POST", "/staff/v1/messages/<message>/answer")
    def answer_message(self, request: Request, message: str) -> Response:
        """Answer a message, and say whether the citizen may write again (R77)."""
        token = self.tokens.of_staff(system_login(self.systems, request), OWNER)
        command = {**command_of(request, message_schemas.AnswerMessage), "message": message}
        whose = self.messages.whose({"message": message}, token=token)["citizen"]
        command["by_post"] = self._by_post(whose)
        return self._of_messages(request, "answer", command, token=token, status=201)

    @http("POST", "/staff/v1/messages/<message>/close")
    def close_message(self, request: Request, message: str) -> Response:
        """Let a message wait no longer that needs no answer; whoever wrote it does not notice (R80)."""
        return self._of_messages(request, "close", {**command_of(request, schemas.Nothing), "message": message})

    @http("POST", "/staff/v1/messages/<message>/forward")
    def forward_message(self, request: Request, message: str) -> Response:
        """Let a message lie elsewhere in the organisation; whoever wrote it does not notice (R80)."""
        command = {"message": message, "to": command_of(request, message_schemas.Forward)}
        return self._of_messages(request, "forward", command)

    @http("POST", "/staff/v1/messages")
    def write_to(self, request: Request) -> Response:
        """Write to a citizen whom the organisation treats (R76)."""
        login = system_login(self.systems, request)
        command = command_of(request, message_schemas.WriteTo)
        command["citizen"] = self._citizen_called(command.pop("national_id"))
        command["by_post"] = self._by_post(command["citizen"])
        return self._of_messages(request, "write_to", command, token=self.tokens.of_staff(login, OWNER), status=201)

    def _of_messages(
        self, request: Request, method: str, command: Mapping[str, Any], *, token: str | None = None, status: int = 200
    ) -> Response:
        token = token or self.tokens.of_staff(system_login(self.systems, request), OWNER)
        body = self.messages.call(method, command, token=token, idempotency_key=key_of(request), raw=True)
        return Response(body, status, headers=HEADERS, content_type=JSON)

    def _by_post(self, citizen: str) -> bool:
        """Whether what staff write would reach nobody here: messages refuse it then (K19)."""
        token = self.tokens.own("directory", "directory:reader")
        return bool(self.directory.by_post({"citizen": citizen}, token=token)["by_post"])

    def _citizen_called(self, national_id: str) -> str:
        """
        The id of whom staff name.

        One who is not known looks like one whom the organisation does not treat: staff learn nothing here of whom
        others know.
        """
        token = self.tokens.own("directory", "directory:identify")
        try:
            return str(self.directory.identify({"national_id": national_id}, token=token)["citizen"])
        except NotFound:
            raise NotFound("relation-not-found") from None
