"""How the gateway asks for a citizen: with a token about whom the question is about, and answers what it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from helsami_gateway import schemas, session, texts
from helsami_gateway.asked import arguments_of, command_of, key_of
from helsami_gateway.errors import LoginNeeded
from helsami_gateway.headers import ACT_FOR, HEADERS
from helsami_gateway.storage import SessionReads, SessionWrites
from helsami_kernel.errors import Forbidden
from helsami_kernel.rpc import Remote
from helsami_kernel.store import OpenStore

JSON: Final = "application/json"


class CitizenDoor:
    """Part of the gateway: what every route of a citizen does."""

    sessions: session.Sessions
    tokens: session.Tokens
    consents: Remote
    store: OpenStore[SessionReads, SessionWrites]

    def _who(self, request: Request) -> session.Session:
        """Who is logged in; raises LoginNeeded without a session that is whole, young enough and not ended."""
        who = self.sessions.of(request)
        if self.store.reading(who.citizen).ended(who.id, who.began):
            raise LoginNeeded("login-needed")
        if who.language is not None:
            request.environ[texts.CHOSEN] = who.language
        return who

    def _page(
        self,
        request: Request,
        service: str,
        query: type[schemas.Page] = schemas.Page,
        method: str = "page",
        **more: str,
    ) -> Response:
        return self._ask(request, service, method, {**arguments_of(request, query), **more})

    def _ask(
        self,
        request: Request,
        service: str,
        method: str,
        question: Mapping[str, Any],
        *,
        purpose: str | None = None,
    ) -> Response:
        who = self._who(request)
        token = self._token(request, who, service, purpose)
        return self._answer(getattr(self, service).call(method, question, token=token, raw=True), who)

    def _command(
        self,
        request: Request,
        service: str,
        method: str,
        schema: type[schemas.Command],
        *,
        status: int = 200,
        about: Mapping[str, str] | None = None,
    ) -> Response:
        def read() -> dict[str, Any]:
            return {**command_of(request, schema), **(about or {})}

        return self._send(request, service, method, read, status=status)

    def _send(
        self, request: Request, service: str, method: str, read: Callable[[], Mapping[str, Any]], *, status: int = 200
    ) -> Response:
        """Ask for what `read` makes of the body, once it is known who asks."""
        session.check_origin(request)
        who = self._who(request)
        command = read()
        token = self._token(request, who, service, method.replace("_", "-"))
        body = getattr(self, service).call(method, command, token=token, idempotency_key=key_of(request), raw=True)
        return self._answer(body, who, status)

    def _token(self, request: Request, who: session.Session, audience_: str, purpose: str | None = None) -> str:
        """A token about oneself; about anybody else, only consents can give one, asked anew for each request."""
        return self._tokens(request, who, audience_, purpose=purpose)[audience_]

    def _tokens(
        self, request: Request, who: session.Session, *audiences: str, purpose: str | None = None
    ) -> dict[str, str]:
        """A token for each audience, as `_token` gives one: of all that is asked at once, consents is asked once."""
        subject = represented(request, who)
        if subject is None:
            return {audience_: self.tokens.about_self(who, audience_) for audience_ in audiences}
        if "consents" in audiences:  # who may act, and who has looked, stay with the person
            raise Forbidden("not-for-representatives")
        purpose = purpose or audiences[0].removeprefix("view:")
        decided = self.consents.decide(
            {"actor": who.citizen, "subject": subject, "audiences": list(audiences), "purpose": purpose},
            token=self.tokens.own("consents", "consents:decide"),
        )
        on_behalf: dict[str, str] = decided["tokens"]
        return on_behalf

    def _answer(self, body: bytes, who: session.Session, status: int = 200) -> Response:
        response = Response(body, status, headers=HEADERS, content_type=JSON)
        if (renewed := self.sessions.renewed(who)) is not None:
            self.sessions.put(response, renewed)
        return response


def represented(request: Request, who: session.Session) -> str | None:
    """The id of the citizen on whose behalf one asks, as one says; None for oneself."""
    subject = request.headers.get(ACT_FOR)
    return None if subject == who.citizen else subject
