"""What a citizen hides is, for who acts for them, as if it had never been: at the door, from the very next request."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import requests

from harness import delivered
from harness.description import operations
from harness.portal import Citizen
from harness.possessions import UUID, items, ok, until
from helsami_gateway.headers import ACT_FOR
from helsami_kernel.items import item_id

GP, SITE = "oya_legesenter", "/api/v1"
TODAY = datetime.now(UTC)
AT_ONCE = {
    "/api/v1/calendar": f"?from={delivered.instant(TODAY)}&to={delivered.instant(TODAY + timedelta(days=40))}",
    "/api/v1/home": "",
    "/api/v1/slots": "?organisation=oya_legesenter&limit=20",
    "/api/v1/waitlist": "",
    "/api/v1/waitlist/offers": "",
}
"""What is not read page by page, and with what it is asked."""
NOW_AND_THEN = re.compile(rb'"as_of":"[^"]*"|"(since|until)":"[^"]*"')
SECTIONS = ("allergies", "conditions", "documents", "vaccines", "visits")
LISTS = {
    "allergy": "records/allergies",
    "appointment": "appointments",
    "condition": "records/conditions",
    "letter": "letters",
    "medication": "medications",
    "referral": "referrals",
    "result": "results",
    "stay": "stays",
    "vaccine": "records/vaccines",
    "visit": "records/visits",
}
LED_TO_MORE = {"appointment", "stay", "visit"}
"""What other things are part of, which are hidden with it."""


@pytest.fixture(scope="module")
def routes(demo):
    """Every list that a citizen reads and somebody else may read for them, by its path."""
    described = ok(requests.get(f"{demo.url}{SITE}/openapi.json", timeout=60))
    lists = [
        one.path
        for one in operations(described)
        if one.verb == "GET" and one.login == "session" and ACT_FOR in one.headers and not one.paths
    ]
    return [path.replace("{section}", section) for path in lists for section in (SECTIONS if "{" in path else ("",))]


@pytest.fixture(scope="module")
def family(demo):
    """Somebody of 13 and a parent at the same address who acts for them, as both are logged in."""
    child, parent = of_household(demo, "Rogn", lambda born: born > "2012"), of_household(demo, "Rogn", grown)
    door = demo.log_in(parent["pid"])
    ok(door.post(f"{SITE}/children", {"national_id": child["pid"]}), 201)
    return demo.log_in(child["pid"]), door, child


def grown(born):
    return born < "2000"


def of_household(demo, name, fits):
    listed = ok(requests.get(f"{demo.url}/dev/citizens", timeout=60))
    return next(one for one in listed if one["name"].endswith(f" {name}") and fits(one["birth_date"]))


def view(reader, subject, routes):
    """All that somebody reads for another, with small pages walked to their end; but for the moment they read it."""
    seen = {}
    for path in routes:
        query = AT_ONCE.get(path, "?limit=2")
        while query is not None:
            page = reader.get(path + query, headers={ACT_FOR: subject})
            assert page.status_code in {200, 403}, (path, page.text)
            seen[path + query] = (page.status_code, len(page.content), NOW_AND_THEN.sub(b"", page.content))
            following = page.json().get("next") if page.ok and path not in AT_ONCE else None
            query = None if following is None else f"?limit=2&cursor={following}"
    return seen


def sent(demo, pid, citizen, key, days):
    """An appointment that a record system has sent of somebody, with what belongs to it."""
    starts_at = (datetime.now(UTC) + timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    told = ok(demo.deliver(GP, delivered.about(pid, key, "annual-check", starts_at)))
    assert {one["response"]["status"][:2] for one in told["entry"]} == {"20"}
    appointment = item_id(ok(citizen.get(f"{SITE}/me"))["citizen"], GP, f"Appointment|{delivered.named(key)}")
    until(lambda: appointment in [one["about"]["id"] for one in items(citizen, f"{SITE}/notices")])
    return appointment


def staff(demo, organisation=GP):
    return {"headers": {"Authorization": f"Bearer {demo.token(organisation)}"}, "timeout": 60}


def test_golden_scenario_12_a_young_person_shields_a_visit_and_the_parents_view_is_byte_identical_to_never_existed(
    demo, family, routes
):
    young, parent, child = family
    before = view(parent, child["citizen"], routes)
    visit = sent(demo, child["pid"], young, "golden-12", days=20)
    shown = view(parent, child["citizen"], routes)

    shield = ok(young.post(f"{SITE}/shields", {"kind": "appointment", "item": visit, "hidden_from": "parents"}), 201)

    assert shield["state"] == "awaiting"
    assert shown != before
    assert view(parent, child["citizen"], routes) == before
    asking = {"headers": {"Cookie": parent.cookie, ACT_FOR: child["citizen"]}, "timeout": 60}
    for verb, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/arrival"), ("PUT", "/video"), ("GET", "/video")):
        asked = [f"{demo.url}{SITE}/appointments/{one}{path}" for one in (visit, UUID)]
        hidden, missing = (requests.request(verb, one, **asking) for one in asked)
        assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content), (verb, path)
        assert not hidden.ok
    assert ok(young.get(f"{SITE}/shields"))["shields"][0] == shield
    assert visit in [one["id"] for one in items(young, f"{SITE}/appointments")]

    waiting = ok(requests.get(f"{demo.url}/staff/v1/shields", **staff(demo)))["shields"]
    assert shield["id"] in [one["id"] for one in waiting]
    decision = f"{demo.url}/staff/v1/shields/{shield['id']}/decision"
    theirs = requests.post(decision, json={"decision": "confirm"}, **staff(demo, "st_olavs"))
    assert (theirs.status_code, theirs.json()["code"]) == (404, "shield-not-found")
    assert ok(requests.post(decision, json={"decision": "confirm"}, **staff(demo)))["state"] == "confirmed"
    assert view(parent, child["citizen"], routes) == before
    about = {"type": "shield", "id": shield["id"]}
    news = {("notice.shielding-requested", *about.values()), ("notice.shielding-decided", *about.values())}
    until(lambda: news <= {(one["message"], *one["about"].values()) for one in items(young, f"{SITE}/notices")})

    assert ok(young.delete(f"{SITE}/shields/{shield['id']}"))["state"] == "lifted"
    assert view(parent, child["citizen"], routes) == shown


@dataclass
class Represented:
    """An adult with something of every kind, and two who may see and do for them whatever they may themselves."""

    id: str
    citizen: Citizen
    deputies: list[Citizen]
    grants: list[str]
    appointment: str

    def seen(self, kind, deputy):
        """The ids of what a deputy is shown of a kind."""
        answer = deputy.get(f"{SITE}/{LISTS[kind]}?limit=100", headers={ACT_FOR: self.id})
        return [one["id"] for one in ok(answer)["items"]]


@pytest.fixture(scope="module")
def adult(demo):
    subject = of_household(demo, "Fjell", grown)
    citizen, grants = demo.log_in(subject["pid"]), []
    deputies = [demo.log_in(of_household(demo, name, grown)["pid"]) for name in ("Lyng", "Strand")]
    for deputy in deputies:
        receiver = ok(deputy.get(f"{SITE}/me"))["citizen"]
        grants.append(ok(citizen.post(f"{SITE}/grants", {"receiver": receiver, "level": "full"}), 201)["id"])
        ok(deputy.post(f"{SITE}/grants/{grants[-1]}/accept", {}))
    yield Represented(
        subject["citizen"], citizen, deputies, grants, sent(demo, subject["pid"], citizen, "shielded", days=21)
    )
    for grant in grants:
        ok(citizen.delete(f"{SITE}/grants/{grant}"))


@pytest.fixture
def hide(adult):
    """Hide something of the adult's until the test is over, or has it shown again."""
    shields = []

    def from_somebody(kind, item, hidden_from):
        wish = {"kind": kind, "item": item, "hidden_from": hidden_from}
        shield = ok(adult.citizen.post(f"{SITE}/shields", wish), 201)
        assert shield["state"] == "in-force"
        shields.append(shield["id"])

    def show():
        while shields:
            ok(adult.citizen.delete(f"{SITE}/shields/{shields.pop()}"))

    from_somebody.show = show
    yield from_somebody
    show()


def test_whatever_an_adult_hides_from_one_who_acts_for_them_leaves_that_ones_lists_and_nobody_elses(adult, hide):
    one, other = adult.deputies
    before = {kind: adult.seen(kind, one) for kind in LISTS}
    hidden = {kind: shown[0] for kind, shown in before.items()}

    for kind in LISTS.keys() - LED_TO_MORE:
        hide(kind, hidden[kind], adult.grants[0])

    gone = set(hidden.values()) - {hidden[kind] for kind in LED_TO_MORE}
    assert {kind: adult.seen(kind, one) for kind in LISTS} == {
        kind: [item for item in shown if item not in gone] for kind, shown in before.items()
    }
    for kind in LED_TO_MORE:
        hide(kind, hidden[kind], adult.grants[0])
    assert {item for kind in LISTS for item in adult.seen(kind, one)}.isdisjoint(hidden.values())
    assert {kind: adult.seen(kind, other) for kind in LISTS} == before
    for kind, item in hidden.items():
        assert item in [each["id"] for each in items(adult.citizen, f"{SITE}/{LISTS[kind]}")]
    hide.show()
    assert {kind: adult.seen(kind, one) for kind in LISTS} == before


def test_a_letter_about_a_hidden_appointment_is_hidden_with_it(adult, hide):
    acting, deputy = {ACT_FOR: adult.id}, adult.deputies[0]
    shown = ok(adult.citizen.get(f"{SITE}/appointments/{adult.appointment}"))
    letter = shown["letters"]["items"][0]["id"]
    assert letter in adult.seen("letter", deputy)
    news = f"{SITE}/notices?limit=100"
    until(lambda: letter in deputy.get(news, headers=acting).text)

    hide("appointment", adult.appointment, "representatives")

    told = deputy.get(news, headers=acting).text
    assert letter not in told
    assert adult.appointment not in told

    for path in (f"letters/{letter}", f"letters/{letter}/attachments/1"):
        hidden, missing = (deputy.get(f"{SITE}/{one}", headers=acting) for one in (path, path.replace(letter, UUID)))
        assert (hidden.status_code, hidden.content) == (404, missing.content)
    assert letter not in adult.seen("letter", deputy)
    assert ok(adult.citizen.get(f"{SITE}/letters/{letter}"))["id"] == letter
    hide.show()
    assert letter in adult.seen("letter", deputy)


@pytest.mark.parametrize(
    ("wish", "status", "told"),
    [
        ({}, 400, {"kind", "item", "hidden_from"}),
        ({"kind": "dream", "item": UUID, "hidden_from": "parents"}, 400, {"kind"}),
        ({"kind": "visit", "item": UUID, "hidden_from": "my sister"}, 400, {"hidden_from"}),
        ({"kind": "visit", "item": UUID, "hidden_from": "parents", "organisation": GP}, 400, {"."}),
        ({"kind": "visit", "item": UUID, "hidden_from": "parents"}, 404, "item-not-found"),
    ],
)
def test_what_is_no_wish_to_hide_something_is_refused_by_field(family, wish, status, told):
    young, _, _ = family

    refused = young.post(f"{SITE}/shields", wish)

    assert refused.status_code == status
    problem = refused.json()
    assert problem["code"] == told or {one["field"] for one in problem["problems"]} == told


def test_a_parent_neither_hides_nor_sees_what_is_hidden(family):
    young, parent, child = family
    acting = {ACT_FOR: child["citizen"]}
    (mine, *_) = items(young, f"{SITE}/appointments")
    wish = {"kind": "appointment", "item": mine["id"], "hidden_from": "representatives"}

    answers = [parent.post(f"{SITE}/shields", wish, headers=acting), parent.get(f"{SITE}/shields", headers=acting)]
    foreign = parent.post(f"{SITE}/shields", wish)

    assert {(one.status_code, one.json()["code"]) for one in answers} == {(403, "not-for-representatives")}
    assert (foreign.status_code, foreign.json()["code"]) == (404, "item-not-found")


def test_what_a_record_system_hides_from_parents_is_for_them_as_if_it_had_never_been(demo, family, routes):
    young, parent, child = family
    before = view(parent, child["citizen"], routes)
    starts_at = (datetime.now(UTC) + timedelta(days=25)).replace(minute=0, second=0, microsecond=0)
    bundle = delivered.about(child["pid"], "forans", "annual-check", starts_at)

    def send(code):
        label = {"system": "urn:oid:2.16.578.1.12.4.1.1.9603", "code": code}
        for entry in bundle["entry"]:
            entry["resource"]["meta"] = {"security": [label]}
        return {one["response"]["status"][:3] for one in ok(demo.deliver(GP, bundle))["entry"]}

    def shown():
        listed = ok(parent.get(f"{SITE}/appointments?limit=100", headers={ACT_FOR: child["citizen"]}))
        return [one["id"] for one in listed["items"]]

    assert send("NORN_FORANS") <= {"200", "201"}
    visit = item_id(child["citizen"], GP, f"Appointment|{delivered.named('forans')}")
    until(lambda: visit in [one["about"]["id"] for one in items(young, f"{SITE}/notices")])
    assert view(parent, child["citizen"], routes) == before
    send("N")
    assert visit in shown()
    send("NORN_FORANS")
    assert view(parent, child["citizen"], routes) == before
    assert visit in [one["id"] for one in items(young, f"{SITE}/appointments")]


def test_what_comes_of_a_hidden_appointment_is_hidden_with_it(demo, adult, hide, routes):
    one, other = adult.deputies
    hide("appointment", adult.appointment, adult.grants[0])
    before = view(one, adult.id, routes)
    came = {kind: len(adult.seen(kind, other)) for kind in ("visit", "condition", "medication", "result")}

    pid = of_household(demo, "Fjell", grown)["pid"]
    told = ok(demo.deliver(GP, delivered.visit_of(pid, "shielded", datetime.now(UTC) - timedelta(hours=1))))
    assert {each["response"]["status"][:2] for each in told["entry"]} == {"20"}

    news = {"notice.summary-published", "notice.result-released"}
    until(lambda: news <= {each["message"] for each in items(adult.citizen, f"{SITE}/notices")})
    assert {kind: len(adult.seen(kind, other)) for kind in came} == {kind: number + 1 for kind, number in came.items()}
    assert view(one, adult.id, routes) == before
