"""Why it was not offered, not booked, not shown: asked of a running system, as support does (issue 3)."""

import json
import os
import subprocess
import time
import uuid
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import psycopg2
import pytest
import requests
from psycopg2 import sql

from harness.portal import HELSAMI, SERVICES
from helsami_gateway.lifecycle import Declined
from helsami_gateway.national_id import synthetic
from helsami_kernel.items import item_id

pytestmark = pytest.mark.system

FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
PID = synthetic(date(1979, 4, 2), 3)
KEY = f"explained-{uuid.uuid4().hex}"
WRITTEN_WITHIN = 10.0
HOME_CARE = [{"coding": [{"system": "urn:helsami:visit-type", "code": "home-care-visit"}]}]


def bundle(*resources):
    entries = [{"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def identified(value):
    return [{"system": "urn:test", "value": value}]


@pytest.fixture(scope="module")
def refused(installation):
    """A citizen with a visit of home care, who has asked for a time that can only be had by phone; the slot's id."""
    portal = installation.portal
    subject = {"identifier": {"system": FNR, "value": PID}}
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)
    known = bundle(
        {
            "resourceType": "Patient",
            "identifier": [{"system": FNR, "value": PID}],
            "name": [{"family": "Fjell", "given": ["Rolig"]}],
            "birthDate": "1979-04-02",
        },
        {
            "resourceType": "Encounter",
            "identifier": identified(KEY),
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HH"},
            "type": HOME_CARE,
            "subject": subject,
            "period": {"start": began.isoformat(), "end": (began + timedelta(minutes=30)).isoformat()},
        },
    )
    starts = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=30)
    times = bundle(
        {
            "resourceType": "Schedule",
            "identifier": identified(KEY),
            "actor": [{"display": "Rolig Elv"}],
            "serviceType": HOME_CARE,
        }
    )
    slot = {
        "resourceType": "Slot",
        "identifier": identified(KEY),
        "schedule": {"reference": times["entry"][0]["fullUrl"]},
        "status": "free",
        "start": starts.isoformat(),
        "end": (starts + timedelta(minutes=20)).isoformat(),
        "serviceType": HOME_CARE,
    }
    times["entry"] += bundle(slot)["entry"]
    for delivery in (known, times):
        answer = portal.deliver("trondheim", delivery)
        assert {entry["response"]["status"][:2] for entry in answer.json()["entry"]} == {"20"}, answer.text
    installation.person = citizen_of(installation)
    installation.reader = portal.citizen(installation.person, date(1979, 4, 2))
    installation.slot = item_id("", "trondheim", f"Slot|urn:test|{KEY}")
    installation.visit = item_id(installation.person, "trondheim", f"Encounter|urn:test|{KEY}")
    installation.refusal = installation.reader.post("/api/v1/appointments", {"slot": installation.slot})
    return installation


def rows(installation, service, query):
    url = installation.env["HELSAMI_DATABASE"].replace("{service}", service).replace("+psycopg2", "")
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def citizen_of(installation):
    """The opaque id of who was delivered last."""
    return rows(installation, "directory", "select id from citizens order by opened_at desc limit 1")[0][0]


def explain(installation, *arguments):
    env = {**os.environ, "HELSAMI_URL": installation.portal.url, "HELSAMI_KEYS": str(installation.portal.keys.path)}
    env.pop("HELSAMI_TOKEN", None)
    return subprocess.run(
        [HELSAMI, "explain", *arguments], env=env, capture_output=True, text=True, check=False, timeout=60
    )


def told(installation, this, hook):
    """What is told of this, once a decision of that hook is written."""
    deadline = time.monotonic() + WRITTEN_WITHIN
    while True:
        try:
            decisions = installation.portal.staff().asked("GET", f"/decisions/{this}")["decisions"]
        except Declined:
            decisions = []
        if found := [one for one in decisions if one["hook"] == hook]:
            return found[0]
        assert time.monotonic() < deadline, f"nothing is told of {hook}"
        time.sleep(0.1)


def test_a_time_that_is_had_by_phone_alone_is_explained_on_the_command_line(refused):
    problem = refused.refusal.json()
    assert (refused.refusal.status_code, problem["code"]) == (422, "by-phone-only")

    said = explain(refused, problem["decision"])

    assert said.returncode == 0, said.stderr
    for words in ("trondheim: phone (by-phone-only)", "trondheim/policy.toml", "May this person book", refused.slot):
        assert words in said.stdout


def test_the_same_is_found_by_the_time_itself(refused):
    answer = json.loads(explain(refused, "--json", refused.slot).stdout)

    assert refused.refusal.json()["decision"] in {one["id"] for one in answer["decisions"]}
    assert answer["unavailable"] == []


def test_a_time_that_is_not_offered_is_explained(refused):
    shown = refused.reader.get("/api/v1/slots?organisation=trondheim").json()["slots"]
    assert refused.slot not in [slot["id"] for slot in shown]

    decision = told(refused, refused.slot, "restrict_slots")

    assert (decision["outcome"], decision["layer"]) == ("not-offered", "trondheim/policy.toml")


def test_a_visit_that_is_not_shown_is_explained(refused):
    section = refused.reader.home()["visits"]
    assert refused.visit not in [visit["id"] for visit in section["items"]]

    decision = told(refused, refused.visit, "restrict_sharing")

    assert (decision["outcome"], decision["service"]) == ("withheld", "records")
    assert {"code": "hidden_by_rule", "kind": decision["reason"]} in section["absences"]
    assert decision["words"]["nb"]


def test_an_organisation_sees_its_own_decisions_and_of_others_what_it_sees_of_none(refused):
    known, unknown = refused.refusal.json()["decision"], uuid.uuid4().hex
    assert refused.portal.staff("trondheim").asked("GET", f"/decisions/{known}")["decisions"]

    def ask(this):
        headers = {"Authorization": f"Bearer {refused.portal.token('st_olavs')}"}
        answer = requests.get(f"{refused.portal.url}/staff/v1/decisions/{this}", headers=headers, timeout=30)
        return answer.status_code, answer.content

    assert ask(known) == ask(unknown) == ask(refused.slot) == ask("x" * 500)
    assert ask(known)[0] == 404


def test_nobody_without_a_system_token_is_told(refused):
    path = f"{refused.portal.url}/staff/v1/decisions/{refused.refusal.json()['decision']}"

    assert requests.get(path, timeout=30).status_code == 401
    assert refused.reader.get(f"/staff/v1/decisions/{refused.slot}").status_code == 401


def test_no_person_is_in_what_is_kept(refused):
    told(refused, refused.visit, "restrict_sharing")
    tables = {service: rows(refused, service, sql.SQL("select * from decisions")) for service in SERVICES}

    assert tables["appointments"]
    assert tables["records"]
    people = {row[0] for row in rows(refused, "directory", "select id from citizens")} | {PID}
    assert refused.person in people
    kept = repr(tables)
    assert [person for person in people if person in kept] == []
