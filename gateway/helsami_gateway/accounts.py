"""Logging in and out, leaving one's account, and the end of sessions before their time."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Final

import orjson
from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas, session
from helsami_gateway.asked import command_of, key_of
from helsami_gateway.citizens import CitizenDoor, represented
from helsami_gateway.errors import LoginNeeded, as_response
from helsami_gateway.headers import HEADERS
from helsami_kernel import Event, handles
from helsami_kernel.errors import FieldProblem, Forbidden, Malformed, NotFound
from helsami_kernel.http import http as kernel_http
from helsami_kernel.rpc import Remote

NOTHING_TO_SAY: Final = 1024
"""A body that nobody reads, from whoever it is."""

http = partial(kernel_http, on_failure=as_response)


class AccountRoutes(CitizenDoor):
    """Part of the gateway: who is logged in, and for how long."""

    directory: Remote

    def admit(self, national_id: str) -> Response:
        """Let in somebody who has proved who they are; an account that was left is taken up again by it (R8)."""
        token = self.tokens.own("directory", "directory:identify")
        try:
            found = self.directory.log_in({"national_id": national_id}, token=token)
        except NotFound:
            raise NotFound("unknown-person") from None
        if found.get("birth_date") is None:
            raise Forbidden("register-facts-missing")
        who = self.sessions.begin(
            found["citizen"],
            date.fromisoformat(found["birth_date"]),
            protected=found["protected"],
            name=found["name"],
            language=found["language"],
        )
        told = {name: found[name] for name in ("citizen", "name", "language", "first_login", "reactivated")}
        response = self._answer(orjson.dumps(told), who)
        self.sessions.put(response, who)
        return response

    @http("POST", "/api/v1/logout", body_at_most=NOTHING_TO_SAY)
    def log_out(self, request: Request) -> Response:
        """End the session, wherever its cookie lies, and forget who this is, whoever it was."""
        session.check_origin(request)
        response = Response(status=204, headers=HEADERS)
        self.sessions.end(response)
        try:
            who = self.sessions.of(request)
        except LoginNeeded:
            return response
        with self.store.transaction(who.citizen) as tx:
            tx.end_session(who.id)
        return response

    @http("POST", "/api/v1/account/deactivate")
    def deactivate(self, request: Request) -> Response:
        """Leave one's own account until one logs in again: every session of it is over (R8, K19)."""
        session.check_origin(request)
        who = self._who(request)
        if represented(request, who) is not None:
            raise Forbidden("not-for-representatives")
        command = command_of(request, schemas.Nothing)
        token = self.tokens.about_self(who, "directory")
        body = self.directory.call("deactivate", command, token=token, idempotency_key=key_of(request), raw=True)
        with self.store.transaction(who.citizen) as tx:
            tx.end_sessions(tx.now)
        response = self._answer(body, who)
        self.sessions.end(response)
        return response

    @handles("account_deactivated", source="directory")
    def end_with_account(self, event: Event) -> None:
        """Whoever has left is logged out everywhere, also where this gateway was not asked."""
        self._end_sessions(event)

    @handles("citizen_died", source="directory")
    def end_with_death(self, event: Event) -> None:
        """Nobody goes on in the name of somebody who has died."""
        self._end_sessions(event)

    @handles("protection_changed", source="directory")
    def end_with_protection(self, event: Event) -> None:
        """A session knows from its beginning whether the address is protected: another must begin."""
        self._end_sessions(event)

    @handles("birth_date_changed", source="directory")
    def end_with_birth_date(self, event: Event) -> None:
        """A session knows from its beginning how old somebody is: another must begin."""
        self._end_sessions(event)

    def _end_sessions(self, event: Event) -> None:
        if event.subject is None:
            raise Malformed("malformed", FieldProblem("subject", "the id of a citizen"))
        with self.store.transaction(event.subject) as tx:
            tx.end_sessions(event.time or tx.now)
