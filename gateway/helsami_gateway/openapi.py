"""The API described from its schemas: OpenAPI 3.1 for front-end teams."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from helsami_gateway import answers, schemas

VERSION: Final = "1"
ACT_FOR: Final = {
    "name": "HelsaMi-Act-For",
    "in": "header",
    "required": False,
    "description": "The opaque id of the citizen on whose behalf one asks; absent for oneself.",
    "schema": {"type": "string"},
}
KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A command sent again under its key has its first answer, and no second effect.",
    "schema": {"type": "string", "maxLength": 120},
}
PROBLEMS: Final = {
    "400": "The request does not have the agreed form; `problems` names each field.",
    "401": "Nobody is logged in.",
    "403": "Not permitted.",
    "404": "There is no such thing, or it is somebody else's: the two look the same.",
    "503": "A service is away; try again after `Retry-After` seconds.",
}


@dataclass(frozen=True)
class Route:
    """One route as it is described: what it takes, what it answers, and what else may go wrong."""

    verb: str
    path: str
    summary: str
    answer: type[Schema] | None = None
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    status: str = "200"
    problems: tuple[tuple[str, str], ...] = ()
    of_citizen: bool = True


CONFLICTS: Final = (
    ("409", "The slot is taken (`slot-taken`), or another appointment is at the same time (`appointment-overlaps`)."),
    ("422", "The organisation's rules say no; `code` says why."),
)
ROUTES: Final = (
    Route("get", "/api/v1/home", "Everything at a glance, section by section.", answers.Home),
    Route("get", "/api/v1/appointments", "Appointments.", answers.Section, schemas.AppointmentsPage),
    Route("get", "/api/v1/medications", "Medicines.", answers.Section, schemas.Page),
    Route("get", "/api/v1/results", "Released results.", answers.Section, schemas.Page),
    Route("get", "/api/v1/records/{section}", "A section of the record.", answers.Section, schemas.Page),
    Route("get", "/api/v1/notices", "Notices.", answers.Section, schemas.Page),
    Route("get", "/api/v1/access-log", "Who has looked.", answers.Section, schemas.Page),
    Route("get", "/api/v1/slots", "Free times on offer.", answers.Slots, schemas.SlotsQuery),
    Route("get", "/api/v1/organisations", "Who has joined, and since when each shares what.", answers.Organisations),
    Route("get", "/api/v1/grants", "Grants given and received.", answers.Grants),
    Route("get", "/api/v1/me", "Who is logged in.", answers.Me),
    Route(
        "post",
        "/api/v1/appointments",
        "Take a free time.",
        answers.Appointment,
        body=schemas.Book,
        status="201",
        problems=CONFLICTS,
    ),
    Route("post", "/api/v1/grants", "Let another adult act.", answers.Grant, body=schemas.GiveGrant, status="201"),
    Route("delete", "/api/v1/grants/{grant}", "End a grant.", answers.Grant),
    Route("post", "/api/v1/logout", "Log out.", status="204", of_citizen=False),
    Route("get", "/api/v1/openapi.json", "This description.", of_citizen=False),
    Route("get", "/api/v1/texts/{language}", "Every text key in nb, nn or en.", of_citizen=False),
    Route("post", "/journal/v1/fhir", "Take a FHIR R4 bundle from a record system.", of_citizen=False),
    Route("post", "/dev/login", "Log in as anybody (embedded mode only).", body=schemas.Login, of_citizen=False),
    Route("get", "/dev/citizens", "Whom one may log in as (embedded mode only).", of_citizen=False),
)


@cache
def document() -> bytes:
    """The whole description as JSON."""
    spec = APISpec(
        title="HelsaMi",
        version=VERSION,
        openapi_version="3.1.0",
        info={"description": "What a citizen reads and does. Times are in UTC; texts are keys of /api/v1/texts."},
        plugins=[MarshmallowPlugin()],
    )
    spec.components.security_scheme("session", {"type": "apiKey", "in": "cookie", "name": "__Host-helsami"})
    spec.components.schema("Problem", schema=answers.Problem)
    for route in ROUTES:
        spec.path(path=route.path, operations={route.verb: operation(route)})
    return orjson.dumps(spec.to_dict(), option=orjson.OPT_INDENT_2)


def operation(route: Route) -> dict[str, Any]:
    """A route as an OpenAPI operation."""
    answer: dict[str, Any] = {"description": route.summary}
    if route.answer is not None:
        answer["content"] = {"application/json": {"schema": route.answer}}
    described: dict[str, Any] = {
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": {route.status: answer, **{status: problem(text) for status, text in problems_of(route)}},
    }
    if route.body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": route.body}}}
    if route.of_citizen:
        described["security"] = [{"session": []}]
    return described


def parameters(route: Route) -> list[Any]:
    """Path, query and header parameters."""
    named = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    found: list[Any] = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in named]
    if route.query is not None:
        found.append({"in": "query", "schema": route.query})
    if route.of_citizen:
        found.append(ACT_FOR)
    if route.of_citizen and route.verb == "post":
        found.append(KEY)
    return found


def problems_of(route: Route) -> list[tuple[str, str]]:
    """What may go wrong: the same everywhere, and what the route adds."""
    return [*(PROBLEMS.items() if route.of_citizen else [("400", PROBLEMS["400"])]), *route.problems]


def problem(text: str) -> dict[str, Any]:
    """A problem response."""
    return {"description": text, "content": {"application/problem+json": {"schema": "Problem"}}}
