"""The API described from its schemas: OpenAPI 3.1 for front-end teams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from helsami_gateway import (
    access_log_descriptions,
    answers,
    appointment_descriptions,
    calendar_descriptions,
    capacity_descriptions,
    care_descriptions,
    decisions,
    grant_descriptions,
    grant_schemas,
    home_schemas,
    message_descriptions,
    organisation_schemas,
    profile_descriptions,
    record_schemas,
    schemas,
    shield_descriptions,
    slot_descriptions,
    staff_examples,
    texts,
    video_descriptions,
    visit_descriptions,
    waitlist_descriptions,
)
from helsami_gateway.described import (
    ELSEWHERE,
    OF_STAFF,
    TOO_LARGE,
    Described,
    Route,
)
from helsami_gateway.errors import PROBLEM
from helsami_gateway.headers import ACT_FOR, KEY, LONGEST_KEY
from helsami_gateway.session import COOKIE

VERSION: Final = "1"
FHIR: Final = "application/fhir+json"
ACTING: Final = {
    "name": ACT_FOR,
    "in": "header",
    "required": False,
    "description": "The opaque id of the citizen on whose behalf one asks; absent for oneself.",
    "schema": {"type": "string"},
}
ONCE: Final = {
    "name": KEY,
    "in": "header",
    "required": False,
    "description": "A command sent again under its key has its first answer, and no second effect.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}
SAME: Final = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The `ETag` of what is changed, as it was read.",
    "schema": {"type": "string", "pattern": '^"(0|[1-9][0-9]*)"$'},
}
PATHS: Final[Mapping[str, Mapping[str, Any]]] = {
    "section": {"type": "string", "enum": list(schemas.RECORD_SECTIONS)},
    "language": {"type": "string", "enum": list(texts.LANGUAGES)},
    "grant": {"type": "string", "example": grant_descriptions.GRANT["id"]},
    "application": {"type": "string", "example": capacity_descriptions.APPLICATION["id"]},
    "shield": {"type": "string", "example": shield_descriptions.SHIELD["id"]},
    "child": {"type": "string", "example": grant_descriptions.CHILD["id"]},
    "appointment": {"type": "string", "example": appointment_descriptions.APPOINTMENT["id"]},
    "slot": {"type": "string", "example": appointment_descriptions.SLOT["id"]},
    "schedule": {"type": "string", "example": slot_descriptions.OPENED["id"]},
    "asked": {"type": "string", "example": appointment_descriptions.REQUEST["id"]},
    "referral": {"type": "string", "example": care_descriptions.REFERRAL["id"]},
    "letter": {"type": "string", "example": care_descriptions.LETTER["id"]},
    "number": {"type": "integer", "minimum": 1, "maximum": 10},
    "secret": {"type": "string", "minLength": 43, "maxLength": 43},
    "event": {"type": "string", "example": calendar_descriptions.EVENT["id"]},
    "task": {"type": "string", "example": appointment_descriptions.TASK["id"]},
    "offer": {"type": "string", "example": waitlist_descriptions.OFFER["id"]},
    "room": {"type": "string", "example": video_descriptions.ROOM["id"]},
    "organisation": {"type": "string", "example": "st_olavs"},
    "contact": {"type": "string", "example": profile_descriptions.CONTACT["id"]},
    "decision": {"type": "string", "maxLength": decisions.LONGEST_ID},
    "thread": {"type": "string", "example": message_descriptions.THREAD["id"]},
    "message": {"type": "string", "example": message_descriptions.WRITTEN["id"]},
}
NOT_EMBEDDED: Final = ("404", "There is no such route but in embedded mode.")
NO_SUCH_ORGANISATION: Final = (
    "404",
    "There is no such organisation, or it is another's: the two look the same (`organisation-not-found`).",
)
NO_SUCH_DECISION: Final = (
    "404",
    "Nothing of that id was decided, or it is another organisation's: the two look the same (`decision-not-found`).",
)
NO_STEP: Final = (
    ("403", "An organisation may pause itself, and no more (`operators-only`)."),
    ("409", "The state is not one of the next; `code` says where the organisation is, `problems` what may follow."),
    ("422", "The organisation's rules do not load (`organisation-not-loaded`)."),
)
BUNDLE: Final = {"type": "object", "description": "A FHIR R4 Bundle: transaction, batch or collection."}
OUTCOMES: Final = {"type": "object", "description": "A FHIR R4 Bundle of type batch-response."}
REFUSED_WHOLE: Final = {"type": "object", "description": "A FHIR R4 OperationOutcome."}
WORDS: Final = {
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
}
RECORDS: Final = {"anyOf": list(record_schemas.RECORDS)}
ROUTES: Final = (
    *access_log_descriptions.ROUTES,
    *appointment_descriptions.ROUTES,
    *slot_descriptions.ROUTES,
    *care_descriptions.ROUTES,
    *calendar_descriptions.ROUTES,
    *capacity_descriptions.ROUTES,
    *grant_descriptions.ROUTES,
    *message_descriptions.ROUTES,
    *shield_descriptions.ROUTES,
    *visit_descriptions.ROUTES,
    *waitlist_descriptions.ROUTES,
    *profile_descriptions.ROUTES,
    *video_descriptions.ROUTES,
    Route("home", "get", "/api/v1/home", "Everything at a glance, section by section.", home_schemas.Home),
    Route("list_medications", "get", "/api/v1/medications", "Medicines.", record_schemas.Medications, schemas.Page),
    Route("list_results", "get", "/api/v1/results", "Released results.", record_schemas.Results, schemas.Page),
    Route("list_records", "get", "/api/v1/records/{section}", "A section of the record.", RECORDS, schemas.Page),
    Route("list_notices", "get", "/api/v1/notices", "Notices.", home_schemas.Notices, schemas.Page),
    Route(
        "list_organisations",
        "get",
        "/api/v1/organisations",
        "Who has joined, and since when each shares what.",
        organisation_schemas.Organisations,
        on_behalf=False,
    ),
    Route("me", "get", "/api/v1/me", "Who is logged in.", answers.Me, on_behalf=False),
    Route("log_out", "post", "/api/v1/logout", "Log out.", status="204", problems=(ELSEWHERE,), login=None),
    Route("describe", "get", "/api/v1/openapi.json", "This description.", {"type": "object"}, problems=(), login=None),
    Route(
        "say",
        "get",
        "/api/v1/texts/{language}",
        "Every text in a language, by group and key.",
        WORDS,
        problems=(("404", "We do not speak that (`unknown-language`)."),),
        login=None,
    ),
    Route(
        "receive",
        "post",
        "/journal/v1/fhir",
        "Take a FHIR R4 bundle from a record system: an outcome for each entry.",
        OUTCOMES,
        body=BUNDLE,
        problems=(("401", "The token does not hold (`system-login-needed`)."), TOO_LARGE),
        login="system",
        media=FHIR,
    ),
    Route(
        "list_standings",
        "get",
        "/staff/v1/organisations",
        "Where every organisation stands: for the region's token of all, for an organisation's own of itself.",
        organisation_schemas.Standings,
        problems=OF_STAFF,
        login="system",
        example={"organisations": [staff_examples.STANDING]},
    ),
    Route(
        "show_standing",
        "get",
        "/staff/v1/organisations/{organisation}",
        "Where an organisation stands, where it may go, and how it came there.",
        organisation_schemas.StandingWithHistory,
        problems=(*OF_STAFF, NO_SUCH_ORGANISATION),
        login="system",
        example=staff_examples.PAUSED,
    ),
    Route(
        "change_state",
        "post",
        "/staff/v1/organisations/{organisation}/state",
        "Let an organisation enter a state. It holds in every process within two seconds.",
        organisation_schemas.StandingWithHistory,
        body=schemas.ChangeState,
        problems=(*OF_STAFF, *NO_STEP, NO_SUCH_ORGANISATION, TOO_LARGE),
        login="system",
        example=staff_examples.PAUSED,
        body_example=staff_examples.PAUSE,
    ),
    Route(
        "explain",
        "get",
        "/staff/v1/decisions/{decision}",
        "Why something was not offered, not shown or sent where it was: by a decision's id, or by the thing's.",
        organisation_schemas.Decisions,
        problems=(*OF_STAFF, NO_SUCH_DECISION),
        login="system",
        example=staff_examples.EXPLAINED,
    ),
    Route(
        "list_citizens",
        "get",
        "/dev/citizens",
        "Whom one may log in as (embedded mode only).",
        {"type": "array", "items": grant_schemas.DemoCitizen},
        problems=(NOT_EMBEDDED,),
        login=None,
    ),
)
OF_BUNDLES: Final = (("400", "The bundle cannot be read."), ("403", "Another organisation's bundle."))


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
    spec.components.security_scheme("session", {"type": "apiKey", "in": "cookie", "name": COOKIE})
    spec.components.security_scheme("system", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", schema=answers.Problem)
    for route in ROUTES:
        spec.path(path=route.path, operations={route.verb: operation(route)})
    return orjson.dumps(spec.to_dict(), option=orjson.OPT_INDENT_2)


def operation(route: Route) -> dict[str, Any]:
    """A route as an OpenAPI operation."""
    answer: dict[str, Any] = {"description": route.summary}
    if route.answer is not None:
        answer["content"] = content(route.media, route.answer, route.example)
    described: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": {route.status: answer, **{status: problem(words) for status, words in route.problems}},
    }
    if route.media == FHIR and route.login == "system":
        described["responses"] |= {status: refused_whole(words) for status, words in OF_BUNDLES}
    if route.body is not None:
        taken = content(route.takes or route.media, route.body, route.body_example)
        described["requestBody"] = {"required": True, "content": taken}
    if route.login is not None:
        described["security"] = [{route.login: []}]
    return described


def content(media: str, schema: Described, example: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a body holds, with an example if there is one."""
    return {media: {"schema": schema, **({} if example is None else {"example": example})}}


def parameters(route: Route) -> list[Any]:
    """Path, query and header parameters."""
    named = re.findall(r"{(\w+)}", route.path)
    found: list[Any] = [{"name": name, "in": "path", "required": True, "schema": PATHS[name]} for name in named]
    if route.query is not None:
        found.append({"in": "query", "schema": route.query})
    acting = route.on_behalf and route.login == "session"
    return found + [ACTING] * acting + [ONCE] * route.once + [SAME] * route.versioned


def problem(words: str) -> dict[str, Any]:
    """A problem response."""
    return {"description": words, "content": {PROBLEM: {"schema": "Problem"}}}


def refused_whole(words: str) -> dict[str, Any]:
    """What the journal answers to a bundle of which it takes nothing: FHIR's form, or a problem."""
    return {"description": words, "content": {FHIR: {"schema": REFUSED_WHOLE}, PROBLEM: {"schema": "Problem"}}}
