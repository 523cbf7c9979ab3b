"""What a request asks: its query string, its body and its key, each in the one form that is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from helsami_gateway.headers import KEY, LONGEST_KEY
from helsami_kernel.bodies import body_of
from helsami_kernel.errors import FieldProblem, Malformed, load

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from helsami_gateway import schemas


def arguments_of(request: Request, schema: type[schemas.Query]) -> dict[str, Any]:
    """The query string, each name once; Malformed for any other."""
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        raise Malformed("malformed", *(FieldProblem("query", "each name once") for _ in repeated[:1]))
    arguments: dict[str, Any] = load(schema, request.args.to_dict())
    return arguments


def json_of(request: Request) -> Any:
    """The body as JSON; Malformed for any other."""
    try:
        return orjson.loads(body_of(request))
    except orjson.JSONDecodeError:
        raise Malformed("not-json", FieldProblem("body", "JSON")) from None


def command_of(request: Request, schema: type[schemas.Command]) -> dict[str, Any]:
    """The command in the body; no body is a command that says nothing. Raises Malformed."""
    command: dict[str, Any] = load(schema, json_of(request) if body_of(request) else {})
    return command


def key_of(request: Request) -> str | None:
    """The client's idempotency key, if it gave one that we can keep."""
    key = request.headers.get(KEY)
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise Malformed("malformed", FieldProblem(KEY, f"1 to {LONGEST_KEY} characters"))
    return key
