"""The golden scenarios about who may see what, at the door of the whole portal, by a clock that is moved (issue 5)."""

import logging
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY, generate_latest

from harness.delivered import FNR, care_team, identifier, instant, named
from harness.still import still
from harness.sweep import Ask
from helsami_directory.register.domain import STRICTLY_CONFIDENTIAL
from helsami_kernel.database import OUTBOX
from helsami_kernel.rules import organisations
from helsami_sdk.testing import rules_of

from .family import NOON, OSLO, Family, Parent, Trust
from .looking import Looking, Routes, ids_of, marks
from .stage import AWAY, PIDS, SUBJECT, TEMPLATE_MADE, Stage, comes_late
from .things import GP, HOSPITAL, KINDS, TOWN, Thing, bundle

AT_HOME = Parent(holder=True, at_home=True)
SECOND = timedelta(seconds=1)
FAMILY = Family(
    born=date(2017, 5, 5),
    now=NOON,
    viewer="mother",
    mother=AT_HOME,
    father=AT_HOME,
    friend=None,
    relative=None,
    things=(),
    limit=100,
)
TOLD_OF = {
    "appointment": "appointments:read",
    "letter": "records:read",
    "referral": "records:read",
    "result": "results:read",
    "stay": "records:read",
    "visit": "records:read",
}
"""Of what there is news, and what an organisation must let somebody hold who is to read it for another."""

PLACES = ("trondheim", "st_olavs", "øya", "legesenter", "kommune", "hospital", "sykehus", "+47")
"""What says where somebody is treated; nothing so short that sealed news could hold it by chance."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with still(tmp_path_factory.mktemp("still"), TEMPLATE_MADE) as portal:
        yield Stage(portal)


def get(stage, path, who, family, *, acts=False):
    return stage.send("GET", f"/api/v1/{path}", who, family, acts=acts)


def messages(stage, who, family):
    return [one["message"] for one in orjson.loads(get(stage, "notices?limit=100", who, family).body)["items"]]


def everything(stage, who, family):
    """All that somebody is answered, of the citizen and of themselves."""
    routes, ids = Routes.of(stage.portal), ids_of(stage.portal, stage.ids[SUBJECT])
    headers, own = (stage.headers(who, family, acts=acts) for acts in (True, False))
    return Looking(stage.portal, routes, stage.portal.clock(), 2).everything(ids, headers, own)


def gene_test():
    body = {
        "resourceType": "Observation",
        "identifier": [identifier("gene-test")],
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "GE"}]}],
        "code": {"text": "Merkegen", "coding": [{"system": "http://loinc.org", "code": "51969-4"}]},
        "subject": {"type": "Patient", "identifier": {"system": FNR, "value": PIDS[SUBJECT]}},
        "effectiveDateTime": instant(NOON - timedelta(days=1)),
        "valueString": "Merkegen",
    }
    return {"request": {"method": "PUT", "url": f"Observation?identifier={named('gene-test')}"}, "resource": body}


def test_golden_scenario_7_a_blocked_result_is_in_no_view_notice_count_or_log_of_citizen_or_proxy(stage):
    beginning = stage.arrange(replace(FAMILY, things=(Thing("result", HOSPITAL, 0),)))
    before = {who: everything(stage, who, FAMILY) for who in ("self", "mother")}
    stage.portal.restore(beginning)
    stage.portal.deliver(HOSPITAL, bundle([gene_test()]))
    stage.portal.keep_promises()

    after = {who: everything(stage, who, FAMILY) for who in ("self", "mother")}

    assert [marks(before[who]) for who in before] == [{"Merkea"}, {"Merkea"}]
    assert after == before


def test_golden_scenario_10_at_16_the_next_request_of_a_parent_who_is_logged_in_is_refused_as_was_told(stage):
    child = replace(FAMILY, born=date(2010, 4, 10), now=datetime(2026, 3, 10, 12, tzinfo=OSLO))
    birthday = datetime(2026, 4, 10, tzinfo=OSLO)
    stage.arrange(child)
    assert "notice.child-turning-16-soon" not in messages(stage, "mother", child)

    stage.portal.move_to(birthday - timedelta(days=30) + SECOND)
    told = [messages(stage, who, child) for who in ("mother", "self")]
    stage.portal.move_to(birthday - SECOND)
    logged_in = stage.headers("mother", child)
    answers = []
    for moment in (birthday - SECOND, birthday):
        stage.portal.clock.move_to(moment)
        asked = (Ask("GET", f"/api/v1/{path}", logged_in) for path in ("home", "appointments"))
        answers += [stage.portal.ask(one).status for one in asked]

    assert "notice.child-turning-16-soon" in told[0]
    assert "notice.turning-16-soon" in told[1]
    assert answers == [200, 200, 404, 404]


def test_golden_scenario_11_when_no_parent_is_at_the_childs_address_both_lose_their_access(stage):
    stage.arrange(FAMILY)
    stage.done("POST", "/api/v1/children", "father", FAMILY, {"national_id": PIDS[SUBJECT]})

    def may():
        return [get(stage, "appointments", who, FAMILY, acts=True).status for who in ("mother", "father")]

    def moves(who):
        entries = stage.portal.register.entries
        entries[PIDS[who]] = replace(entries[PIDS[who]], address=AWAY)
        stage.staff("POST", "/staff/v1/register/changes", "region", {"national_ids": [PIDS[who]]})
        return may()

    assert [may(), moves("mother"), moves("father")] == [[200, 200], [200, 200], [404, 404]]


@pytest.mark.parametrize(("held", "when"), [("nothing", "after"), ("appointments:read", "before")])
def test_what_an_organisation_lets_nobody_see_for_another_is_in_nothing_that_they_are_answered(
    stage, monkeypatch, when, held
):
    adult = replace(FAMILY, born=date(1990, 1, 1), viewer="friend", friend=Trust("full"))
    manifest = organisations()[GP].manifest
    narrow = rules_of(manifest=manifest, limit_delegation=lambda asked: asked.scopes & {held})
    theirs = {Thing(kind, GP, place): scope for place, (kind, scope) in enumerate(TOLD_OF.items())}
    elsewhere = (Thing("result", TOWN, 8), Thing("appointment", TOWN, 9))
    seen = (*elsewhere, *(one for one, scope in theirs.items() if scope == held))
    unseen = [one for one, scope in theirs.items() if scope != held]
    answers, ids = [], None
    for more in (unseen, ()):
        stage.arrange(replace(adult, things=seen))
        with monkeypatch.context() as rules:
            if when == "before":
                rules.setitem(organisations()._rules, GP, narrow)
            for things in (more, [one for one in seen if comes_late(one)]):
                stage.deliver(adult, things)
            rules.setitem(organisations()._rules, GP, narrow)
            ids = ids or ids_of(stage.portal, stage.ids[SUBJECT])
            headers, own = (stage.headers("friend", adult, acts=acts) for acts in (True, False))
            looking = Looking(stage.portal, Routes.of(stage.portal), stage.portal.clock(), 2)
            answers.append(looking.everything(ids, headers, own))

    assert answers[0] == answers[1]
    assert {one.mark for one in seen} == marks(answers[0])


def test_golden_scenario_13_who_may_communicate_only_books_and_cannot_read_results(stage):
    adult = replace(FAMILY, born=date(1990, 1, 1), viewer="friend", friend=Trust("communicate"))
    stage.arrange(replace(adult, things=(Thing("result", GP, 0),)))
    slot = ids_of(stage.portal, stage.ids[SUBJECT])["slot"][4]

    booked = stage.send("POST", "/api/v1/appointments", "friend", adult, {"slot": slot}, acts=True)
    results = get(stage, "results", "friend", adult, acts=True)

    assert (booked.status, results.status, orjson.loads(results.body)["code"]) == (201, 403, "not-permitted")
    home = orjson.loads(get(stage, "home", "friend", adult, acts=True).body)["sections"]
    assert home["results"]["absences"] == [{"code": "not_permitted"}]
    assert orjson.loads(get(stage, "appointments", "self", adult).body)["items"][0]["status"] == "booked"


def test_golden_scenario_14_no_event_notice_metric_log_or_absence_names_where_a_code_6_citizen_is(stage, caplog):
    kinds = [kind for kind in KINDS if kind != "past appointment"]
    places = (GP, HOSPITAL, TOWN)
    of_each = [Thing(kind, places[number % 3], number, old=kind == "condition") for number, kind in enumerate(kinds)]
    protected = replace(FAMILY, born=date(1990, 1, 1), viewer="self")
    stage.arrange(protected)
    entries = stage.portal.register.entries
    entries[PIDS[SUBJECT]] = replace(entries[PIDS[SUBJECT]], address=None, protection=STRICTLY_CONFIDENTIAL)
    stage.staff("POST", "/staff/v1/register/changes", "region", {"national_ids": [PIDS[SUBJECT]]})
    stage.portal.settle()
    stage.portal.move_to(NOON + SECOND)
    cookie = stage.portal.cookie(stage.ids[SUBJECT], protected.born, SUBJECT, protected=True)
    headers = {"Cookie": cookie, "Content-Type": "application/json"}
    metrics = generate_latest(REGISTRY)
    caplog.set_level(logging.INFO)

    def ask(verb, path, body=None):
        return stage.portal.ask(Ask(verb, f"/api/v1/{path}", headers, None if body is None else orjson.dumps(body)))

    stage.deliver(protected, of_each)
    slots = ids_of(stage.portal, stage.ids[SUBJECT])["slot"]
    booked = orjson.loads(ask("POST", "appointments", {"slot": slots[-1], "waitlist": True}).body)["id"]
    moved = ask("POST", f"appointments/{booked}/move", {"slot": slots[-2]})
    cancelled = ask("POST", f"appointments/{booked}/cancel", {})
    stage.portal.settle()
    logged = [f"{one.getMessage()} {one.__dict__}" for one in caplog.records]
    stage.portal.move_to(NOON + timedelta(minutes=20))
    seen = {path: ask("GET", path).body.decode() for path in ("notices?limit=100", "home", "records/conditions")}
    told = [row for service in stage.portal.databases for row in events(stage, service)]
    told = [row for row in told if row.subject == stage.ids[SUBJECT]]
    named_anew = set(generate_latest(REGISTRY).splitlines()) - set(metrics.splitlines())

    assert (moved.status, cancelled.status) == (200, 200)
    assert {row.type for row in told} >= {"slot_booked", "appointment_scheduled", "summary_published", "letter_issued"}
    assert [row for row in told if says_where(row.data)] == []
    assert len(orjson.loads(seen["notices?limit=100"])["items"]) >= 8
    assert says_where(seen["notices?limit=100"]) == []
    absences = [one for body in seen.values() for one in absences_in(orjson.loads(body))]
    assert "before_go_live" in {one["code"] for one in absences}
    assert [one for one in absences if says_where(str(one))] == []
    assert [one for one in named_anew if stage.ids[SUBJECT].encode() in one] == []
    assert [one for one in logged if stage.ids[SUBJECT] in one and says_where(one)] == []


def events(stage, service):
    with stage.portal.databases[service].engine.connect() as connection:
        return connection.execute(sa.select(OUTBOX)).all()


def says_where(text):
    return [place for place in PLACES if place in text.lower()]


def absences_in(part):
    if isinstance(part, dict):
        yield from part.get("absences", ())
        for inner in part.values():
            yield from absences_in(inner)


def test_golden_scenario_18_who_has_left_gets_no_offer_notice_or_letter_and_means_grants_anew(stage):
    adult = replace(FAMILY, born=date(1990, 1, 1), viewer="friend", friend=Trust("full"))
    stage.arrange(adult)
    slots = ids_of(stage.portal, stage.ids[SUBJECT])["slot"]
    stage.done("POST", "/api/v1/appointments", "self", adult, {"slot": slots[-1], "waitlist": True})
    stage.done("POST", "/api/v1/appointments", "friend", adult, {"slot": slots[2]})
    stage.portal.deliver(TOWN, bundle([care_team(PIDS[SUBJECT], "team", "physiotherapy", TREATING)]))
    recipient = orjson.loads(get(stage, "messages/recipients", "self", adult).body)["recipients"][0]["id"]
    asked = {"recipient": recipient, "subject": "Øvelsene", "text": "Hver dag?"}
    written = stage.done("POST", "/api/v1/messages", "self", adult, asked, status=201)["messages"][0]["id"]
    stage.staff("POST", f"/staff/v1/messages/{written}/open", TOWN, {})
    before = messages(stage, "self", adult)
    stage.portal.settle()

    left = stage.send("POST", "/api/v1/account/deactivate", "self", adult, {})
    stage.portal.settle()
    meanwhile = get(stage, "appointments", "friend", adult, acts=True).status
    own = orjson.loads(get(stage, "appointments", "friend", adult).body)["items"][0]["id"]
    stage.done("POST", f"/api/v1/appointments/{own}/cancel", "friend", adult, {})
    stage.deliver(adult, [Thing("appointment", GP, 0)])
    letter = {"Authorization": stage.portal.staff(GP), "Content-Type": "application/fhir+json"}
    sent = bundle(Thing("letter", GP, 1).entries(PIDS[SUBJECT], NOON))
    answer = stage.portal.ask(Ask("POST", "/journal/v1/fhir", letter, orjson.dumps(sent)))
    by_staff = [write_as_staff(stage, path, more) for path, more in staff_messages(written)]
    stage.portal.move_to(NOON + timedelta(hours=2))
    stage.portal.log_in(PIDS[SUBJECT])
    stage.portal.settle()
    stage.portal.clock.move(SECOND)
    after = messages(stage, "self", adult)
    offers = orjson.loads(get(stage, "waitlist/offers", "self", adult).body)["offers"]
    (grant,) = orjson.loads(get(stage, "grants", "self", adult).body)["given"]
    suspended = get(stage, "appointments", "friend", adult, acts=True).status
    stage.done("POST", f"/api/v1/grants/{grant['id']}/confirm", "self", adult, {})

    assert (left.status, meanwhile, suspended) == (200, 404, 404)
    assert orjson.loads(answer.body)["entry"][0]["response"]["status"].startswith("4")
    assert by_staff == [(422, "not-digital")] * 2
    assert [one for one in after if one not in {*before, "notice.slot-booked"}] == []
    assert offers == []
    assert grant["state"] == "suspended"
    assert get(stage, "appointments", "friend", adult, acts=True).status == 200


def staff_messages(written):
    """What staff write to the citizen: an answer, and something of their own."""
    text = {"text": "Annenhver dag.", "may_reply": True}
    yield f"messages/{written}/answer", text
    yield "messages", {**text, "national_id": PIDS[SUBJECT], "unit": "physiotherapy", "subject": "Øvelsene"}


def write_as_staff(stage, path, body):
    """How it ends when staff write: the status, and the code of a refusal."""
    headers = {"Authorization": stage.portal.staff(TOWN), "Content-Type": "application/json"}
    answer = stage.portal.ask(Ask("POST", f"/staff/v1/{path}", headers, orjson.dumps(body)))
    return answer.status, orjson.loads(answer.body).get("code")


TREATING = {"fysio-1": "Merkea Strikk", "fysio-2": "Merkeb Matte"}
"""One whom the citizen may write to, and a colleague."""


@dataclass(frozen=True)
class Dialogue:
    """A citizen who writes to a physiotherapist, and the places where the message may come to lie."""

    stage: Stage
    family: Family

    PLACES = ({"employee": named("fysio-1")}, {"employee": named("fysio-2")}, {"inbox": "physiotherapy"})
    DUTY = {"inbox": "duty"}

    def lies_at(self):
        """Where staff find the message; that they have looked is undone."""
        portal = self.stage.portal
        kept = portal.kept()
        found = [(place, one["message"]) for place in (*self.PLACES, self.DUTY) for one in self.search(place)]
        portal.restore(kept)
        return found

    def search(self, place):
        return self.stage.staff("POST", "/staff/v1/messages/search", TOWN, place)["messages"]

    def view(self):
        """All that the citizen is answered at this moment, on every route that the description has."""
        routes, ids = Routes.of(self.stage.portal), ids_of(self.stage.portal, self.stage.ids[SUBJECT])
        headers = self.stage.headers("self", self.family)
        return Looking(self.stage.portal, routes, NOON, 2).everything(ids, headers, headers)

    def looks_at(self, moment):
        """What is seen at a moment, and where the message lies: before anything is moved then, and after."""
        seen = []
        for pass_time in (self.stage.portal.clock.move_to, self.stage.portal.move_to):
            pass_time(moment)
            seen.append((self.view(), self.lies_at()))
        return seen


def at_any_time(view):
    """A view without when it was looked at, and without the times that are free to everybody: those pass."""
    own = {path: one for path, one in view.items() if "/slots" not in path}
    return {path: (one.status, re.sub(rb'"as_of":"[^"]*"', b"", one.body)) for path, one in own.items()}


def test_golden_scenario_8_an_unopened_message_goes_to_the_back_up_and_the_duty_inbox_and_the_citizen_sees_none_of_it(
    stage,
):
    adult = replace(FAMILY, born=date(1990, 1, 1), viewer="self")
    stage.arrange(adult)
    stage.portal.deliver(TOWN, bundle([care_team(PIDS[SUBJECT], "team", "physiotherapy", TREATING)]))
    dialogue, portal = Dialogue(stage, adult), stage.portal
    known = orjson.loads(get(stage, "messages/recipients", "self", adult).body)["recipients"]
    physiotherapist, colleague = (next(one["id"] for one in known if one["name"] == name) for name in TREATING.values())

    def write(recipient, text):
        wish = {"recipient": recipient, "subject": "Øvelsene", "text": text}
        return stage.done("POST", "/api/v1/messages", "self", adult, wish, status=201)

    path = f"messages/{write(physiotherapist, 'Hver dag?')['id']}"
    portal.move_to(NOON + SECOND)
    # Another is opened at once: in the list it stays above the one that is not.
    later = write(colleague, "Takk!")["messages"][0]["id"]
    stage.staff("POST", f"/staff/v1/messages/{later}/open", TOWN, {})
    portal.settle()
    # Eight working hours each, from eight to three: Monday at noon to Tuesday at one, then Wednesday at two.
    moves = [datetime(2026, 3, day, hour, tzinfo=OSLO) for day, hour in ((3, 13), (4, 14))]
    steps = [(dialogue.view(), dialogue.lies_at())]
    at_once = []
    for moment in moves:
        portal.move_to(moment - SECOND)
        steps.append((dialogue.view(), dialogue.lies_at()))
        before, after = dialogue.looks_at(moment)
        at_once.append((before[0], after[0]))
        steps += [before, after]
    portal.move_to(datetime(2026, 3, 13, 14, tzinfo=OSLO))
    steps.append((dialogue.view(), dialogue.lies_at()))

    ((_, message),) = steps[0][1]
    first, _, back_up = dialogue.PLACES
    way = [first, first, first, back_up, back_up, back_up, dialogue.DUTY, dialogue.DUTY]
    assert [lies for _, lies in steps] == [[(place, message)] for place in way]
    assert all(before == after for before, after in at_once), "to the byte, at the moment at which it is moved"
    views = [at_any_time(view) for view, _ in steps]
    assert all(view == views[0] for view in views), "at whatever moment"
    assert views[0][f"GET /api/v1/{path}"][0] == 200

    opened = stage.staff("POST", f"/staff/v1/messages/{message}/open", TOWN, {})
    unanswered = get(stage, path, "self", adult).body
    stage.staff("POST", f"/staff/v1/messages/{message}/answer", TOWN, {"text": "Annenhver dag.", "may_reply": True})
    portal.settle()
    portal.move_to(portal.clock() + SECOND)
    shown = orjson.loads(get(stage, path, "self", adult).body)

    assert [one["text"] for one in opened["messages"]] == ["Hver dag?"]
    assert unanswered == steps[0][0][f"GET /api/v1/{path}"].body
    assert [one["text"] for one in shown["messages"]] == ["Hver dag?", "Annenhver dag."]
    assert (shown["state"], shown["may_reply"]) == ("answered", True)
    assert messages(stage, "self", adult)[0] == "notice.message-answered"
    assert dialogue.lies_at() == []


def test_golden_scenario_12_also_where_it_was_booked_here_and_hidden_before_its_record_system_knew_of_it(stage):
    adult = replace(FAMILY, born=date(1990, 1, 1), viewer="friend", friend=Trust("full"))
    stage.arrange(adult)
    slots = ids_of(stage.portal, stage.ids[SUBJECT])["slot"]
    booked = stage.done("POST", "/api/v1/appointments", "self", adult, {"slot": slots[-1]})
    stage.portal.settle()
    hide = {"kind": "appointment", "item": booked["id"], "hidden_from": "representatives"}
    shield = stage.done("POST", "/api/v1/shields", "self", adult, hide)["id"]
    lists = ("appointments", "home", "letters", "notices?limit=100")

    def looks():
        return [get(stage, path, "friend", adult, acts=True).body for path in lists]

    def deliver(**status):
        entries = Thing("summons", GP, 1).entries(PIDS[SUBJECT], NOON)
        entries[0]["resource"] |= {"start": booked["starts_at"], "end": booked["ends_at"], **status}
        stage.portal.deliver(GP, bundle(entries))

    before = looks()
    deliver()
    at_once = looks()
    stage.portal.settle()
    after = looks()
    letter = orjson.loads(get(stage, "letters", "self", adult).body)["items"][0]["id"]
    paths = (f"letters/{letter}", f"letters/{letter}/attachments/1")
    read, enclosed = (get(stage, path, "friend", adult, acts=True) for path in paths)
    told = messages(stage, "self", adult)
    deliver(status="entered-in-error")
    deliver()
    stage.portal.settle()
    again = looks()
    (sent,) = orjson.loads(get(stage, "appointments", "self", adult).body)["items"]
    stage.done("DELETE", f"/api/v1/shields/{shield}", "self", adult)

    assert "notice.letter-issued" in told
    assert [at_once, after] == [before] * 2
    assert {read.status, enclosed.status} == {404}
    assert sent["id"] != booked["id"]
    assert again == before
    assert all(one != other for one, other in zip(looks(), before, strict=True) if b"items" in one)
