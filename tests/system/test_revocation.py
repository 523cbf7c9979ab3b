"""A revocation holds from the next request on: under load, and as an operator's probe sees it (issue 5, shown by 3)."""

import subprocess
import sys
import threading
import time
import uuid
from contextlib import closing
from datetime import date
from itertools import cycle, islice
from math import ceil

import psycopg2
import pytest
import requests

from harness.portal import HELSAMI
from helsami_directory.identity import Identity
from helsami_gateway.national_id import synthetic

FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
BORN = date(1979, 3, 8)
ASKS_A_SECOND = 50
ASKING = 10
ROUNDS = (20, pytest.param(100, marks=pytest.mark.system_long))
"""Each is a grant that is accepted, used and revoked while the representative goes on asking."""
GIVERS = 13
"""Several, as nobody may change what they grant without end: ten times each is the most."""
READ = "/api/v1/appointments?limit=1"


class Representative:
    """Asks on somebody's behalf, so many times a second, and notes when each request began and how it was answered."""

    def __init__(self, citizen):
        self._citizen = citizen
        self.subject = "nobody yet"
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(place,)) for place in range(ASKING)]
        self.seen = []

    @property
    def rate(self):
        """Requests a second, as they were sent: a machine full of tests carries less than is meant."""
        began = [began for began, _, _ in self.seen]
        return len(began) / (max(began) - min(began))

    def _ask(self, place):
        due = time.monotonic() + place / ASKS_A_SECOND
        while not self._stop.is_set():
            time.sleep(max(0.0, due - time.monotonic()))
            due += ASKING / ASKS_A_SECOND
            began = time.monotonic()
            acting = {"HelsaMi-Act-For": self.subject}
            try:
                status = self._citizen.get(READ, headers=acting).status_code
            except requests.RequestException as failure:
                status = type(failure).__name__
            self.seen.append((began, time.monotonic(), status))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, status, number):
        """Wait until so many more were answered like this."""
        reached = self._count(status) + number
        deadline = time.monotonic() + 20
        while self._count(status) < reached:
            assert time.monotonic() < deadline, f"no {number} answers of {status}"
            time.sleep(0.005)

    def _count(self, status):
        return sum(1 for _, _, told in self.seen if told == status)


@pytest.fixture
def people(installation):
    """Adults of whom a record system has told, each with their id, logged in."""
    portal = installation.portal
    patients = [
        {
            "resourceType": "Patient",
            "identifier": [{"system": FNR, "value": synthetic(BORN, number)}],
            "name": [{"family": "Kyst", "given": [f"Rolig {number}"]}],
            "birthDate": BORN.isoformat(),
        }
        for number in range(1 + GIVERS)
    ]
    entries = [{"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": one} for one in patients]
    answer = portal.deliver("oya_legesenter", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert answer.status_code == 200, answer.text
    identity = Identity(portal.keys.secret("identity"))
    lookups = [identity.lookup(one["identifier"][0]["value"]) for one in patients]
    url = installation.env["HELSAMI_DATABASE"].replace("{service}", "directory").replace("+psycopg2", "")
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("select id from citizens where lookup = any(%s)", (lookups,))
        return [(row[0], portal.citizen(row[0], BORN)) for row in cursor.fetchall()]


@pytest.mark.system
@pytest.mark.parametrize("rounds", ROUNDS)
def test_no_request_that_begins_after_a_revocation_is_answered_however_many_there_are(people, capsys, rounds):
    (receiver, accepting), *givers = people
    propagation = []
    with Representative(accepting) as representative:
        for giver, granting in islice(cycle(givers), rounds):
            representative.subject = giver
            offered = granting.post("/api/v1/grants", {"receiver": receiver, "areas": {"appointments": ["see"]}})
            assert offered.status_code == 201, offered.text
            grant = f"/api/v1/grants/{offered.json()['id']}"
            assert accepting.post(f"{grant}/accept", {}).status_code == 200
            representative.wait_for(200, 10)

            assert granting.delete(grant).status_code == 200
            revoked = time.monotonic()

            representative.wait_for(404, 10)
            later = [(began, ended, told) for began, ended, told in list(representative.seen) if ended > revoked]
            assert [told for began, _, told in later if began > revoked and told != 404] == []
            propagation.append(min(ended for _, ended, told in later if told == 404) - revoked)

    assert {told for _, _, told in representative.seen} == {200, 404}
    propagation.sort()
    p50, p99 = (1000 * propagation[ceil(rounds * share) - 1] for share in (0.5, 0.99))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{representative.rate:.1f} of {ASKS_A_SECOND} requests/s by a representative, {rounds} revocations;"
            f" the first refusal after p50 {p50:.0f} ms, p99 {p99:.0f} ms, at most {1000 * propagation[-1]:.0f} ms\n"
        )


def test_the_probe_of_an_operator_finds_that_the_next_request_is_refused(demo, tmp_path):
    listed = requests.get(f"{demo.url}/dev/citizens", timeout=60).json()
    giver, receiver = [one["citizen"] for one in listed if one["birth_date"] < "1990"][-2:]
    told = tmp_path / "revocation.prom"
    between = ["--giver", giver, "--receiver", receiver, "--url", demo.url, "--metrics", str(told)]
    env = {"HELSAMI_DATA": str(demo.keys.path.parent)}

    for _ in range(2):
        command = [str(HELSAMI), "probe", "revocation", *between]
        probed = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert (probed.returncode, probed.stderr) == (0, "")
        assert probed.stdout.endswith("s after the revocation; 0 requests were answered in between\n")
    metrics = dict(line.split() for line in told.read_text().splitlines())
    assert 0 < float(metrics["helsami_revocation_seconds"]) < 5
    assert metrics["helsami_revocation_late_requests"] == "0"
    assert abs(time.time() - int(metrics["helsami_revocation_probed_timestamp_seconds"])) < 60
