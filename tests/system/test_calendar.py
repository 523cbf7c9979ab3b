"""The health calendar in a running system: an event of one's own from the first writing to its removal."""

import icalendar
import pytest
import requests

WALK = {"title": "Gåtur", "starts": "2027-03-05T12:00", "ends": "2027-03-05T13:00", "rule": "FREQ=DAILY;COUNT=3"}
MARCH = "/api/v1/calendar?from=2027-03-01T00:00:00Z&to=2027-03-31T00:00:00Z"


@pytest.fixture(scope="module")
def citizens(demo):
    return requests.get(f"{demo.url}/dev/citizens", timeout=60).json()


def test_an_event_is_written_once_shown_in_order_changed_and_removed(demo, citizens):
    citizen, other = (demo.log_in(citizens[number]["pid"]) for number in (8, 9))
    once = {"Idempotency-Key": "walk"}

    written = citizen.post("/api/v1/calendar/events", WALK, headers=once)

    assert written.status_code == 201
    assert citizen.post("/api/v1/calendar/events", WALK, headers=once).content == written.content
    event = f"/api/v1/calendar/events/{written.json()['id']}"
    mine = [item for item in citizen.get(MARCH).json()["items"] if item["type"] == "event"]
    assert [item["starts"] for item in mine] == [f"2027-03-0{day}T12:00+01:00" for day in (5, 6, 7)]
    assert [item for item in other.get(MARCH).json()["items"] if item["type"] == "event"] == []

    foreign = other.delete(event)
    missing = other.delete(event[:-1] + "x")
    assert (foreign.status_code, foreign.content) == (404, missing.content)
    changed = citizen.put(event, {**WALK, "rule": ""})
    assert (changed.status_code, changed.json()["rule"]) == (200, "")
    assert citizen.delete(event).status_code == 200
    assert citizen.get("/api/v1/calendar/events").json() == {"events": []}


def test_the_calendar_shows_the_appointments_that_the_list_of_appointments_shows(demo, citizens):
    found = 0
    for one in citizens[:12]:
        citizen = demo.log_in(one["pid"])
        coming = citizen.get("/api/v1/appointments?limit=100").json()["items"]
        for appointment in coming:
            window = {"from": appointment["starts_at"], "to": appointment["ends_at"]}
            items = citizen.get("/api/v1/calendar", params=window).json()["items"]
            assert {"type": "appointment", **appointment} in items
            found += 1
    assert found, "there is something to see"


def test_a_rule_without_bounds_is_refused_with_the_field(demo, citizens):
    citizen = demo.log_in(citizens[8]["pid"])

    answer = citizen.post("/api/v1/calendar/events", {**WALK, "rule": "FREQ=DAILY;COUNT=1000000"})

    assert (answer.status_code, answer.json()["code"]) == (422, "too-many-occurrences")
    assert answer.json()["problems"][0]["field"] == "rule"


def test_a_calendar_is_followed_by_a_link_without_a_login_until_the_link_is_ended(demo, citizens):
    citizen = demo.log_in(citizens[10]["pid"])
    citizen.post("/api/v1/calendar/events", WALK)

    made = citizen.post("/api/v1/calendar/link", {"language": "en"})

    assert made.status_code == 201
    feed = requests.get(demo.url + made.json()["path"], timeout=10)
    assert (feed.status_code, feed.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert feed.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in feed.headers
    assert "Gåtur" not in feed.text
    entries = icalendar.Calendar.from_ical(feed.content).walk("VEVENT")
    assert "Own event in the health calendar" in {str(entry["summary"]) for entry in entries}
    assert "path" not in citizen.get("/api/v1/calendar/link").json()["link"]
    with_details = citizen.post("/api/v1/calendar/link", {"details": True}).json()["path"]
    assert "Gåtur" in requests.get(demo.url + with_details, timeout=10).text

    log = citizen.get("/api/v1/access-log?role=system").json()["items"]
    assert [(item["actor"], item["purpose"]) for item in log] == [("calendar-link", "calendar-feed")], "once a day"
    assert citizen.delete("/api/v1/calendar/link").json() == {"link": None}

    paths = (made.json()["path"], with_details, f"/calendar/{'x' * 43}.ics", "/calendar/x.ics")
    answers = [requests.get(demo.url + path, timeout=10) for path in paths]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
