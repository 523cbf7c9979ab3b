"""What a description of a route is made of, and what may go wrong with many of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import Schema

JSON: Final = "application/json"
MALFORMED: Final = ("400", "The request does not have the agreed form; `problems` names each field.")
ELSEWHERE: Final = ("403", "The change was asked for by another site's page (`another-site`).")
AWAY: Final = (
    "503",
    "A service is away, or too much is sent at once (`too-much-at-once`); try again after `Retry-After` seconds.",
)
TOO_LARGE: Final = ("413", "The body is too large.")
OF_CITIZENS: Final = (
    MALFORMED,
    ("401", "Nobody is logged in."),
    ("403", "Not permitted."),
    ("404", "There is no such thing, or it is somebody else's: the two look the same."),
    ("500", "Something broke here; `correlation` finds what."),
    AWAY,
)
OF_STAFF: Final = (
    MALFORMED,
    ("401", "The token does not hold (`system-login-needed`)."),
    ("500", "Something broke here; `correlation` finds what."),
    AWAY,
)
REUSED: Final = ("409", "The key was used for something else (`idempotency-key-reused`).")
Described = type[Schema] | Mapping[str, Any]


@dataclass(frozen=True)
class Route:
    """
    One route as it is described: what it takes, what it answers, and what else may go wrong.

    `name` is the gateway's method. `login` is the scheme by which one logs in, `on_behalf` whether a citizen may act
    for another there, `once` whether it takes an idempotency key, `versioned` whether it changes what `If-Match` names.
    `takes` is what the body is of, where that is not what the answer is. The examples are of the answer and the body.
    """

    name: str
    verb: str
    path: str
    summary: str
    answer: Described | None = None
    query: type[Schema] | None = None
    body: Described | None = None
    status: str = "200"
    problems: tuple[tuple[str, str], ...] = OF_CITIZENS
    login: str | None = "session"
    on_behalf: bool = True
    once: bool = False
    versioned: bool = False
    media: str = JSON
    takes: str | None = None
    example: Mapping[str, Any] | None = None
    body_example: Mapping[str, Any] | None = None
