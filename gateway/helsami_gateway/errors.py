"""The one table that turns what went wrong into HTTP: RFC 9457 problem details, in the reader's language."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any, Final

import orjson
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Request, Response

from helsami_gateway import texts
from helsami_gateway.headers import HEADERS
from helsami_kernel import errors, logs
from helsami_kernel.bodies import TooLarge, TooSlow
from helsami_kernel.errors import Refusal, Unavailable

PROBLEM: Final = "application/problem+json"
RETRY_AFTER: Final = "2"
SYSTEM_LOGIN_NEEDED: Final = "system-login-needed"
# A record system sends its token; a citizen logs in where the session's cookie is set, for which there is no
# registered scheme.
CHALLENGES: Final = {SYSTEM_LOGIN_NEEDED: 'Bearer realm="HelsaMi journal"'}
CITIZENS_CHALLENGE: Final = 'Cookie realm="HelsaMi"'


class LoginNeeded(Refusal):
    """Nobody is logged in, or a system's token does not hold."""


class ChangedMeanwhile(Refusal):
    """What is to be changed is no longer what was read."""


class VersionNeeded(Refusal):
    """A change does not say what it is a change of."""


STATUS: Final[tuple[tuple[type[BaseException], HTTPStatus], ...]] = (
    (LoginNeeded, HTTPStatus.UNAUTHORIZED),
    (ChangedMeanwhile, HTTPStatus.PRECONDITION_FAILED),
    (VersionNeeded, HTTPStatus.PRECONDITION_REQUIRED),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (TooSlow, HTTPStatus.REQUEST_TIMEOUT),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.Malformed, HTTPStatus.BAD_REQUEST),
    (errors.Forbidden, HTTPStatus.FORBIDDEN),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.Refused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)
ROUTING_CODES: Final = {HTTPStatus.NOT_FOUND: "not-found", HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed"}


def as_response(failure: BaseException, request: Request) -> Response:
    """A failure as problem details: type, title, status, code, which fields were wrong; nothing of its own words."""
    status, code, problems = explained(failure)
    problem: dict[str, Any] = {
        "type": f"urn:helsami:problem:{code}",
        "title": texts.problem(code, texts.language_of(request)),
        "status": int(status),
        "code": code,
    }
    if problems:
        problem["problems"] = [{"field": one.field, "expected": one.expected} for one in problems]
    if (decision := getattr(failure, "decision", None)) is not None:
        problem["decision"] = decision
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        problem["correlation"] = correlation_of(failure)
    headers = {**HEADERS, **owed(status, code, failure)}
    return Response(orjson.dumps(problem), status=int(status), headers=headers, content_type=PROBLEM)


def owed(status: HTTPStatus, code: str, failure: BaseException) -> dict[str, str]:
    """The header that a status must not come without (RFC 9110, 11.6.1, 15.5.6 and 15.6.4)."""
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": CHALLENGES.get(code, CITIZENS_CHALLENGE)}
    if isinstance(failure, MethodNotAllowed) and failure.valid_methods:
        return {"Allow": ", ".join(sorted(failure.valid_methods))}
    return {"Retry-After": RETRY_AFTER} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}


def explained(failure: BaseException) -> tuple[HTTPStatus, str, tuple[errors.FieldProblem, ...]]:
    """Status, stable code and field problems of a failure; `internal` for one that nobody foresaw."""
    if isinstance(failure, HTTPException):
        status = HTTPStatus(failure.code or HTTPStatus.INTERNAL_SERVER_ERROR)
        return status, ROUTING_CODES.get(status, "not-found"), ()
    for kind, status in STATUS:
        if isinstance(failure, kind):
            return status, getattr(failure, "code", "internal"), getattr(failure, "problems", ())
    return HTTPStatus.INTERNAL_SERVER_ERROR, "internal", ()


def correlation_of(failure: BaseException) -> str:
    """The id under which the fault was logged: by the service where it happened, else here and now."""
    if isinstance(failure, errors.Internal):
        return str(failure.correlation)
    correlation = secrets.token_hex(8)
    logs.incident("internal", service="gateway", reason=correlation, failure=failure)
    return correlation
