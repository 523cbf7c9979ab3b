"""Nothing personal, and no password, in anything the processes print or show (F36)."""

import base64
import json
import urllib.parse
from datetime import date

import pytest
import requests

from helsami_gateway.national_id import synthetic

pytestmark = pytest.mark.fault

PID = synthetic(date(1971, 3, 9), 5)
NAME, DIAGNOSIS, NOTE = "Sjeldenhetsfjell", "Kanarifugldiagnose", "Kanarifuglnotat"
CANARIES = (
    PID,
    f"{PID[:6]} {PID[6:]}",
    f"{PID[:6]}-{PID[6:]}",
    urllib.parse.quote(PID),
    base64.b64encode(PID.encode()).decode(),
    NAME,
    DIAGNOSIS,
    NOTE,
)
FNR = "urn:oid:2.16.578.1.12.4.1.4.1"


def test_f36_canaries_are_found_in_no_output(installation, broker):
    portal = installation.portal
    bus = installation.env["HELSAMI_BUS"]
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": "urn:uuid:p",
                "resource": {
                    "resourceType": "Patient",
                    "identifier": [{"system": FNR, "value": PID}],
                    "name": [{"family": NAME, "given": ["Modig"]}],
                    "birthDate": "1971-03-09",
                },
            },
            {
                "fullUrl": "urn:uuid:c",
                "resource": {
                    "resourceType": "Condition",
                    "identifier": [{"system": "urn:test", "value": "c"}],
                    "subject": {"identifier": {"system": FNR, "value": PID}},
                    "code": {"text": DIAGNOSIS},
                    "recordedDate": "2026-11-01",
                    "note": [{"text": f"{NOTE} {PID}"}],
                },
            },
        ],
    }
    assert portal.deliver("st_olavs", bundle).status_code == 200
    spoiled = json.dumps(bundle).encode()
    portal.deliver("st_olavs", spoiled[:-30])
    portal.deliver("st_olavs", spoiled.replace(b'"birthDate": "1971-03-09"', f'"birthDate": "{PID}"'.encode()))
    citizen = portal.citizen("0" * 32)
    citizen.get(f"/api/v1/results?pid={PID}")
    citizen.get(f"/api/v1/records/{PID}")
    citizen.get("/api/v1/home", headers={"HelsaMi-Act-For": PID})
    citizen.post("/api/v1/appointments", {"slot": PID})
    requests.post(f"{portal.url}/dev/login", json={"pid": PID}, timeout=10)

    outputs = {name: process.output for name, process in portal.processes.items()}
    outputs |= {f"{name} metrics": installation.metrics(name) for name in portal.processes}
    outputs["queues"] = broker.ctl("list_queues", "-p", bus.rpartition("/")[2], "name", "arguments")
    password = bus.partition("@")[0].rpartition(":")[2]

    assert all(len(output) > 0 for output in outputs.values()), "there is something to look at"
    found = [
        (name, canary) for name, output in outputs.items() for canary in (*CANARIES, password) if canary in output
    ]
    assert found == []


def test_the_development_login_is_not_there(installation):
    for verb, path in (("POST", "/dev/login"), ("GET", "/dev/citizens")):
        answer = requests.request(verb, installation.portal.url + path, json={"pid": PID}, timeout=10)
        assert answer.status_code == 404
