"""Acting for others at the door: an adult who cannot consent, by documents; and a child, by the register."""

import base64

import pytest
import requests

from harness.possessions import items, until

PDF = b"%PDF-1.7 an appointment as guardian"
ENCLOSED = {"title": "Oppnevning", "content_type": "application/pdf", "content": base64.b64encode(PDF).decode()}


@pytest.fixture
def adults(demo):
    """Two adults of one household and one of another, as the demo's list has them."""
    listed = requests.get(f"{demo.url}/dev/citizens", timeout=60).json()
    grown = [one for one in listed if one["birth_date"] < "2000" and not one["may_act_for"]]
    return grown[:3]


def test_a_guardian_applies_with_documents_staff_decide_and_everybody_sees_what_concerns_them(demo, adults):
    guardian, subject = demo.log_in(adults[0]["pid"]), adults[1]
    wish = {"national_id": subject["pid"], "organisation": "oya_legesenter", "relation": "guardian"}
    command = {**wish, "areas": {"medications": ["see"]}, "documents": [ENCLOSED]}
    acting = {"HelsaMi-Act-For": subject["citizen"]}

    applied = guardian.post("/api/v1/capacity-applications", command)
    assert (applied.status_code, applied.json().get("state")) == (201, "applied"), applied.text
    assert guardian.get("/api/v1/medications", headers=acting).status_code == 404

    path = "/staff/v1/capacity-applications"
    ours = {"headers": {"Authorization": f"Bearer {demo.token('oya_legesenter')}"}, "timeout": 30}
    seen = requests.get(demo.url + path, **ours).json()["applications"]
    assert applied.json()["id"] in [each["id"] for each in seen]
    one = f"{path}/{applied.json()['id']}"
    document = requests.get(f"{demo.url}{one}/documents/1", **ours)
    assert document.content == PDF
    assert document.headers["Content-Disposition"].startswith("attachment")
    theirs = {"headers": {"Authorization": f"Bearer {demo.token('st_olavs')}"}, "timeout": 30}
    foreign = requests.get(f"{demo.url}{one}/documents/1", **theirs)
    missing = requests.get(f"{demo.url}{path}/{'0' * 32}/documents/1", **theirs)
    assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content)
    decided = requests.post(f"{demo.url}{one}/decision", json={"decision": "grant", "review_days": 30}, **ours)
    assert decided.json()["state"] == "granted"

    assert guardian.get("/api/v1/medications", headers=acting).status_code == 200
    assert guardian.get("/api/v1/results", headers=acting).status_code == 403
    log = demo.log_in(subject["pid"]).get("/api/v1/access-log").json()["items"]
    assert {"representative", "staff"} <= {entry["role"] for entry in log}
    represented = demo.log_in(subject["pid"])
    (given,) = [one for one in represented.get("/api/v1/grants").json()["given"] if one["basis"] == "capacity"]
    assert (given["id"], given["citizen"], given["code"]) == (applied.json()["id"], adults[0]["citizen"], "VE")
    news = ("notice.representative-approved", {"type": "representation", "id": given["id"]})
    until(lambda: news in [(one["message"], one["about"]) for one in items(represented, "/api/v1/notices")])
    assert represented.delete(f"/api/v1/grants/{given['id']}").json()["state"] == "revoked"
    assert guardian.get("/api/v1/medications", headers=acting).status_code == 404


def test_an_application_without_documents_is_refused_by_field(demo, adults):
    wish = {"national_id": adults[1]["pid"], "organisation": "oya_legesenter", "relation": "guardian", "level": "read"}

    refused = demo.log_in(adults[0]["pid"]).post("/api/v1/capacity-applications", {**wish, "documents": []})

    assert refused.status_code == 400
    assert refused.json()["problems"] == [
        {"field": "documents", "expected": "1 to 5 documents that show the right to act"}
    ]


def test_a_parent_acts_for_a_child_in_one_request_and_for_nobody_in_the_next(demo):
    listed = requests.get(f"{demo.url}/dev/citizens", timeout=60).json()
    for household in sorted({one["name"].split()[-1] for one in listed}):
        members = [one for one in listed if one["name"].endswith(household)]
        children = [one for one in members if one["birth_date"] > "2016"]
        for parent in (one for one in members if one["birth_date"] < "2000" and children):
            citizen = demo.log_in(parent["pid"])
            applied = citizen.post("/api/v1/children", {"national_id": children[0]["pid"]})
            if applied.status_code == 201:
                acting = {"HelsaMi-Act-For": children[0]["citizen"]}
                assert citizen.get("/api/v1/home", headers=acting).status_code == 200
                assert citizen.get("/api/v1/me").json()["citizen"] == parent["citizen"]
                listed_for = citizen.get("/api/v1/acting-for").json()["acting_for"]
                assert (children[0]["citizen"], "parental", "FO") in [
                    (each["citizen"], each["basis"], each["code"]) for each in listed_for
                ]
                assert citizen.delete(f"/api/v1/children/{applied.json()['id']}").status_code == 200
                assert citizen.get("/api/v1/home", headers=acting).status_code == 404
                return
    pytest.fail("no parent of the demo may act for a child")
