"""The whole system, a process per service, when parts of it die (issue 2, shown by 3 and 4)."""

import json
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import psycopg2
import pytest
import requests

from helsami_gateway.national_id import synthetic

pytestmark = pytest.mark.fault

DEADLINE = 2.5
LATE = 1.0
BACK_WITHIN = 60.0
FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
# Threads here must be real ones: eventlet has patched `threading`, and its threads are green, which is what we want for
# many waiting clients in one test process.


def patient(number):
    return {
        "resourceType": "Patient",
        "identifier": [{"system": FNR, "value": synthetic(date(1980, 5, 1), number)}],
        "name": [{"family": "Fjell", "given": ["Modig"]}],
        "birthDate": "1980-05-01",
    }


def bundle(*resources):
    entries = [{"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def schedule_with_slots(count, name="s"):
    begins = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=3)
    kind = [{"coding": [{"system": "urn:helsami:visit-type", "code": "consultation"}]}]
    unit = [{"coding": [{"system": "urn:helsami:unit", "code": "doctors"}]}]
    schedule = {
        "resourceType": "Schedule",
        "identifier": [{"system": "urn:test", "value": f"schedule-{name}"}],
        "actor": [{"display": "Dr. Rolig Elv"}],
        "serviceType": kind,
        "serviceCategory": unit,
    }
    made = bundle(schedule)
    for number in range(count):
        start = begins + timedelta(minutes=20 * number)
        slot = {
            "resourceType": "Slot",
            "identifier": [{"system": "urn:test", "value": f"{name}-{number}"}],
            "schedule": {"reference": made["entry"][0]["fullUrl"]},
            "status": "free",
            "start": start.isoformat(),
            "end": (start + timedelta(minutes=20)).isoformat(),
            "serviceType": kind,
            "serviceCategory": unit,
        }
        made["entry"] += bundle(slot)["entry"]
    return made


def rows(installation, service, statement):
    url = installation.env["HELSAMI_DATABASE"].replace("{service}", service).replace("+psycopg2", "")
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            # The tests are the auditor: they look past row-level security as the tables' owner may.
            for table in ("items", "appointments"):
                if table in statement:
                    cursor.execute(f"alter table {table} no force row level security")
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.rollback()
        connection.close()


@pytest.fixture(scope="module")
def clinic(installation):
    """An installation with forty citizens, and free times that each test takes its own of."""
    portal = installation.portal
    answer = portal.deliver("oya_legesenter", bundle(*(patient(number) for number in range(40))))
    assert {entry["response"]["status"][:3] for entry in answer.json()["entry"]} == {"201"}
    answer = portal.deliver("oya_legesenter", schedule_with_slots(400))
    assert {entry["response"]["status"][:3] for entry in answer.json()["entry"]} == {"201"}
    ids = [row[0] for row in rows(installation, "directory", "select id from citizens order by id")]
    installation.citizens = [portal.citizen(citizen) for citizen in ids]
    installation.contested, *slots = [slot["id"] for page in pages(installation.citizens[0]) for slot in page]
    installation.slots = iter(slots)
    return installation


def pages(citizen):
    cursor = None
    while True:
        page = citizen.get("/api/v1/slots", params={"limit": 100, **({"cursor": cursor} if cursor else {})}).json()
        yield page["slots"]
        if (cursor := page.get("next")) is None:
            return


class Visitors:
    """Citizens who look at their home view all the time, and note how it went."""

    def __init__(self, citizens):
        self._citizens = citizens
        self._stop = threading.Event()
        self.seen = []
        self._threads = [threading.Thread(target=self._visit, args=(citizen,)) for citizen in citizens]

    def _visit(self, citizen):
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                answer = citizen.get("/api/v1/home")
                statuses = (
                    {name: section["status"] for name, section in answer.json()["sections"].items()}
                    if answer.status_code == 200
                    else {}
                )
                self.seen.append((began, time.monotonic() - began, answer.status_code, statuses))
            except requests.RequestException as failure:
                self.seen.append((began, time.monotonic() - began, type(failure).__name__, {}))
            time.sleep(0.05)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def since(self, moment):
        return [one for one in self.seen if one[0] >= moment]


def wait_for(condition, within=BACK_WITHIN):
    deadline = time.monotonic() + within
    while not (met := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return met


def test_f33_a_killed_service_is_one_unavailable_section_and_comes_back_by_itself(clinic):
    with Visitors(clinic.citizens[:4]) as visitors:
        wait_for(lambda: visitors.seen and visitors.seen[-1][3].get("results") == "ok")

        clinic.portal.processes["results"].kill9()
        killed = time.monotonic()
        wait_for(lambda: any(one[3].get("results") == "unavailable" for one in visitors.since(killed)))
        time.sleep(8)
        quick = [one for one in visitors.since(killed + 7.5) if one[3].get("results") == "unavailable"]
        assert quick, "the fault did not fire"
        clinic.begin("results")
        wait_for(lambda: visitors.seen[-1][3].get("results") == "ok")

    assert {one[2] for one in visitors.seen} == {200}
    assert max(one[1] for one in visitors.seen) < DEADLINE + LATE
    others = {status for one in visitors.seen for name, status in one[3].items() if name not in ("results", "notices")}
    assert others == {"ok"}
    assert max(one[1] for one in quick) < DEADLINE, "a service known to be silent is not waited for"


def book(citizen, slot, key=None):
    try:
        answer = citizen.post(
            "/api/v1/appointments", {"slot": slot}, headers={"Idempotency-Key": key or str(uuid.uuid4())}
        )
    except requests.RequestException as failure:
        return type(failure).__name__, None
    return answer.status_code, answer.json()


def booked_slots(installation):
    return Counter(row[0] for row in rows(installation, "appointments", "select slot from appointments"))


def test_f01_a_broker_killed_for_fifteen_seconds_loses_no_booking_and_no_event(clinic, broker):
    acknowledged = []
    statuses = Counter()
    stop = threading.Event()

    def keep_booking(citizen):
        for slot in clinic.slots:
            if stop.is_set():
                return
            key = str(uuid.uuid4())
            while not stop.is_set():
                status, answer = book(citizen, slot, key)
                statuses[status] += 1
                if status == 201:
                    acknowledged.append((slot, answer["id"]))
                if status != 503:
                    break
                time.sleep(0.5)  # as Retry-After asks, and under the same key
            time.sleep(0.3)

    bookers = [threading.Thread(target=keep_booking, args=(citizen,)) for citizen in clinic.citizens[:4]]
    for booker in bookers:
        booker.start()
    wait_for(lambda: len(acknowledged) >= 8)
    broker.kill9()
    time.sleep(15)
    broker.start()
    before = len(acknowledged)
    wait_for(lambda: len(acknowledged) >= before + 8)
    stop.set()
    for booker in bookers:
        booker.join()

    assert statuses[503] > 0, "the fault did not fire"
    assert all(process.is_running() for name, process in clinic.portal.processes.items())
    kept = booked_slots(clinic)
    assert set(kept.values()) == {1}
    assert {slot for slot, _ in acknowledged} <= set(kept)
    wait_for(lambda: rows(clinic, "appointments", "select count(*) from outbox where published_at is null") == [(0,)])
    told = "select count(*) from inbox where handler like '%tell_of_booking'"
    wait_for(lambda: rows(clinic, "notifications", told)[0][0] == sum(kept.values()))


@pytest.mark.parametrize("service", ["appointments", "notifications", "gateway"])
def test_f18_a_service_told_to_stop_under_load_leaves_no_duplicate_effect(clinic, service):
    answers = []
    stop = threading.Event()

    def keep_booking(citizen):
        for slot in clinic.slots:
            if stop.is_set():
                return
            answers.append((slot, book(citizen, slot)))
            time.sleep(0.05)

    bookers = [threading.Thread(target=keep_booking, args=(citizen,)) for citizen in clinic.citizens[:4]]
    for booker in bookers:
        booker.start()
    wait_for(lambda: len(answers) >= 12)

    assert clinic.portal.processes[service].terminate(within=35) == 0
    at_stop = len(answers)
    clinic.begin(service)
    clinic.wait_until_ready(service)
    wait_for(lambda: len(answers) >= at_stop + 8)
    stop.set()
    for booker in bookers:
        booker.join()

    acknowledged = {slot for slot, (status, _) in answers if status == 201}
    kept = booked_slots(clinic)
    assert set(kept.values()) == {1}
    assert acknowledged <= set(kept)
    wait_for(lambda: rows(clinic, "appointments", "select count(*) from outbox where published_at is null") == [(0,)])
    told = "select count(*) from inbox where handler like '%tell_of_booking'"
    wait_for(lambda: rows(clinic, "notifications", told)[0][0] == sum(kept.values()))


def test_f23_a_hundred_bookings_of_one_slot_have_one_winner(clinic):
    slot = clinic.contested

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda number: book(clinic.citizens[number % 40], slot), range(100)))

    outcomes = Counter((status, answer.get("code")) for status, answer in answers)
    assert outcomes[201, None] == 1
    assert outcomes[409, "slot-taken"] == 99, outcomes
    assert booked_slots(clinic)[slot] == 1
    (winner,) = [answer["id"] for status, answer in answers if status == 201]
    told = f"select count(*) from outbox where type = 'slot_booked' and data like '%{winner}%'"
    assert rows(clinic, "appointments", told) == [(1,)]


def test_an_owner_that_is_away_gets_its_entries_later(clinic):
    clinic.portal.processes["medications"].kill9()
    who = patient(3)
    medicine = {
        "resourceType": "MedicationRequest",
        "identifier": [{"system": "urn:test", "value": "m1"}],
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Paracet"},
        "subject": {"identifier": who["identifier"][0]},
        "authoredOn": "2026-11-01",
    }

    entries = clinic.portal.deliver("oya_legesenter", bundle(who, medicine)).json()["entry"]

    assert [entry["response"]["status"][:3] for entry in entries] == ["200", "202"]
    clinic.begin("medications")
    wait_for(
        lambda: any(
            json.dumps(item).find("Paracet") >= 0
            for citizen in clinic.citizens
            for item in citizen.get("/api/v1/medications").json().get("items", [])
        )
    )
