"""`make run`: one process, demo data, and a citizen who reads their home view (issue 2, shown by 1)."""

import re
import signal
import socket
import subprocess
import time

import pytest
import requests
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from harness.portal import HELSAMI, embedded
from helsami_gateway.service import GatewayService
from helsami_kernel.describe import entrypoints
from helsami_kernel.http import Http

FILLED = {"appointments", "medications", "results", "visits", "conditions", "allergies", "vaccines", "notices"}
SECTIONS = FILLED | {"messages"}


@pytest.fixture(scope="package")
def citizens(demo):
    return requests.get(f"{demo.url}/dev/citizens", timeout=60).json()


def test_every_demo_citizen_has_content_in_every_section(demo, citizens):
    assert len(citizens) == 60
    empty = []
    for citizen in citizens:
        sections = demo.log_in(citizen["pid"]).home()
        assert set(sections) == SECTIONS
        assert {section["status"] for section in sections.values()} == {"ok"}
        empty += [(citizen["name"], name) for name in FILLED if not sections[name]["items"]]
    assert empty == []


def test_the_list_of_citizens_says_who_they_are_and_for_whom_they_may_act(citizens):
    assert all({"pid", "name", "birth_date", "may_act_for"} <= set(citizen) for citizen in citizens)
    assert any(citizen["may_act_for"] for citizen in citizens)
    assert all(int(citizen["pid"][2:4]) > 80 for citizen in citizens), "synthetic people only"


def test_older_things_are_absent_for_a_reason(demo, citizens):
    absences = [
        absence
        for citizen in citizens[:20]
        for section in demo.log_in(citizen["pid"]).home().values()
        for absence in section["absences"]
    ]

    assert {"code": "before_go_live", "organisation": "st_olavs", "date": "2025-03-01"} in absences


def test_nobody_is_logged_in_without_logging_in(demo):
    answer = requests.get(f"{demo.url}/api/v1/home", timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (401, "login-needed")


def test_one_who_may_act_for_another_reads_what_was_granted_and_it_is_in_the_log(demo, citizens):
    actor = next(citizen for citizen in citizens if citizen["may_act_for"])
    subject = actor["may_act_for"][0]["citizen"]
    grantor = next(citizen for citizen in citizens if citizen["citizen"] == subject)

    answer = demo.log_in(actor["pid"]).get("/api/v1/home", headers={"HelsaMi-Act-For": subject})

    assert answer.status_code == 200
    own = demo.log_in(grantor["pid"])
    shown = {name: [i["id"] for i in section["items"]] for name, section in answer.json()["sections"].items()}
    mine = {name: [i["id"] for i in section["items"]] for name, section in own.home().items()}
    # Of what they may not hear about, such as grants, nothing is news to them: what is older comes up.
    mine["notices"] = [notice["id"] for notice in own.get("/api/v1/notices?limit=100").json()["items"]]
    assert any(shown.values())
    assert all(set(ids) <= set(mine[name]) for name, ids in shown.items())
    log = own.get("/api/v1/access-log").json()["items"]
    assert any(entry["actor"] == actor["citizen"] for entry in log)


def test_a_foreign_citizen_and_one_that_does_not_exist_get_the_same_bytes(demo, citizens):
    actor = demo.log_in(citizens[0]["pid"])
    foreign = next(
        one["citizen"]
        for one in citizens[1:]
        if one["citizen"] not in [granted["citizen"] for granted in citizens[0]["may_act_for"]]
    )

    answers = [
        actor.get("/api/v1/home", headers={"HelsaMi-Act-For": subject}) for subject in (foreign, "0" * 32, "nonsense")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_a_slot_is_booked_shown_and_noticed(demo, citizens):
    citizen = demo.log_in(citizens[5]["pid"])
    slot = citizen.get("/api/v1/slots?organisation=oya_legesenter").json()["slots"][0]

    booked = citizen.post("/api/v1/appointments", {"slot": slot["id"]}, headers={"Idempotency-Key": "k1"})

    assert booked.status_code == 201
    again = citizen.post("/api/v1/appointments", {"slot": slot["id"]}, headers={"Idempotency-Key": "k1"})
    assert again.content == booked.content
    listed = citizen.get("/api/v1/appointments?limit=100").json()["items"]
    assert booked.json()["id"] in [item["id"] for item in listed]
    deadline = time.monotonic() + 10
    while not any(n["about"]["id"] == booked.json()["id"] for n in citizen.get("/api/v1/notices").json()["items"]):
        assert time.monotonic() < deadline, "the notice did not come"
        time.sleep(0.1)
    other = demo.log_in(citizens[6]["pid"]).post("/api/v1/appointments", {"slot": slot["id"]})
    assert (other.status_code, other.json()["code"]) == (409, "slot-taken")


def test_a_booking_is_shown_moved_and_cancelled_and_each_is_noticed(demo, citizens, wrong):
    citizen = demo.log_in(citizens[7]["pid"])
    free = citizen.get("/api/v1/slots?organisation=oya_legesenter&limit=100").json()["slots"]
    first = free[-1]
    second = next(slot for slot in reversed(free[:-1]) if slot["visit_type"] == first["visit_type"])
    held = citizen.post(f"/api/v1/slots/{first['id']}/hold", {})
    booked = citizen.post("/api/v1/appointments", {"slot": first["id"]}).json()["id"]
    path = f"/api/v1/appointments/{booked}"

    shown = citizen.get(path)
    moved = citizen.post(f"{path}/move", {"slot": second["id"]})
    foreign, missing = (
        demo.log_in(citizens[8]["pid"]).post(f"/api/v1/appointments/{one}/cancel", {}) for one in (booked, "nonsense")
    )
    cancelled = citizen.post(f"{path}/cancel", {})
    again = citizen.post(f"{path}/cancel", {})

    assert wrong(held, "post", "/api/v1/slots/{slot}/hold") == []
    assert wrong(shown, "get", "/api/v1/appointments/{appointment}") == []
    assert {one["action"] for one in shown.json()["actions"]} == {"book", "change", "cancel", "join-waitlist", "video"}
    assert (moved.status_code, moved.json()["starts_at"]) == (200, second["starts_at"])
    assert (foreign.status_code, foreign.json()["code"]) == (404, "appointment-not-found")
    assert foreign.content == missing.content
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert (again.status_code, again.json()["code"]) == (409, "appointment-cancelled")
    messages = {"notice.slot-booked", "notice.appointment-changed", "notice.appointment-cancelled"}
    deadline = time.monotonic() + 10

    def noticed():
        return {n["message"] for n in citizen.get("/api/v1/notices").json()["items"] if n["about"]["id"] == booked}

    while noticed() != messages:
        assert time.monotonic() < deadline, "a notice did not come"
        time.sleep(0.1)


def wishes(citizen):
    """What a citizen can ask for and not do: appointment, and action."""
    for item in citizen.get("/api/v1/appointments?limit=100").json()["items"]:
        shown = citizen.get(f"/api/v1/appointments/{item['id']}").json()
        yield from ((shown, one["action"]) for one in shown["actions"] if one["ways"][0]["way"] == "request")


def test_what_cannot_be_done_is_asked_for_and_answered_by_the_organisations_staff(demo, citizens, wrong):
    logged_in = (demo.log_in(one["pid"]) for one in citizens)
    citizen, (appointment, action) = next((one, wish) for one in logged_in for wish in wishes(one) if wish[1] != "book")
    headers = {"Authorization": f"Bearer {demo.token(appointment['organisation'])}"}
    path = f"/api/v1/appointments/{appointment['id']}/requests"
    asked = citizen.post(path, {"action": action, "wish": "Gjerne på en torsdag"})

    listed = requests.get(f"{demo.url}/staff/v1/requests", headers=headers, timeout=10)
    answer = {"answer": "decline", "reason": "by-phone-only"}
    url = f"{demo.url}/staff/v1/requests/{asked.json()['id']}/answer"
    foreign = requests.post(url, headers={"Authorization": f"Bearer {demo.token('levanger')}"}, json=answer, timeout=10)
    answered = requests.post(url, headers=headers, json=answer, timeout=10)
    late = citizen.delete(f"/api/v1/requests/{asked.json()['id']}")

    assert wrong(asked, "post", "/api/v1/appointments/{appointment}/requests") == []
    assert wrong(listed, "get", "/staff/v1/requests") == []
    assert asked.json() in listed.json()["requests"]
    assert set(listed.json()) == {"requests", "next"}, "whom it is about is for their logs"
    log = citizen.get("/api/v1/access-log?role=staff&kind=appointments").json()["items"]
    looked = [(each["actor"], each["purpose"], each["outcome"]) for each in log]
    assert (appointment["organisation"], "patient-request", "allowed") in looked
    assert (foreign.status_code, foreign.json()["code"]) == (404, "request-not-found")
    assert (answered.status_code, answered.json()["state"]) == (200, "declined")
    assert (late.status_code, late.json()["code"]) == (409, "request-ended")


def test_one_waits_for_an_earlier_time_and_waits_no_longer(demo, citizens, wrong):
    citizen, other = (demo.log_in(citizens[place]["pid"]) for place in (9, 10))
    free = citizen.get("/api/v1/slots?organisation=oya_legesenter&visit_type=consultation&limit=100").json()["slots"]
    booked = citizen.post("/api/v1/appointments", {"slot": free[-1]["id"], "waitlist": True})
    appointment = booked.json()["id"]

    waiting, offers = citizen.get("/api/v1/waitlist"), citizen.get("/api/v1/waitlist/offers")
    again = citizen.post("/api/v1/waitlist", {"appointment": appointment})
    foreign, missing = (other.post("/api/v1/waitlist", {"appointment": one}) for one in (appointment, "nonsense"))
    answers = [
        other.post(f"/api/v1/waitlist/offers/{one}/{answer}", {})
        for one in (appointment, "nonsense")
        for answer in ("accept", "decline")
    ]
    left = citizen.delete(f"/api/v1/waitlist/{appointment}")

    assert booked.status_code == 201
    assert wrong(waiting, "get", "/api/v1/waitlist") == wrong(offers, "get", "/api/v1/waitlist/offers") == []
    assert [one["appointment"] for one in waiting.json()["waiting"]] == [appointment]
    assert (again.status_code, again.json()) == (201, waiting.json()["waiting"][0])
    assert (foreign.status_code, foreign.content) == (404, missing.content)
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "offer-not-found")}
    assert len({answer.content for answer in answers}) == 1
    assert (left.status_code, wrong(left, "delete", "/api/v1/waitlist/{appointment}")) == (200, [])
    assert citizen.get("/api/v1/waitlist").json() == {"waiting": []}
    assert citizen.delete(f"/api/v1/waitlist/{appointment}").json()["code"] == "not-waiting"


def test_staff_let_who_is_not_digital_wait(demo, citizens, wrong):
    citizen = demo.log_in(citizens[11]["pid"])
    free = citizen.get("/api/v1/slots?organisation=oya_legesenter&visit_type=consultation&limit=100").json()["slots"]
    appointment = citizen.post("/api/v1/appointments", {"slot": free[-1]["id"]}).json()["id"]
    ours, theirs = ({"Authorization": f"Bearer {demo.token(one)}"} for one in ("oya_legesenter", "levanger"))
    whom = {"national_id": citizens[11]["pid"], "appointment": appointment}
    url = f"{demo.url}/staff/v1/waitlist"

    foreign = requests.post(url, headers=theirs, json=whom, timeout=10)
    nobody = requests.post(url, headers=theirs, json={**whom, "national_id": "13924500160"}, timeout=10)
    joined = requests.post(url, headers=ours, json=whom, timeout=10)
    offers = requests.get(f"{url}/offers", headers=ours, timeout=10)
    missing = requests.post(f"{url}/offers/{appointment}/accept", headers=ours, json={}, timeout=10)
    outcomes = requests.get(f"{url}/outcomes", headers=ours, timeout=10)

    assert (foreign.status_code, foreign.json()["code"]) == (404, "appointment-not-found")
    assert foreign.content == nobody.content
    assert (joined.status_code, wrong(joined, "post", "/staff/v1/waitlist")) == (201, [])
    assert wrong(offers, "get", "/staff/v1/waitlist/offers") == []
    assert (missing.status_code, missing.json()["code"]) == (404, "offer-not-found")
    assert wrong(outcomes, "get", "/staff/v1/waitlist/outcomes") == []
    assert [one["appointment"] for one in citizen.get("/api/v1/waitlist").json()["waiting"]] == [appointment]
    assert requests.get(f"{url}/offers", timeout=10).status_code == 401


@pytest.mark.parametrize(
    ("command", "field"),
    [({}, "slot"), ({"slot": 7}, "slot"), ({"slot": "x", "owner": "c2"}, ".")],
)
def test_a_malformed_command_says_which_field(demo, citizens, command, field):
    answer = demo.log_in(citizens[0]["pid"]).post("/api/v1/appointments", command)

    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.json()["problems"]] == [field]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=abc", "limit=1&limit=2", "subject=c2"])
def test_a_malformed_page_is_refused(demo, citizens, query):
    assert demo.log_in(citizens[0]["pid"]).get(f"/api/v1/results?{query}").status_code == 400


def test_pages_follow_each_other_without_gap_or_repetition(demo, citizens):
    citizen = demo.log_in(citizens[0]["pid"])
    whole = [item["id"] for item in citizen.get("/api/v1/records/visits?limit=100").json()["items"]]
    assert len(whole) > 2
    paged, cursor = [], None
    while True:
        query = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = citizen.get("/api/v1/records/visits", params=query).json()
        paged += [item["id"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break

    assert paged == whole


@pytest.fixture(scope="package")
def described(demo):
    return requests.get(f"{demo.url}/api/v1/openapi.json", timeout=10).json()


def test_the_description_is_valid_openapi_and_knows_every_route_by_its_name(described):
    validate(described)

    served = {
        (each.verb.lower(), re.sub(r"<(\w+)>", r"{\1}", each.path), each.method_name)
        for each in entrypoints(GatewayService, Http)
    }
    assert {
        (verb, path, operation["operationId"])
        for path, verbs in described["paths"].items()
        for verb, operation in verbs.items()
    } == served


@pytest.fixture(scope="package")
def wrong(described):
    """What of an answer is not as the description of its route and status says."""

    def find(answer, verb, path):
        told = described["paths"][path][verb]["responses"][str(answer.status_code)]["content"]
        schema = told[answer.headers["Content-Type"]]["schema"] | {"components": described["components"]}
        checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        return [(path, error.json_path, error.message) for error in checker.iter_errors(answer.json())]

    return find


LISTS = [
    "appointments",
    "calendar",
    "calendar/events",
    "medications",
    "results",
    "notices",
    "access-log",
    "slots",
    "organisations",
    "grants",
    "me",
]
RECORDS = ["visits", "conditions", "allergies", "vaccines", "documents"]


def test_every_answer_is_as_it_is_described(demo, citizens, described, wrong):
    pages = {f"/api/v1/{name}": f"/api/v1/{name}" for name in ["home", *LISTS]}
    pages |= {f"/api/v1/records/{name}": "/api/v1/records/{section}" for name in RECORDS}
    pages |= {"/api/v1/appointments?when=past&limit=100": "/api/v1/appointments"}
    for citizen in citizens[::6]:
        own = demo.log_in(citizen["pid"])
        for address, path in pages.items():
            assert wrong(own.get(address), "get", path) == []
        assert set(own.home()) <= set(described["components"]["schemas"]["HomeSections"]["properties"])
    for address, path in [("/dev/citizens", "/dev/citizens"), ("/api/v1/texts/nn", "/api/v1/texts/{language}")]:
        assert wrong(requests.get(demo.url + address, timeout=60), "get", path) == []


def test_what_a_citizen_changes_and_what_is_refused_is_answered_as_described(demo, citizens, wrong):
    giver, receiver = (demo.log_in(citizens[number]["pid"]) for number in adults(citizens)[:2])
    command = {"receiver": receiver.get("/api/v1/me").json()["citizen"], "areas": {"medications": ["see"]}}
    given = giver.post("/api/v1/grants", command)
    assert (given.status_code, wrong(given, "post", "/api/v1/grants")) == (201, [])
    accepted = receiver.post(f"/api/v1/grants/{given.json()['id']}/accept", {})
    assert (accepted.json()["state"], wrong(accepted, "post", "/api/v1/grants/{grant}/accept")) == ("active", [])
    acting = {"HelsaMi-Act-For": giver.get("/api/v1/me").json()["citizen"]}
    assert receiver.get("/api/v1/medications", headers=acting).status_code == 200

    beyond = receiver.get("/api/v1/results", headers=acting)
    log = giver.get("/api/v1/access-log")
    ended = giver.delete(f"/api/v1/grants/{given.json()['id']}")
    gone = receiver.get("/api/v1/medications", headers=acting)

    assert (beyond.status_code, wrong(beyond, "get", "/api/v1/results")) == (403, [])
    assert [(item["purpose"], item["outcome"], item["name"]) for item in log.json()["items"][:2]] == [
        ("results", "refused", receiver.get("/api/v1/me").json()["name"]),
        ("medications", "allowed", receiver.get("/api/v1/me").json()["name"]),
    ]
    assert wrong(log, "get", "/api/v1/access-log") == []
    assert (ended.json()["name"], wrong(ended, "delete", "/api/v1/grants/{grant}")) == (given.json()["name"], [])
    assert (gone.status_code, wrong(gone, "get", "/api/v1/medications")) == (404, [])
    malformed = giver.post("/api/v1/appointments", {})
    assert (malformed.status_code, wrong(malformed, "post", "/api/v1/appointments")) == (400, [])
    stranger = requests.post(f"{demo.url}/dev/login", json={"pid": "01810012345"}, timeout=10)
    assert (stranger.json()["code"], wrong(stranger, "post", "/dev/login")) == ("unknown-person", [])


STAFF = "/staff/v1/organisations"


def test_what_staff_ask_and_what_is_refused_them_is_answered_as_described(demo, wrong):
    def ask(verb, rest="", organisation="region", **command):
        headers = {"Authorization": f"Bearer {demo.token(organisation)}"} if organisation else {}
        return requests.request(verb, f"{demo.url}{STAFF}{rest}", headers=headers, timeout=10, **command)

    steps = [
        (ask("get"), 200, "get", STAFF),
        (ask("get", organisation="st_olavs"), 200, "get", STAFF),
        (ask("get", "/st_olavs"), 200, "get", STAFF + "/{organisation}"),
        (ask("get", "/nowhere"), 404, "get", STAFF + "/{organisation}"),
        (ask("get", organisation=None), 401, "get", STAFF),
    ]
    state = STAFF + "/{organisation}/state"
    for status, command, more in [
        (200, {"state": "live", "why": "it is already"}, {}),
        (409, {"state": "draft", "why": "out of turn"}, {}),
        (400, {"state": "open", "why": "x"}, {}),
        (400, {"state": "live"}, {}),
        (403, {"state": "left", "why": "x"}, {"organisation": "st_olavs"}),
        (404, {"state": "paused", "why": "x"}, {"organisation": "trondheim"}),
        (401, {"state": "paused", "why": "x"}, {"organisation": None}),
    ]:
        steps.append((ask("post", "/st_olavs/state", json=command, **more), status, "post", state))

    assert [(one.status_code, wrong(one, verb, path)) for one, _, verb, path in steps] == [
        (status, []) for _, status, _, _ in steps
    ]
    assert {one["state"] for one in steps[0][0].json()["organisations"] if one["who"]} == {"live"}
    assert {change["why"] for change in steps[2][0].json()["history"]} == {"the demo begins"}


def test_the_examples_of_the_description_are_as_it_says(described):
    def bodies(told):
        if isinstance(told, dict):
            if {"schema", "example"} <= told.keys():
                yield told
            for part in told.values():
                yield from bodies(part)

    found = list(bodies(described["paths"]))

    assert len(found) >= 19, "those of appointments and of staff"
    for body in found:
        schema = body["schema"] | {"components": described["components"]}
        Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(body["example"])


def adults(citizens):
    return [number for number, one in enumerate(citizens) if one["birth_date"] < "2000" and not one["may_act_for"]]


@pytest.mark.parametrize("path", ["grants", "access-log", "access-log/export", "me", "calendar/events"])
def test_what_is_a_persons_own_is_refused_to_a_representative_before_anybody_is_asked(demo, citizens, path):
    actor = next(citizen for citizen in citizens if citizen["may_act_for"])
    subject = actor["may_act_for"][0]["citizen"]
    own = demo.log_in(next(citizen["pid"] for citizen in citizens if citizen["citizen"] == subject))
    before = own.get("/api/v1/access-log").json()["items"]

    answer = demo.log_in(actor["pid"]).get(f"/api/v1/{path}", headers={"HelsaMi-Act-For": subject})

    assert (answer.status_code, answer.json()["code"]) == (403, "not-for-representatives")
    assert own.get("/api/v1/access-log").json()["items"] == before


def test_the_organisations_are_the_same_for_whomever_one_acts(demo, citizens):
    citizen = demo.log_in(citizens[0]["pid"])

    acting = citizen.get("/api/v1/organisations", headers={"HelsaMi-Act-For": citizens[1]["citizen"]})

    assert acting.content == citizen.get("/api/v1/organisations").content


def test_a_method_that_a_route_does_not_have_is_told_which_it_has(demo):
    answer = requests.put(f"{demo.url}/api/v1/home", timeout=10)

    assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (405, "nosniff")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_nothing_is_kept_by_caches_or_read_by_other_sites(demo, citizens):
    headers = demo.log_in(citizens[0]["pid"]).get("/api/v1/home").headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in headers


def test_it_starts_in_time_ends_in_time_and_keeps_its_data(programs, tmp_path):
    portal = embedded(programs, tmp_path / "data", within=60)
    pid = requests.get(f"{portal.url}/dev/citizens", timeout=60).json()[0]["pid"]
    before = portal.log_in(pid).home()
    process = portal.processes["embedded"]
    began = time.monotonic()
    assert process.terminate(within=10) == 0
    assert time.monotonic() - began < 3.5

    port = int(portal.url.rpartition(":")[2])
    process.start(HELSAMI, "run", env={"HELSAMI_DATA": str(tmp_path / "data"), "HELSAMI_PORT": str(port)})
    process.wait_for_line("HelsaMi is ready", within=20)

    after = portal.log_in(pid).home()
    assert {name: section["items"] for name, section in after.items()} == {
        name: section["items"] for name, section in before.items()
    }
    process.send(signal.SIGINT)
    assert process.wait(within=10) == 0


def helsami_run(**settings):
    env = {"PATH": "/usr/bin:/bin", **settings}
    return subprocess.run([str(HELSAMI), "run"], env=env, capture_output=True, text=True, timeout=30, check=False)


def test_a_busy_port_is_one_clear_line(tmp_path, free_port):
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        ended = helsami_run(HELSAMI_DATA=str(tmp_path / "d"), HELSAMI_PORT=str(port))

    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "busy" in ended.stderr


def test_an_unwritable_folder_is_one_clear_line(tmp_path, free_port):
    (tmp_path / "file").write_text("not a folder")

    ended = helsami_run(HELSAMI_DATA=str(tmp_path / "file"), HELSAMI_PORT=str(free_port()))

    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
