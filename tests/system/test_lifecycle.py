"""Organisations live, paused and resumed in a running system, a process per service (issue 3, shown by 3)."""

import json
import os
import subprocess
import threading
import time
import uuid
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import psycopg2
import pytest
import requests

from harness.portal import HELSAMI, OBEYING
from helsami_directory.identity import Identity
from helsami_gateway.lifecycle import Declined
from helsami_gateway.national_id import synthetic

pytestmark = pytest.mark.system

FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
WITHIN = 2.0
CITIZENS = 10
ASKS_A_SECOND = 50
ORGANISATIONS = ("st_olavs", "trondheim", "oya_legesenter")
STATES = ("draft", "rehearsed", "shadow", "live", "paused", "left", "unknown", "closed")
PAUSED = {"code": "hidden_by_rule", "kind": "organisation-paused", "organisation": "st_olavs"}
OFFERS = {
    "st_olavs": ("blood-test", "blood-tests"),
    "trondheim": ("vaccination", "health-station"),
    "oya_legesenter": ("consultation", "doctors"),
}


def identifier(number):
    return {"system": FNR, "value": synthetic(date(1983, 7, 9), number)}


def bundle(*resources):
    entries = [{"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def patient(number):
    return {
        "resourceType": "Patient",
        "identifier": [identifier(number)],
        "name": [{"family": "Fjell", "given": ["Rolig"]}],
        "birthDate": "1983-07-09",
    }


def condition(number, organisation):
    return {
        "resourceType": "Condition",
        "identifier": [{"system": "urn:test", "value": f"condition-{number}"}],
        "subject": {"identifier": identifier(number)},
        "code": {"text": f"Pollen, seen at {organisation}"},
        "recordedDate": "2026-05-01",
    }


def free_times(organisation):
    visit_type, unit = OFFERS[organisation]
    kind = [{"coding": [{"system": "urn:helsami:visit-type", "code": visit_type}]}]
    place = [{"coding": [{"system": "urn:helsami:unit", "code": unit}]}]
    begins = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=60)
    made = bundle(
        {
            "resourceType": "Schedule",
            "identifier": [{"system": "urn:test", "value": "pausing"}],
            "actor": [{"display": "Dr. Rolig Elv"}],
            "serviceType": kind,
            "serviceCategory": place,
        }
    )
    for number in range(5):
        start = begins + timedelta(minutes=20 * number)
        slot = {
            "resourceType": "Slot",
            "identifier": [{"system": "urn:test", "value": f"pausing-{number}"}],
            "schedule": {"reference": made["entry"][0]["fullUrl"]},
            "status": "free",
            "start": start.isoformat(),
            "end": (start + timedelta(minutes=20)).isoformat(),
            "serviceType": kind,
            "serviceCategory": place,
        }
        made["entry"] += bundle(slot)["entry"]
    return made


@pytest.fixture(scope="module")
def town(installation):
    """Citizens of whom every organisation knows something, and free times in each."""
    portal = installation.portal
    for organisation in ORGANISATIONS:
        known = [patient(n) for n in range(CITIZENS)] + [condition(n, organisation) for n in range(CITIZENS)]
        for delivery in (bundle(*known), free_times(organisation)):
            answer = portal.deliver(organisation, delivery)
            assert {entry["response"]["status"][:2] for entry in answer.json()["entry"]} == {"20"}
    installation.people = [portal.citizen(citizen) for citizen in ids_of(installation)]
    return installation


def ids_of(installation):
    """The opaque ids of this test's citizens, found as the directory finds them."""
    identity = Identity(installation.portal.keys.secret("identity"))
    lookups = [identity.lookup(identifier(number)["value"]) for number in range(CITIZENS)]
    url = installation.env["HELSAMI_DATABASE"].replace("{service}", "directory").replace("+psycopg2", "")
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("select id from citizens where lookup = any(%s)", (lookups,))
        return [row[0] for row in cursor.fetchall()]


class Load:
    """Citizens who look at their home view and search for times, so many times a second in all, and what they saw."""

    def __init__(self, people):
        self._stop = threading.Event()
        self.seen = []
        self._threads = [threading.Thread(target=self._ask, args=(one, place)) for place, one in enumerate(people)]

    def _ask(self, citizen, place):
        questions = ["/api/v1/home", *(f"/api/v1/slots?organisation={organisation}" for organisation in ORGANISATIONS)]
        due = time.monotonic() + place / ASKS_A_SECOND
        turn = place
        while not self._stop.is_set():
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due + CITIZENS / ASKS_A_SECOND, time.monotonic())
            question = questions[turn % len(questions)]
            turn += 1
            began = time.monotonic()
            try:
                answer = citizen.get(question)
            except requests.RequestException as failure:
                self.seen.append((began, time.monotonic(), place, question, type(failure).__name__, b""))
            else:
                self.seen.append((began, time.monotonic(), place, question, answer.status_code, answer.content))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, asked=2 * ASKS_A_SECOND):
        """Wait until so many more questions were answered, and return the moment from which on they were asked."""
        begun, reached = time.monotonic(), len(self.seen) + asked
        while len(self.seen) < reached:
            time.sleep(0.02)
        return begun


def split(question, content):
    """What an answer shows of each organisation, as bytes; the home view's own time is nobody's."""
    shown = json.loads(content)
    if question != "/api/v1/home":
        return {question.partition("=")[2]: content}
    sections = {name: [*section["items"], *section["absences"]] for name, section in shown["sections"].items()}

    def of(organisation):
        return {
            name: [part for part in parts if part.get("organisation") == organisation]
            for name, parts in sections.items()
        }

    return {organisation: json.dumps(of(organisation)).encode() for organisation in ORGANISATIONS}


def answers(seen, since, until):
    """What was asked after a moment and answered before another, by person, question and organisation."""
    found = {}
    for began, ended, place, question, _, content in seen:
        if since <= began and ended <= until:
            for organisation, shown in split(question, content).items():
                found.setdefault((place, question, organisation), set()).add(shown)
    return found


def test_a_pause_holds_everywhere_within_two_seconds_touches_nobody_else_and_ends(town):
    staff, people = town.portal.staff(), town.people
    slot = people[0].get("/api/v1/slots?organisation=st_olavs").json()["slots"][0]
    with Load(people) as load:
        began = load.wait_for_more()
        paused = time.monotonic()
        staff.change("st_olavs", "paused", "Result letters name the wrong ward.")
        town.wait_until_all_obey("st_olavs", "paused", WITHIN - (time.monotonic() - paused))
        held = time.monotonic()
        refused = people[0].post("/api/v1/appointments", {"slot": slot["id"]})
        load.wait_for_more()
        resumed = time.monotonic()
        staff.change("st_olavs", "live", "Mended.")
        town.wait_until_all_obey("st_olavs", "live", WITHIN - (time.monotonic() - resumed))
        again = time.monotonic()
        ended = load.wait_for_more() and time.monotonic()

    assert held - paused < WITHIN
    assert {status for *_, status, _ in load.seen} == {200}, "no error"
    assert len(load.seen) / (ended - began) > ASKS_A_SECOND / 2, "there was load"
    phases = ((began, paused), (held, resumed), (again, ended))
    before, during, after = (answers(load.seen, *times) for times in phases)
    always = answers(load.seen, began, ended)
    others = [shown for key, shown in always.items() if key[2] != "st_olavs"]
    assert all(len(shown) == 1 for shown in others), "the others' answers are the same bytes"
    assert {organisation for *_, organisation in during} == {*ORGANISATIONS}
    assert before[0, "/api/v1/slots?organisation=trondheim", "trondheim"] != {b'{"slots":[],"next":null}'}
    hospital = {key: shown for key, shown in during.items() if key[2] == "st_olavs"}
    for (_, question, _), shown in hospital.items():
        assert len(shown) == 1, "each answer during the pause is the same"
        (only,) = shown
        if question == "/api/v1/home":
            sections = json.loads(only)
            assert all("id" not in part for parts in sections.values() for part in parts)
            assert PAUSED in sections["conditions"]
        else:
            assert json.loads(only)["slots"] == []
    assert {key: shown for key, shown in before.items() if key in after} == {
        key: shown for key, shown in after.items() if key in before
    }
    assert (refused.status_code, refused.json()["code"]) == (422, "organisation-paused")
    assert len(refused.json()["title"]) > 0


def test_every_process_shows_the_state_of_every_organisation(town):
    for service in OBEYING:
        shown = town.metrics(service)
        for organisation in ORGANISATIONS:
            for state in STATES:
                labels = f'organisation="{organisation}",state="{state}"'
                assert f"helsami_organisation_state{{{labels}}} {float(state == 'live')}" in shown


def test_a_process_that_starts_while_the_directory_is_down_is_ready_and_shows_nothing_until_it_is_back(town):
    town.portal.processes["directory"].kill9()
    assert town.portal.processes["records"].terminate(within=35) == 0
    town.begin("records")
    town.wait_until_ready("records")

    shut = town.people[0].get("/api/v1/records/conditions").json()
    assert shut["items"] == []
    assert {absence["kind"] for absence in shut["absences"]} == {"organisation-state-unknown"}
    assert 'helsami_organisation_state{organisation="st_olavs",state="unknown"} 1.0' in town.metrics("records")
    assert "organisation-states-unknown" in town.portal.processes["records"].output

    town.begin("directory")
    town.wait_until_ready("directory")
    for organisation in ORGANISATIONS:
        town.wait_until_all_obey(organisation, "live")
    assert len(town.people[0].get("/api/v1/records/conditions").json()["items"]) == len(ORGANISATIONS)


def test_an_organisations_own_token_sees_itself_and_pauses_itself(town):
    staff = town.portal.staff("oya_legesenter")

    assert [one["id"] for one in staff.standings()] == ["oya_legesenter"]
    with pytest.raises(Declined, match="operators-only"):
        staff.change("oya_legesenter", "left", "a mistake")
    assert staff.change("oya_legesenter", "paused", "a flood in the office")["who"].startswith("oya_legesenter/")
    town.portal.staff().change("oya_legesenter", "live", "dry again")
    town.wait_until_all_obey("oya_legesenter", "live")


@pytest.mark.parametrize("path", ["", "/state"])
def test_anothers_organisation_and_one_that_does_not_exist_are_the_same_bytes(town, path):
    headers = {"Authorization": f"Bearer {town.portal.token('st_olavs')}"}
    url = f"{town.portal.url}/staff/v1/organisations"

    def ask(organisation):
        if not path:
            return requests.get(f"{url}/{organisation}", headers=headers, timeout=10)
        command = {"state": "paused", "why": "curiosity"}
        return requests.post(f"{url}/{organisation}{path}", json=command, headers=headers, timeout=10)

    foreign, missing = ask("trondheim"), ask("nowhere")

    assert (foreign.status_code, foreign.json()["code"]) == (404, "organisation-not-found")
    assert foreign.content == missing.content
    assert foreign.headers["Content-Type"] == "application/problem+json"


def test_the_command_line_does_the_same_as_an_operator_types_it(town):
    keys = town.portal.keys.path
    env = {"PATH": os.environ["PATH"], "HELSAMI_KEYS": str(keys), "HELSAMI_URL": town.portal.url}

    def helsami(*words):
        command = [str(HELSAMI), "organisation", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)

    listed = helsami("list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert ["st_olavs", "live"] in [line.split()[:2] for line in listed.stdout.splitlines()]
    paused = helsami("pause", "st_olavs", "--why", "a drill")
    assert (paused.returncode, paused.stdout.splitlines()[0]) == (0, "st_olavs (St. Olavs hospital) is paused")
    town.wait_until_all_obey("st_olavs", "paused")
    assert helsami("rehearse", "st_olavs", "--why", "now?").returncode == 1
    assert helsami("resume", "st_olavs", "--why", "the drill is over").returncode == 0
    town.wait_until_all_obey("st_olavs", "live")
    assert "a drill" in helsami("show", "st_olavs").stdout
