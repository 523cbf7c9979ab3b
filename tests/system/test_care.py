"""Stays, referrals, letters and plans in a running system: sent by record systems, read by one citizen alone."""

import pytest
import requests

WHO = "Vennlig Fjell"  # of whom the demo has one of each
MISSING = "5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55"


@pytest.fixture(scope="module")
def people(demo):
    citizens = requests.get(f"{demo.url}/dev/citizens", timeout=60).json()
    one, other = (next(one["pid"] for one in citizens if (one["name"] == WHO) is same) for same in (True, False))
    return demo.log_in(one), demo.log_in(other)


def only_item(citizen, path):
    (item,) = citizen.get(path).json()["items"]
    return item


def test_a_referral_leads_to_its_appointment_and_that_to_the_letter_about_it(people):
    citizen, _ = people
    referral = only_item(citizen, "/api/v1/referrals")

    (appointment,) = citizen.get(f"/api/v1/referrals/{referral['id']}").json()["appointments"]
    shown = citizen.get(f"/api/v1/appointments/{appointment['id']}").json()
    (named,) = shown["letters"]["items"]
    letter = citizen.get(f"/api/v1/letters/{named['id']}").json()

    assert (shown["referral"], shown["letters"]["status"]) == (referral["id"], "ok")
    assert "known_as" not in shown
    assert letter == only_item(citizen, "/api/v1/letters")
    assert letter["attachments"] == named["attachments"]


def test_what_is_enclosed_is_a_file_to_save_that_nothing_here_runs(people):
    citizen, _ = people
    letter = only_item(citizen, "/api/v1/letters")

    answer = citizen.get(f"/api/v1/letters/{letter['id']}/attachments/1")

    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
    assert len(answer.content) == letter["attachments"][0]["size"]
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="attachment-1.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["Cache-Control"] == "no-store"


def test_somebody_elses_and_missing_ones_look_the_same(people):
    citizen, other = people
    letter, referral = (only_item(citizen, f"/api/v1/{what}")["id"] for what in ("letters", "referrals"))

    for mine, missing in (
        (f"/api/v1/letters/{letter}", f"/api/v1/letters/{MISSING}"),
        (f"/api/v1/letters/{letter}/attachments/1", f"/api/v1/letters/{MISSING}/attachments/1"),
        (f"/api/v1/letters/{letter}/attachments/1", f"/api/v1/letters/{letter}/attachments/x"),
        (f"/api/v1/referrals/{referral}", f"/api/v1/referrals/{MISSING}"),
    ):
        foreign, gone = other.get(mine), other.get(missing)
        assert (foreign.status_code, foreign.content) == (404, gone.content)
    assert citizen.get(f"/api/v1/letters/{letter}/attachments/2").status_code == 404


def test_a_planned_stay_and_what_a_plan_says_are_shown_and_told_of(people):
    citizen, other = people
    stay = only_item(citizen, "/api/v1/stays")
    told = {item["message"] for item in citizen.get("/api/v1/notices?limit=100").json()["items"]}
    planned = [item for item in citizen.get("/api/v1/calendar").json()["items"] if item["type"] == "plan"]

    assert stay["status"] == "planned"
    assert {"notice.stay-planned", "notice.referral-status-changed", "notice.letter-issued"} <= told
    assert {item["title"] for item in planned} == {"Knebøy med støtte, tre ganger ti", "Gruppetrening"}
    assert other.get("/api/v1/calendar").json()["items"] != planned
