"""Accounts and profiles in a running system: left and taken up again, and never one's own in another's hands."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
import requests

from harness import delivered
from harness.pictures import jpeg
from helsami_gateway.demo import families, people
from helsami_kernel.clock import OSLO
from helsami_kernel.testing import until

DEACTIVATE = "/api/v1/account/deactivate"
PROFILE = "/api/v1/profile"
KIN = f"{PROFILE}/next-of-kin"


@pytest.fixture(scope="module")
def citizens(demo):
    return requests.get(f"{demo.url}/dev/citizens", timeout=60).json()


def test_an_account_that_is_left_hides_the_portal_at_once_and_is_back_with_the_next_login(demo, citizens):
    pid = citizens[-1]["pid"]
    here, elsewhere = demo.log_in(pid), demo.log_in(pid)

    assert here.post(DEACTIVATE, {}).json() == {"state": "deactivated"}

    assert [one.get("/api/v1/home").status_code for one in (here, elsewhere)] == [401, 401]
    again = demo.log_in(pid)
    assert again.get("/api/v1/home").status_code == 200
    assert elsewhere.get("/api/v1/home").status_code == 401


def test_a_letter_to_whom_has_left_is_refused_so_that_its_sender_posts_it_and_all_else_is_kept(demo, citizens):
    pid = citizens[-1]["pid"]
    assert demo.log_in(pid).post(DEACTIVATE, {}).json() == {"state": "deactivated"}

    def sent():
        starts_at = datetime.now(UTC) + timedelta(days=11)
        answer = demo.deliver("oya_legesenter", delivered.about(pid, "by-post", "consultation", starts_at)).json()
        return [one["response"] for one in answer["entry"]]

    *others, letter = sent()
    assert {response["status"][:2] for response in others} == {"20"}
    assert letter["status"].startswith("400")
    assert "not-digital" in orjson.dumps(letter).decode()

    citizen = demo.log_in(pid)
    assert sent()[-1]["status"].startswith("201")
    assert "Innkalling" in citizen.get("/api/v1/letters").text


def test_a_session_that_was_logged_out_of_is_over_wherever_its_cookie_lies(demo, citizens):
    here, elsewhere = demo.log_in(citizens[-2]["pid"]), demo.log_in(citizens[-2]["pid"])

    assert here.post("/api/v1/logout", {}).status_code == 204

    assert [one.get("/api/v1/me").status_code for one in (here, elsewhere)] == [401, 200]


def test_of_two_tabs_the_second_must_look_again(demo, citizens):
    citizen = demo.log_in(citizens[-2]["pid"])
    read = citizen.get(PROFILE).headers["ETag"]

    def edit(version, **changes):
        return citizen.patch(PROFILE, changes, headers={"If-Match": version})

    first = edit(read, phone="+4700000001", language="nn")
    assert (first.status_code, first.json()["phone"]) == (200, "+4700000001")
    second = edit(read, phone="+4700000002")
    assert (second.status_code, second.json()["code"]) == (412, "changed-meanwhile")
    wrong = edit(first.headers["ETag"], phone="12", email="x")
    assert wrong.status_code == 400
    assert {problem["field"] for problem in wrong.json()["problems"]} == {"phone", "email"}
    assert citizen.patch(PROFILE, {"phone": None}).status_code == 428
    assert edit('W/"1"', phone=None).json()["problems"][0]["field"] == "If-Match"
    assert citizen.get(PROFILE).json()["phone"] == "+4700000001"


def test_the_next_of_kin_of_another_look_as_if_there_were_none(demo, citizens):
    citizen, other = demo.log_in(citizens[-2]["pid"]), demo.log_in(citizens[-3]["pid"])
    named = citizen.post(KIN, {"name": "Kvikk Kvist", "relation": "sibling"}).json()
    version = {"If-Match": '"1"'}

    foreign = other.delete(f"{KIN}/{named['id']}", headers=version)
    missing = other.delete(f"{KIN}/{'0' * 32}", headers=version)

    assert (foreign.status_code, foreign.content) == (404, missing.content)
    assert [one["id"] for one in citizen.get(KIN).json()["contacts"]] == [named["id"]]
    assert citizen.delete(f"{KIN}/{named['id']}", headers=version).status_code == 200


def test_a_photo_comes_back_without_where_it_was_taken_and_cannot_be_run(demo, citizens):
    citizen = demo.log_in(citizens[-2]["pid"])

    assert citizen.put_bytes(f"{PROFILE}/photo", jpeg(told=b"GPS")).json() == {"version": 1, "media": "image/jpeg"}

    shown = citizen.get(f"{PROFILE}/photo")
    assert (shown.headers["Content-Type"], shown.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.content == jpeg()
    assert demo.log_in(citizens[-3]["pid"]).get(f"{PROFILE}/photo").status_code == 404


def test_nobody_reads_or_leaves_for_another_whatever_they_say(demo, citizens):
    citizen = demo.log_in(citizens[-2]["pid"])
    acting = {"HelsaMi-Act-For": citizens[-3]["citizen"]}

    for path in (PROFILE, KIN, f"{PROFILE}/photo", f"{PROFILE}/register"):
        assert citizen.get(path, headers=acting).json()["code"] == "not-for-representatives"
    assert citizen.post(DEACTIVATE, {}, headers=acting).status_code == 403
    assert citizen.post(DEACTIVATE, {"citizen": citizens[-3]["citizen"]}).status_code == 400
    assert demo.log_in(citizens[-3]["pid"]).get("/api/v1/me").status_code == 200


def test_the_register_shows_its_word_to_oneself_and_of_a_protected_address_nothing(demo, citizens):
    shown = demo.log_in(citizens[-2]["pid"]).get(f"{PROFILE}/register").json()
    assert shown["known"]
    assert shown["address"].endswith("7030 TRONDHEIM")

    protected = next(one["pid"] for one in citizens if one["name"].endswith(" Hei"))
    hidden = demo.log_in(protected).get(f"{PROFILE}/register").json()
    assert (hidden["address"], hidden["protection"]) == (None, "strictly-confidential")


def change(portal, folder, pid, **elements):
    """Let the register say something else of somebody, and its feed say so."""
    file = folder / "data" / "register.json"
    people = orjson.loads(file.read_bytes())
    for one in people["oppslag"]:
        if one["foedselsEllerDNummer"] == pid:
            one["folkeregisterperson"] |= elements
    file.write_bytes(orjson.dumps(people))
    region = {"Authorization": f"Bearer {portal.token('region')}"}
    url = f"{portal.url}/staff/v1/register/changes"
    return requests.post(url, json={"national_ids": [pid]}, headers=region, timeout=60)


def test_what_the_register_changes_holds_from_the_next_request_on(fresh, tmp_path):
    today = datetime.now(OSLO).date()
    young = {one.pid for one in people(today) if one.age_on(today) < 12 and one.name.endswith(" Bekk")}
    parent, child = next((each.parent, each.child) for each in families(today) if each.child in young)
    citizen = fresh.log_in(parent)
    acting = {"HelsaMi-Act-For": citizen.post("/api/v1/children", {"national_id": child}).json()["citizen"]}
    assert citizen.get("/api/v1/home", headers=acting).status_code == 200

    assert change(fresh, tmp_path, child, foreldreansvar=[]).json() == {"known": 1}

    assert citizen.get("/api/v1/home", headers=acting).status_code == 404
    told = until(lambda: [one["message"] for one in citizen.get("/api/v1/notices").json()["items"]])
    assert "notice.parental-responsibility-changed" in told

    change(fresh, tmp_path, parent, adressebeskyttelse=[{"erGjeldende": True, "graderingsnivaa": "fortrolig"}])

    until(lambda: citizen.get("/api/v1/me").status_code == 401)
    assert fresh.log_in(parent).get(f"{PROFILE}/register").json()["address"] is None

    # Whoever has died is nobody to whom anything could be granted, from the next request on.
    listed = requests.get(f"{fresh.url}/dev/citizens", timeout=60).json()
    dead, giver = (next(one for one in listed if one["name"].endswith(name)) for name in (" Myr", " Ørn"))
    granting, wish = fresh.log_in(giver["pid"]), {"areas": {"appointments": ["see"]}}
    change(fresh, tmp_path, dead["pid"], doedsfall=[{"erGjeldende": True, "doedsdato": "2026-01-02"}])
    named = ({"receiver": dead["citizen"]}, {"national_id": dead["pid"]}, {"receiver": "0" * 32})
    asked = [granting.post("/api/v1/grants", wish | one) for one in named]
    assert {(answer.status_code, answer.headers["Content-Type"]) for answer in asked} == {
        (404, "application/problem+json")
    }
    assert len({answer.content for answer in asked}) == 1
    assert granting.get("/api/v1/grants").json()["given"] == []
