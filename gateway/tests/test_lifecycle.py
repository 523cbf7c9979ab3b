"""`helsami organisation` against a small gateway that keeps states and answers as the real one does."""

import argparse
import json
from datetime import UTC, datetime, timedelta

import eventlet
import pytest
from eventlet import wsgi
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from helsami_gateway import importing, lifecycle, staff_examples
from helsami_gateway.errors import LoginNeeded, as_response
from helsami_gateway.staff import system_login
from helsami_kernel.access import SystemIssuer, SystemVerifier
from helsami_kernel.errors import Conflict, FieldProblem, NotFound, Refusal
from helsami_kernel.keys import KeyFolder

TOKEN = "token-of-the-region"
AT = datetime(2026, 11, 22, 9, 14, 3, tzinfo=UTC).isoformat()
NEXT = {"draft": "rehearsed", "rehearsed": "shadow", "shadow": "live", "live": "paused", "paused": "live"}


class Gateway:
    """A WSGI application: takes each organisation one step further, and keeps why."""

    def __init__(self):
        self.histories = {"bodo": [], "oppdal": []}
        self.problems = {"oppdal": "manifest.toml: id: missing"}

    def __call__(self, environ, start_response):
        status, told = self.answered(Request(environ))
        body = json.dumps(told).encode()
        start_response(f"{status} told", [("Content-Length", str(len(body)))])
        return [body]

    def answered(self, request):
        try:
            if request.headers["Authorization"] != f"Bearer {TOKEN}":
                raise LoginNeeded("system-login-needed")
            return 200, self.told(request.method, request.path.removeprefix("/staff/v1/organisations"), request)
        except Refusal as refusal:
            answer = as_response(refusal, request)
            return answer.status_code, json.loads(answer.data)

    def told(self, verb, path, request):
        if (verb, path) == ("GET", ""):
            return {"organisations": [self.standing(organisation) for organisation in self.histories]}
        organisation, _, rest = path[1:].partition("/")
        if organisation not in self.histories:
            raise NotFound("organisation-not-found")
        if (verb, rest) == ("POST", "state"):
            self.enter(organisation, **request.get_json())
        return self.standing(organisation)

    def enter(self, organisation, state, why):
        now = self.standing(organisation)["state"]
        if NEXT[now] != state:
            raise Conflict(f"organisation-is-{now}", FieldProblem("state", f"one of {NEXT[now]}"))
        self.histories[organisation].insert(0, {"state": state, "since": AT, "who": "region/x", "why": why})

    def standing(self, organisation):
        history = self.histories[organisation]
        last = history[0] if history else {"state": "draft", "since": None, "who": None, "why": None}
        names = dict.fromkeys(("nb", "nn", "en"), organisation.title())
        more = {"problem": self.problems.get(organisation), "steps": [NEXT[last["state"]]], "history": history}
        return {"id": organisation, "names": names, "kind": "municipality", "parent": None, **last, **more}


@pytest.fixture
def server(monkeypatch):
    gateway = Gateway()
    door = eventlet.listen(("127.0.0.1", 0))
    serving = eventlet.spawn(wsgi.server, door, gateway, log_output=False, keepalive=False)
    monkeypatch.setenv("HELSAMI_TOKEN", TOKEN)
    monkeypatch.setenv("HELSAMI_URL", f"http://127.0.0.1:{door.getsockname()[1]}")
    yield gateway
    serving.kill()
    door.close()


@pytest.fixture
def run():
    def command(*arguments):
        parser = argparse.ArgumentParser()
        lifecycle.command.register(parser.add_subparsers())
        parsed = parser.parse_args(["organisation", *arguments])
        return parsed.run(parsed)

    return command


def test_all_organisations_are_listed_in_columns_with_what_is_wrong(run, server, capsys):
    server.enter("bodo", "rehearsed", "nothing becomes\nmore visible")

    assert run("list") == 0

    assert capsys.readouterr().out.splitlines() == [
        "id      state      since             who       why",
        "bodo    rehearsed  2026-11-22 09:14  region/x  nothing becomes more visible",
        "oppdal  draft      -                 -         -",
        "  its rules do not load: manifest.toml: id: missing",
    ]


def test_an_organisation_goes_live_step_by_step_is_paused_and_resumed(run, server, capsys):
    for verb in ("rehearse", "shadow", "live", "pause"):
        assert run(verb, "bodo", "--why", f"time to {verb}") == 0
    capsys.readouterr()

    assert run("resume", "bodo", "--why", "mended") == 0

    assert capsys.readouterr().out.splitlines() == [
        "bodo (Bodo) is live",
        "next: paused",
        "live       2026-11-22 09:14  region/x  mended",
        "paused     2026-11-22 09:14  region/x  time to pause",
        "live       2026-11-22 09:14  region/x  time to live",
        "shadow     2026-11-22 09:14  region/x  time to shadow",
        "rehearsed  2026-11-22 09:14  region/x  time to rehearse",
    ]
    assert run("show", "bodo") == 0
    assert capsys.readouterr().out.startswith("bodo (Bodo) is live\n")


def test_a_step_that_is_skipped_is_refused_in_one_line_that_says_the_next(run, server, capsys):
    assert run("live", "bodo", "--why", "in a hurry") == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "helsami organisation: The organisation is a draft. Its next step is to be rehearsed. "
        "(organisation-is-draft; state: expected one of rehearsed)\n"
    )
    assert server.histories["bodo"] == []


@pytest.mark.parametrize("verb", ["show", "pause", "resume"])
def test_one_that_does_not_exist_is_one_line(run, server, capsys, verb):
    why = [] if verb == "show" else ["--why", "x"]

    assert run(verb, "no/where", *why) == 1

    assert capsys.readouterr().err.endswith("There is no such organisation here. (organisation-not-found)\n")


def test_what_is_not_paused_is_not_resumed(run, server, capsys):
    assert run("resume", "bodo", "--why", "x") == 1

    assert "it is not paused" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["pause", "live", "resume", "leave", "draft", "rehearse", "shadow"])
def test_nothing_is_changed_without_a_reason(run, server, verb):
    with pytest.raises(SystemExit):
        run(verb, "bodo")


def test_no_server_and_a_token_that_does_not_hold_are_one_line(run, server, capsys, monkeypatch):
    assert run("list", "--url", "http://127.0.0.1:9") == 2
    assert capsys.readouterr().err == "helsami organisation: no server answers at http://127.0.0.1:9\n"

    monkeypatch.setenv("HELSAMI_TOKEN", "another")
    assert run("list") == 2
    assert "does not accept the token" in capsys.readouterr().err


@pytest.mark.parametrize("answer", [["hello"], {}, {"hello": "there"}, "hello"])
def test_what_is_no_gateway_is_one_line(run, server, capsys, monkeypatch, answer):
    monkeypatch.setattr(server, "answered", lambda _request: (200, answer))

    assert run("list") == 2

    assert capsys.readouterr().err.endswith("answers 200, and not as a gateway does\n")


def test_without_a_token_one_is_made_for_the_region(run, server, monkeypatch):
    made = []
    monkeypatch.delenv("HELSAMI_TOKEN")
    monkeypatch.setattr(importing.tokens, "system_token", lambda organisation: made.append(organisation) or TOKEN)

    assert run("list") == 0
    assert made == ["region"]


def test_those_who_bring_an_organisation_live_take_only_the_steps_that_are_left(server, monkeypatch):
    server.enter("bodo", "rehearsed", "by hand")
    staff = lifecycle.Staff(importing.default_url())

    staff.bring_live("bodo", "a demo")
    staff.bring_live("bodo", "a demo")

    assert [(one["state"], one["why"]) for one in server.histories["bodo"]] == [
        ("live", "a demo"),
        ("shadow", "a demo"),
        ("rehearsed", "by hand"),
    ]


def test_the_example_of_the_description_reads_as_a_standing():
    assert next(iter(lifecycle.described(staff_examples.PAUSED))) == "st_olavs (St. Olavs hospital) is paused"


@pytest.mark.parametrize("authorization", [None, "Bearer x", "Basic eDp5", "Bearer"])
def test_staff_without_a_token_that_holds_must_log_in(tmp_path, authorization):
    keys = KeyFolder(tmp_path / "keys")
    keys.make()
    headers = {} if authorization is None else {"Authorization": authorization}
    request = Request(EnvironBuilder(headers=headers).get_environ())

    with pytest.raises(LoginNeeded, match="system-login-needed"):
        system_login(SystemVerifier(keys.public("systems")), request)
    token = SystemIssuer(keys.signing("systems")).issue("region", timedelta(hours=1))
    logged_in = Request(EnvironBuilder(headers={"Authorization": f"Bearer {token}"}).get_environ())
    assert system_login(SystemVerifier(keys.public("systems")), logged_in).organisation == "region"
