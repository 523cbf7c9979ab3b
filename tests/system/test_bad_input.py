"""What nobody should send, sent at the door: each is refused in plain words, and nothing is changed (issue 5)."""

import base64
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import requests
from joserfc.jwk import OKPKey

from helsami_gateway.session import COOKIE
from helsami_kernel.access import ACCESS_TYPE, CITIZEN_SCOPES, SYSTEM_TYPE, Issuer, SystemIssuer

GRANTS = "/api/v1/grants"
READ = {"areas": {"appointments": ["see"]}}
PDF = base64.b64encode(b"%PDF-1.7 an appointment as guardian").decode()
NOBODY = "0" * 32
HOUR = timedelta(hours=1)
WHOLE = "."
"""A field that is none is not named: it may be somebody's name. What may be there is."""


@pytest.fixture(scope="module")
def citizens(demo):
    return requests.get(f"{demo.url}/dev/citizens", timeout=60).json()


def one_of(citizens, household, *, adult=True):
    return next(
        one for one in citizens if one["name"].endswith(f" {household}") and (one["birth_date"] < "2005") == adult
    )


@pytest.fixture(scope="module")
def giver(citizens):
    return one_of(citizens, "Ørn")


@pytest.fixture(scope="module")
def other(citizens):
    return one_of(citizens, "Eng")


@pytest.fixture
def citizen(demo, giver):
    return demo.log_in(giver["pid"])


def refused(answer, status, code):
    """The problems of an answer that is a refusal, in words and without anything of anybody's."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.text
    told = answer.json()
    assert (told["status"], told["code"], told["type"]) == (status, code, f"urn:helsami:problem:{code}")
    assert told["title"].endswith((".", "!"))
    assert code not in told["title"]
    assert len(answer.content) < 600
    return told.get("problems", [])


def offer(citizen, **wish):
    before = citizen.get(GRANTS).json()
    told = {name: said for name, said in {**READ, **wish}.items() if said is not None}
    answer = citizen.post(GRANTS, told)
    assert citizen.get(GRANTS).json() == before, "what was refused has changed nothing"
    return answer


# Granting to whom it cannot be


def test_nobody_grants_to_themselves_by_whatever_name(citizen, giver):
    for named in ({"receiver": giver["citizen"]}, {"national_id": giver["pid"]}):
        refused(offer(citizen, **named), 422, "grant-to-oneself")


def test_nobody_grants_to_a_child(citizen, citizens):
    child = one_of(citizens, "Bekk", adult=False)

    for named in ({"receiver": child["citizen"]}, {"national_id": child["pid"]}):
        refused(offer(citizen, **named), 422, "receiver-too-young")


def test_no_child_grants(demo, citizens, other):
    refused(
        offer(demo.log_in(one_of(citizens, "Bekk", adult=False)["pid"]), receiver=other["citizen"]),
        422,
        "giver-too-young",
    )


def test_who_is_at_a_protected_address_neither_gives_nor_is_told_from_nobody(demo, citizen, citizens, other):
    protected = one_of(citizens, "Hei")

    asked = [offer(citizen, **named) for named in ({"receiver": protected["citizen"]}, {"receiver": NOBODY})]
    asked += [offer(citizen, national_id=each) for each in (protected["pid"], "01819912345")]

    assert len({answer.content for answer in asked}) == 1
    refused(asked[0], 404, "citizen-not-found")
    refused(offer(demo.log_in(protected["pid"]), receiver=other["citizen"]), 422, "protected-address")


def test_nobody_grants_twice(citizen, other):
    first = citizen.post(GRANTS, {**READ, "receiver": other["citizen"]})
    assert first.status_code == 201, first.text
    try:
        refused(offer(citizen, receiver=other["citizen"], level="full", areas=None), 409, "already-granted")
    finally:
        assert citizen.delete(f"{GRANTS}/{first.json()['id']}").status_code == 200


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"areas": {"bank": ["see"]}}, "areas"),
        ({"areas": {"appointments": ["own"]}}, "areas"),
        ({"areas": {"results": ["act"]}}, "areas"),
        ({"areas": {}}, "areas"),
        ({"areas": ["appointments"]}, "areas"),
        ({"areas": None}, "areas"),
        ({"areas": None, "level": "everything"}, "level"),
        ({"level": "read"}, "areas"),
        ({"scopes": ["records:read"]}, WHOLE),
        ({"giver": NOBODY}, WHOLE),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"national_id": "1382450016"}, "national_id"),
        ({"receiver": NOBODY, "national_id": "13824500160"}, "receiver"),
    ],
)
def test_terms_that_mean_nothing_are_refused_by_field(citizen, other, terms, field):
    whom = {} if "national_id" in terms else {"receiver": other["citizen"]}

    problems = refused(offer(citizen, **whom, **terms), 400, "malformed")

    assert [problem["field"].partition(".")[0] or WHOLE for problem in problems] == [field]
    assert all(problem["expected"] for problem in problems)


@pytest.mark.parametrize("documents", [[], None, [{"title": "x", "content_type": "text/html", "content": PDF}]])
def test_an_application_without_readable_documents_is_refused_by_field(citizen, other, documents):
    wish = {"national_id": other["pid"], "organisation": "oya_legesenter", "relation": "guardian", "level": "read"}

    answer = citizen.post(
        "/api/v1/capacity-applications", wish if documents is None else {**wish, "documents": documents}
    )

    assert {problem["field"].split(".")[0] for problem in refused(answer, 400, "malformed")} == {"documents"}
    assert citizen.get("/api/v1/capacity-applications").json()["applications"] == []


# Tokens that are none


def part(told):
    return base64.urlsafe_b64encode(orjson.dumps(told)).rstrip(b"=").decode()


def unsigned(kind, **claims):
    return f"{part({'alg': 'none', 'typ': kind})}.{part(claims)}."


def access_token(demo, citizen, audience="appointments"):
    """What the gateway itself would say on the bus: signed with its own key, and no login at its door."""
    issuer = Issuer("gateway", demo.keys.signing("gateway"))
    return issuer.issue(audience=audience, actor=citizen, subject=citizen, scopes=CITIZEN_SCOPES, basis="self")


@pytest.fixture
def sessions_that_are_none(demo, citizen, other):
    sealed = citizen.cookie.partition("=")[2]
    claims = {"citizen": other["citizen"], "birth_date": "1980-01-01", "protected": False, "id": "x", "name": None}
    moment = datetime.now(UTC).isoformat()
    return {
        "none": "",
        "cut": sealed[:-4],
        "changed": sealed[:-20] + ("A" if sealed[-20] != "A" else "B") + sealed[-19:],
        "clear": part({**claims, "began": moment, "seen": moment}),
        "alg none": unsigned("JWE", **claims, began=moment, seen=moment),
        "an access token": access_token(demo, other["citizen"]),
        "a system token": demo.token("region"),
    }


def test_a_session_that_is_none_opens_nothing(demo, sessions_that_are_none):
    for how, sealed in sessions_that_are_none.items():
        for headers in ({"Cookie": f"{COOKIE}={sealed}"}, {"Authorization": f"Bearer {sealed}"}):
            answer = requests.get(f"{demo.url}/api/v1/home", headers=headers, timeout=30)
            assert refused(answer, 401, "login-needed") == [], how


def test_a_session_that_was_ended_is_not_taken_again(demo, giver):
    replayed = demo.log_in(giver["pid"])
    assert replayed.post("/api/v1/logout", {}).status_code == 204

    for answer in (replayed.get("/api/v1/home"), replayed.post(GRANTS, {**READ, "receiver": NOBODY})):
        refused(answer, 401, "login-needed")


def test_a_token_in_a_header_makes_nobody_another(demo, citizen, giver, other):
    token = {"Authorization": f"Bearer {access_token(demo, other['citizen'])}"}

    assert citizen.get("/api/v1/me", headers=token).json()["citizen"] == giver["citizen"]


@pytest.fixture
def logins_that_are_none(demo, other):
    stranger = OKPKey.generate_key("Ed25519")
    now = int(datetime.now(UTC).timestamp())
    claims = {"iss": "systems", "aud": "gateway", "organisation": "st_olavs", "iat": now, "exp": now + 600, "jti": "x"}
    whole = demo.token("st_olavs")
    head, _, signature = whole.split(".")
    return {
        "nothing": "",
        "alg none": unsigned(SYSTEM_TYPE, **claims),
        "another key": SystemIssuer(stranger).issue("st_olavs", HOUR),
        "the key of another issuer": SystemIssuer(demo.keys.signing("gateway")).issue("st_olavs", HOUR),
        "another organisation's signature": f"{head}.{part({**claims, 'organisation': 'region'})}.{signature}",
        "expired": SystemIssuer(demo.keys.signing("systems"), lambda: datetime.now(UTC) - 2 * HOUR).issue(
            "st_olavs", HOUR
        ),
        "not yet": SystemIssuer(demo.keys.signing("systems"), lambda: datetime.now(UTC) + HOUR).issue("st_olavs", HOUR),
        "an access token": access_token(demo, other["citizen"], "gateway"),
        "an access token for staff": Issuer("gateway", demo.keys.signing("gateway")).issue(
            audience="gateway",
            actor="region/x",
            scopes=["organisations:manage"],
            basis="system",
            organisation="region",
        ),
        "alg none of a citizen": unsigned(ACCESS_TYPE, sub=other["citizen"]),
    }


def test_a_system_login_that_is_none_opens_nothing(demo, logins_that_are_none):
    for how, token in logins_that_are_none.items():
        login = {"Authorization": f"Bearer {token}"}
        for verb, path in (("GET", "/staff/v1/organisations"), ("POST", "/journal/v1/fhir")):
            answer = requests.request(verb, demo.url + path, headers=login, data=b"{}", timeout=30)
            assert refused(answer, 401, "system-login-needed") == [], how


# A subject by every way at once

SUBJECTS = ("subject", "citizen", "owner", "patient", "pid", "actor", "act_for")


def test_a_subject_that_is_told_in_query_or_body_is_refused(citizen, other):
    for name in SUBJECTS:
        for path in ("/api/v1/appointments", "/api/v1/results", "/api/v1/access-log", "/api/v1/records/visits"):
            asked = refused(citizen.get(path, params={name: other["citizen"]}), 400, "malformed")
            assert [(problem["field"], problem["expected"][:21]) for problem in asked] == [
                (WHOLE, "no other fields than ")
            ]
        asked = refused(citizen.post("/api/v1/appointments", {"slot": "x", name: other["citizen"]}), 400, "malformed")
        assert [problem["field"] for problem in asked] == [WHOLE]


def test_a_subject_that_is_told_everywhere_at_once_gives_nobody_anything_of_theirs(demo, citizen, other):
    victim = other["citizen"]
    theirs = demo.log_in(other["pid"])
    before = theirs.get("/api/v1/appointments?limit=100").json()["items"]
    everywhere = {"HelsaMi-Act-For": victim, "X-Subject": victim, "X-User": victim, "X-Forwarded-User": victim}
    told = dict.fromkeys(SUBJECTS, victim)

    for path in (
        "/api/v1/appointments",
        "/api/v1/home",
        f"/api/v1/appointments/{victim}",
        f"/api/v1/children/{victim}",
    ):
        for verb in ("get", "post", "delete"):
            ask = getattr(citizen, verb)
            more = {"command": told} if verb == "post" else {}
            answer = ask(path, params=told, headers=everywhere, **more)
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert 400 <= answer.status_code < 500
            assert victim not in answer.text

    refused(citizen.get("/api/v1/appointments", headers=everywhere), 404, "citizen-not-found")
    refused(citizen.get("/api/v1/appointments", params={"subject": victim}, headers=everywhere), 400, "malformed")
    assert theirs.get("/api/v1/appointments?limit=100").json()["items"] == before
    looked = theirs.get("/api/v1/access-log?outcome=refused").json()["items"]
    assert any(entry["role"] == "representative" for entry in looked), "whom it was tried with, sees it"


@pytest.mark.parametrize("named", ["{me}, {victim}", "{victim}, {me}", "{victim} ", "{VICTIM}", "{victim}\u200b", ""])
def test_a_subject_that_is_told_in_another_form_is_nobody(citizen, giver, other, named):
    acting = named.format(me=giver["citizen"], victim=other["citizen"], VICTIM=other["citizen"].upper())

    answer = citizen.get("/api/v1/appointments", headers={"HelsaMi-Act-For": acting.encode()})

    refused(answer, 404, "citizen-not-found")


def test_what_others_put_in_front_of_the_portal_proves_nothing(demo, other):
    proxied = {"X-Forwarded-User": other["citizen"], "X-Remote-User": other["citizen"], "Remote-User": other["pid"]}

    refused(requests.get(f"{demo.url}/api/v1/home", headers=proxied, timeout=30), 401, "login-needed")


# What is written to whom


MESSAGES = "/api/v1/messages"
UNKNOWN = "00000000-0000-5000-8000-000000000001"


@pytest.fixture(scope="module")
def treated(demo, citizens):
    """One who may write to a physiotherapist, and the id of that one."""
    for one in citizens:
        patient = demo.log_in(one["pid"])
        for known in patient.get(f"{MESSAGES}/recipients").json()["recipients"]:
            if known["kind"] == "employee":
                return patient, known["id"]
    raise AssertionError("nobody is treated by anybody")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n\t "}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": ["a"]}, "text"),
        ({"text": None}, "text"),
        ({"subject": ""}, "subject"),
        ({"subject": "x" * 101}, "subject"),
        ({"subject": "two\nlines"}, "subject"),
        ({"recipient": ""}, "recipient"),
        ({"recipient": 7}, "recipient"),
        ({"inbox": "duty"}, WHOLE),
        ({"on_behalf": True}, WHOLE),
    ],
    ids=lambda part: "-".join(part) if isinstance(part, dict) else part,
)
def test_a_message_that_says_nothing_or_too_much_is_refused_by_field_and_is_not_there(treated, wish, field):
    patient, recipient = treated
    before = patient.get(MESSAGES).json()["items"]

    answer = patient.post(MESSAGES, {"recipient": recipient, "subject": "Kneet", "text": "Hei.", **wish})

    problems = refused(answer, 400, "malformed")
    assert [problem["field"].partition(".")[0] or WHOLE for problem in problems] == [field]
    assert all(problem["expected"] for problem in problems)
    assert patient.get(MESSAGES).json()["items"] == before


def test_nobody_writes_to_whom_they_have_nothing_to_do_with(demo, treated, other):
    _, recipient = treated
    stranger = demo.log_in(other["pid"])

    answers = [
        stranger.post(MESSAGES, {"recipient": named, "subject": "Kneet", "text": "Hei."})
        for named in (recipient, UNKNOWN, "duty", "' OR 1=1 --")
    ]

    assert len({answer.content for answer in answers}) == 1
    assert refused(answers[0], 404, "recipient-not-found") == []


@pytest.mark.parametrize(
    "wish",
    [{}, {"inbox": "duty", "employee": "urn:x|1"}, {"inbox": ""}, {"inbox": "duty", "state": "answered"}, {"inbox": 1}],
    ids=["nothing", "both", "empty", "state", "number"],
)
def test_staff_who_do_not_say_where_to_look_are_told_what_to_say(demo, wish):
    login = {"Authorization": f"Bearer {demo.token('trondheim')}"}

    answer = requests.post(f"{demo.url}/staff/v1/messages/search", json=wish, headers=login, timeout=30)

    (problem,) = refused(answer, 400, "malformed")
    assert problem["field"] in {"inbox", "state"}


def test_an_employee_who_is_a_number_of_a_register_stands_in_no_address(demo):
    login = {"Authorization": f"Bearer {demo.token('trondheim')}"}
    described = requests.get(f"{demo.url}/api/v1/openapi.json", timeout=30).json()["paths"]

    answer = requests.get(f"{demo.url}/staff/v1/messages/search?employee=9999999", headers=login, timeout=30)

    refused(answer, 405, "method-not-allowed")
    told = [one for path, verbs in described.items() if "/messages" in path for one in verbs.values()]
    names = {one["name"] for each in told for one in each.get("parameters", ())}
    assert names == {"limit", "cursor", "thread", "message", "Idempotency-Key", "HelsaMi-Act-For"}
