"""Whatever is somebody else's looks as if it were not there, at every route that the description has (issue 5)."""

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import requests

from harness.delivered import PIXEL
from harness.description import operations
from harness.possessions import ELSEWHERE, GP, HOSPITAL, UNKNOWN_PERSON, Cast, Makers, at_night, ok
from harness.rows import at_rest, changes
from harness.sweep import (
    Http,
    Named,
    Stranger,
    Things,
    findings,
    of_other_verbs,
    of_subjects,
    of_things,
)
from helsami_gateway.headers import ACT_FOR, KEY

WORDS = {
    "a place in a list of one's own: what is not one's own is not in that list": {"cursor"},
    "what is public: who has joined, where, and what they do": {
        *("organisation", "unit", "visit_type", "clinician", "clinician_name", "kind", "place", "forms", "priority"),
    },
    "days and times as they are written": {"from", "to", "date", "starts", "ends", "opens", "closes", "except", "rule"},
    "names within one's own organisation: what lies there is its own, whatever they are": {"inbox", "employee"},
    "what one writes oneself, about oneself or about what the path names": {
        *("wish", "reason", "why", "title", "notes", "name", "relation", "email", "phone", "address", "language"),
        *("interpreter", "about", "shortcuts", "subject", "text"),
    },
}
EXCEPTED = {
    "POST /api/v1/grants receiver": "whom one trusts is somebody else, who says yes or no",
    "POST /api/v1/grants national_id": "whom one trusts is somebody else, and whoever has their number knows them",
    "POST /api/v1/capacity-applications national_id": "staff decide, by documents, who may act for whom",
    "POST /dev/login pid": "in the demo one may be anybody",
}
OFFERS = {"offer": "none is made at night"}
SOON = datetime.now(UTC) + timedelta(days=40)
BODIES = {
    # The examples name what the doctor's office has, and days that are over, and pause who is asked about.
    "POST /staff/v1/organisations/{organisation}/state": {"state": "live", "why": "it is already"},
    "POST /staff/v1/slots": {
        "schedule": "",
        "slots": [{"starts": f"{SOON:%Y-%m-%d}T14:00", "ends": f"{SOON:%Y-%m-%d}T14:20"}],
    },
    "POST /api/v1/shields": {"kind": "appointment", "item": "", "hidden_from": ""},
    "POST /staff/v1/messages": {
        "national_id": "",
        "unit": "doctors",
        "subject": "Resepten",
        "text": "Den er fornyet.",
        "may_reply": False,
    },
    "POST /staff/v1/messages/{message}/open": {},
    "POST /staff/v1/messages/{message}/answer": {"text": "Ja.", "may_reply": False},
    "PUT /staff/v1/schedules/{schedule}": {"visit_type": "consultation", "kind": "Legetime"},
}
NO_DIFFERENCE = {
    "POST /api/v1/appointments/{appointment}/move slot": "who has taken a time oneself is told so, as everybody is",
    "POST /staff/v1/requests/{asked}/answer slot": "only a free time of the organisation's own is taken for an answer",
    "GET /calendar/{secret}.ics secret": "a link that was ended is as one that never was",
}
DOCUMENT = {"title": "Vedtak", "content_type": "image/png", "content": b64encode(PIXEL).decode()}
NAMING = {
    "POST /api/v1/children": {"national_id": ""},
    "POST /api/v1/grants": {"national_id": "", "level": "read"},
    "POST /api/v1/capacity-applications": {
        "national_id": "",
        "organisation": GP,
        "relation": "relative",
        "level": "read",
        "documents": [DOCUMENT],
    },
}
EVENT = {"title": "Svømming", "starts": "2035-03-05T18:00", "ends": "2035-03-05T19:00"}
SHOWN = {
    "/api/v1/appointments/{appointment}",
    "/api/v1/letters/{letter}",
    "/api/v1/letters/{letter}/attachments/{number}",
    "/api/v1/referrals/{referral}",
}
ORDER = ("GET", "PUT", "PATCH", "POST", "DELETE")


def excepted(name):
    return any(name in names for names in WORDS.values()) or (at_night() and name in OFFERS)


def uncovered(described, things):
    """Whatever the description takes that has neither a maker nor a reason why it needs none."""
    return [
        f"{one} {name}"
        for one in operations(described)
        for name in dict.fromkeys((*one.paths, *one.queries, *one.fields))
        if f"{one} {name}" not in EXCEPTED and not excepted(name) and things.at(one, name) is None
    ]


@dataclass
class World:
    """The demo with what the victim has in it, and everybody who asks for that."""

    described: dict
    operations: list
    door: Http
    cast: Cast
    makers: Makers
    things: Things
    victim: str
    citizens: list
    strangers: list


@pytest.fixture(scope="module")
def world(demo):
    cast = Cast.of(demo)
    makers, victim = Makers(demo, cast), cast.id_of("victim")
    things = Things(makers.all(), BODIES, EXCEPTED)
    grants = {
        "former": makers.granted("victim", "former", {"appointments": ["see", "act"]}, accept=True),
        "limited": makers.granted("victim", "limited", {"medications": ["see"]}, accept=True),
        "deputy": makers.granted("victim", "deputy", {"appointments": ["see", "act"]}, accept=True),
    }
    acting = {ACT_FOR: victim}
    ok(cast.citizens["former"].get("/api/v1/appointments", headers=acting), 200)
    ok(cast.citizens["victim"].delete(f"/api/v1/grants/{grants['former']}"), 200)
    ok(cast.citizens["limited"].get("/api/v1/medications", headers=acting), 200)

    def citizen(name, role, **headers):
        return Stranger(name, "session", makers.login(role) | headers)

    citizens = [
        citizen("another citizen", "another"),
        citizen("another of the household", "spouse"),
        citizen("their child", "child"),
        citizen("who acted for them until now", "former", **acting),
        citizen("who holds another area", "limited", **acting),
        citizen("who may act for them and does not say so", "deputy"),
        citizen("who acts for somebody else", "elsewhere", **{ACT_FOR: cast.id_of("their subject")}),
    ]
    others = [
        Stranger("staff of another organisation", "system", {"Authorization": f"Bearer {demo.token(ELSEWHERE)}"}),
        Stranger("nobody who is logged in", None),
    ]
    described = requests.get(f"{demo.url}/api/v1/openapi.json", timeout=60).json()
    everywhere = operations(described)
    yield World(
        described, everywhere, Http.of(demo.url), cast, makers, things, victim, citizens, [*citizens, *others]
    )
    given = things.named["/api/v1/grants/{grant}/accept grant"].real
    for grant in (grants["limited"], grants["deputy"], given):
        cast.citizens["victim"].delete(f"/api/v1/grants/{grant}")
    for child in ok(cast.citizens["giving up"].get("/api/v1/children"))["children"]:
        cast.citizens["giving up"].delete(f"/api/v1/children/{child['id']}")


def seen(world, routes, things, role):
    """What somebody is shown of everything that is theirs, but when and by whom it was looked at."""
    shown = {}
    for one in routes:
        if one.verb == "GET" and one.login == "session" and "access-log" not in one.path:
            answer = world.door(things.ask(one, world.makers.login(role)))
            shown[one.path] = (answer.status, without_moment(answer.body))
    return shown


def without_moment(body):
    return b",".join(part for part in body.split(b",") if b'"as_of"' not in part)


@pytest.fixture(scope="module")
def swept(world, demo):
    """All that was asked, and what it has left behind."""
    folder = demo.keys.path.parent
    before, rows = seen(world, world.operations, world.things, "victim"), at_rest(folder)
    cases = {
        "things": list(of_things(world.operations, world.things, world.strangers)),
        "verbs": list(of_other_verbs(world.operations, world.things, world.strangers[:1])),
        "subjects": list(of_subjects(world.operations, world.things, world.victim, world.citizens[:4])),
    }
    found = {kind: findings(each, world.door) for kind, each in cases.items()}
    left = changes(rows, at_rest(folder))
    after = seen(world, world.operations, world.things, "victim")
    return SimpleNamespace(cases=cases, found=found, left=left, before=before, after=after)


def test_every_place_where_something_can_be_named_is_asked_at_or_excepted_for_a_reason(world):
    assert uncovered(world.described, world.things) == []


@pytest.mark.parametrize("kind", ["things", "verbs", "subjects"])
def test_what_is_somebody_elses_cannot_be_told_from_what_is_not_there(swept, kind):
    assert [str(one) for one in swept.found[kind]] == []


def test_many_were_asked(swept):
    routes = {one.operation for one in swept.cases["things"]}
    asked = {kind: sum(len(one.asks) for one in each) for kind, each in swept.cases.items()}

    assert (len(routes) >= 50, asked["things"] >= 850, asked["subjects"] >= 1500) == (True, True, True), asked


def test_nothing_is_changed_and_nothing_announced_by_asking(swept):
    assert swept.left == []
    assert swept.after == swept.before


def test_whoever_was_refused_is_in_the_access_log_of_whom_they_asked_about(swept, world):
    log = "/api/v1/access-log?outcome=refused&limit=100"
    refused, page = set(), ok(world.cast.citizens["victim"].get(log))
    while page["items"]:
        refused |= {one["actor"] for one in page["items"]}
        page = ok(world.cast.citizens["victim"].get(f"{log}&cursor={page['next']}")) if page["next"] else {"items": []}

    assert {world.cast.id_of(role) for role in ("former", "limited")} <= refused


def test_brothers_and_sisters_have_nothing_of_each_other(world):
    theirs = replace(world.things, named=world.makers.sent("sibling", "foreign-4", GP, "annual-check", days=5))
    routes = [one for one in world.operations if one.login == "session" and set(one.paths) == set(theirs.places(one))]
    sibling = [one for one in world.citizens if one.name == "their child"]
    cases = list(of_things(routes, theirs, sibling))

    assert len(cases) >= 15
    assert [str(one) for one in findings(cases, world.door)] == []
    shown = seen(world, routes, theirs, "sibling")
    assert {path for path, (status, _) in shown.items() if status == 200} >= SHOWN


@pytest.mark.parametrize("route", NAMING)
def test_whoever_acts_for_another_is_not_told_who_is_known_by_a_number(world, route):
    number = {"national_id": Named(world.cast.pids["spouse"], UNKNOWN_PERSON)}
    routes = [one for one in world.operations if str(one) == route]
    representatives = [one for one in world.citizens if ACT_FOR in one.headers]
    cases = list(of_things(routes, Things(number, NAMING), representatives))

    assert len(cases) == 3
    assert [str(one) for one in findings(cases, world.door)] == []


# It can fail


def peeked(world):
    """The description with a route more, and a door behind which that asks as whoever may see it."""
    path = "/api/v1/appointments/{appointment}/peek"
    shown = world.described["paths"]["/api/v1/appointments/{appointment}"]
    described = {**world.described, "paths": {**world.described["paths"], path: {"get": shown["get"]}}}

    def door(ask):
        if not ask.path.endswith("/peek") or ask.headers.get("Cookie") is None:
            return world.door(ask)
        guarded = replace(ask, path=ask.path.removesuffix("/peek"), headers=world.makers.login("victim"))
        return world.door(guarded)

    return [one for one in operations(described) if one.path == path], door


def test_a_route_that_is_not_guarded_is_found(world):
    planted, door = peeked(world)

    found = findings(of_things(planted, world.things, world.citizens), door)

    assert [(one.case.stranger, [answer.status for answer in one.answers]) for one in found] == [
        (one.name, [200, 404]) for one in world.citizens
    ]


def test_a_route_that_does_something_although_it_says_nothing_is_found(world, demo):
    planted, _ = peeked(world)
    folder = demo.keys.path.parent
    before = at_rest(folder)
    event = ok(world.cast.citizens["victim"].post("/api/v1/calendar/events", EVENT), 201)["id"]

    def door(ask):
        world.cast.citizens["victim"].delete(f"/api/v1/calendar/events/{event}")
        return world.door(replace(ask, path="/api/v1/appointments/missing", headers=world.makers.login("another")))

    between = at_rest(folder)
    assert findings(of_things(planted, world.things, world.citizens[:1]), door) == []
    after = at_rest(folder)

    assert any(one.startswith("- appointments.calendar_events") and event in one for one in changes(between, after))
    assert changes(before, after) == []


def test_a_place_that_nobody_has_thought_of_is_found(world):
    route = {
        "parameters": [{"name": "prescription", "in": "path", "required": True, "schema": {"type": "string"}}],
        "requestBody": {
            "content": {"application/json": {"schema": {"properties": {"diary": {"type": "string"}}}}},
        },
    }
    paths = {**world.described["paths"], "/api/v1/prescriptions/{prescription}": {"post": route}}

    assert uncovered({**world.described, "paths": paths}, world.things) == [
        "POST /api/v1/prescriptions/{prescription} prescription",
        "POST /api/v1/prescriptions/{prescription} diary",
    ]


def test_to_whom_it_belongs_each_looks_otherwise_than_what_is_missing(world, swept):
    owners = [Stranger(role, "session", world.makers.login(role)) for role in ("victim", "giving up", "inviting")]
    owners += [
        Stranger(one, "system", {"Authorization": f"Bearer {world.makers.portal.token(one)}"})
        for one in (GP, HOSPITAL, "region")
    ]
    same = []
    for route in sorted(world.operations, key=lambda one: (ORDER.index(one.verb), "cancel" in one.path)):
        places = [place for place in world.things.places(route) if f"{route} {place}" not in NO_DIFFERENCE]
        own = [one for one in owners if one.login == route.login]
        for place in places:
            answers = [
                [
                    world.door(world.things.ask(route, {**one.headers, KEY: f"{one.name} {place} {gone}"}, gone))
                    for gone in ((place,), ())
                ]
                for one in own
            ]
            if all(missing == real for missing, real in answers):
                same.append((str(route), place, [real.status for _, real in answers]))
    assert same == [], same
