"""Location-free (K24): nothing that is told of somebody at a protected address says where they are to be found."""

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import requests

from harness import delivered
from harness.description import operations
from harness.possessions import until

GP = "oya_legesenter"
TELLING = ("id", "phone")
# What is somebody's own names its organisation, so that they can ask there, and a number for what is done by telephone.
OWN = frozenset({"organisation", "phone"})
# Whoever writes a letter is its envelope; of what else is here nothing is somebody's treatment.
ENVELOPES = frozenset({"/api/v1/letters", "/api/v1/letters/<letter>", "/api/v1/notices", "/api/v1/access-log"})
# Where everybody is told of everything: what there is to choose from.
FOR_EVERYBODY = frozenset({"/api/v1/organisations", "/api/v1/slots", "/api/v1/openapi.json"})
DOCTOR = "Stillferdig Fastlegesen"
SECTIONS = ("allergies", "conditions", "documents", "vaccines", "visits")


@pytest.fixture(scope="module")
def pid(demo):
    """Somebody at a protected address, to whom a record system has written and given an appointment."""
    listed = requests.get(f"{demo.url}/dev/citizens", timeout=60).json()
    chosen = min(one["pid"] for one in listed if one["name"].endswith(" Hei") and one["birth_date"] < "2000")
    starts_at = (datetime.now(UTC) + timedelta(days=12)).replace(minute=0, second=0, microsecond=0)
    bundle = delivered.about(chosen, "protected", "consultation", starts_at)
    bundle["entry"].append(delivered.care_team(chosen, "protected", "doctors", {"protected-gp": DOCTOR}))
    sent = demo.deliver(GP, bundle).json()
    assert {one["response"]["status"][:2] for one in sent["entry"]} == {"20"}, sent
    return chosen


@pytest.fixture(scope="module")
def places(demo):
    """Every id, name and number by which an organisation or a unit of one is known."""
    told = requests.get(f"{demo.url}/api/v1/organisations", headers={"Cookie": _cookie(demo)}, timeout=60).json()
    known = [one for organisation in told["organisations"] for one in (organisation, *organisation["units"])]
    told_of = {word for one in known for word in (*(one[name] for name in TELLING), *one["names"].values()) if word}
    return told_of | {DOCTOR}


def _cookie(demo):
    listed = requests.get(f"{demo.url}/dev/citizens", timeout=60).json()
    return demo.log_in(listed[0]["pid"]).cookie


def _found(answer, places, at=()):
    """Under which names an answer tells of a place, and in which of its parts."""
    if isinstance(answer, dict):
        return {found for name, part in answer.items() for found in _found(part, places, (*at, name))}
    if isinstance(answer, list):
        return {found for part in answer for found in _found(part, places, at)}
    return {at} if isinstance(answer, str) and any(place in answer for place in places) else set()


def _answers(demo, citizen):
    """Everything that a citizen can read, by its route."""
    described = operations(requests.get(f"{demo.url}/api/v1/openapi.json", timeout=60).json())
    plain = [one.path for one in described if one.verb == "GET" and one.path.startswith("/api/v1/") and not one.paths]
    today, later = (f"{datetime.now(UTC) + timedelta(days):%Y-%m-%d}" for days in (0, 90))
    queries = {"/api/v1/calendar": f"?from={today}&to={later}"}
    for path in sorted({*plain} - FOR_EVERYBODY):
        answer = citizen.get(path + queries.get(path, ""))
        if answer.headers["Content-Type"].endswith("json"):
            yield path, answer.json()
    for section in SECTIONS:
        yield f"/api/v1/records/{section}", citizen.get(f"/api/v1/records/{section}").json()
    for kind in ("appointment", "letter", "message"):
        path = f"/api/v1/{kind}s"
        items = citizen.get(path).json()["items"]
        assert items, f"there is a {kind}"
        for item in items:
            yield f"{path}/<{kind}>", citizen.get(f"{path}/{item['id']}").json()


def test_of_all_that_somebody_at_a_protected_address_reads_only_their_own_care_names_who_gives_it(demo, pid, places):
    citizen = demo.log_in(pid)
    until(lambda: citizen.get("/api/v1/notices").json()["items"])
    assert len(places) > 40
    known = citizen.get("/api/v1/messages/recipients").json()["recipients"]
    assert {one["kind"] for one in known} == {"unit", "employee"}
    for one in known:
        wish = {"recipient": one["id"], "subject": "Resepten", "text": "Er den fornyet?"}
        assert citizen.post("/api/v1/messages", wish, headers={"Idempotency-Key": one["id"]}).status_code == 201

    told = {(path, at) for path, answer in _answers(demo, citizen) for at in _found(answer, places)}

    assert any(path == "/api/v1/appointments" for path, _ in told), "their own care does"
    assert {(path, at) for path, at in told if path in ENVELOPES or at[-1] not in OWN or "absences" in at} == set()


def test_what_travels_about_somebody_at_a_protected_address_and_what_is_printed_names_no_place(demo, pid, places):
    citizen = demo.log_in(pid).get("/api/v1/me").json()["citizen"]
    events = []
    for file in sorted(demo.keys.path.parent.glob("*.db")):
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT type, subject, data FROM outbox WHERE subject = ?", (citizen,))
            events += [(kind, orjson.loads(data)) for kind, _, data in rows]

    assert {"appointment_scheduled", "letter_issued"} <= {kind for kind, _ in events}
    assert {kind for kind, data in events if _found(data, places)} == set()
    (process,) = demo.processes.values()
    assert citizen not in process.output
