"""`helsami probe revocation` against a small gateway that keeps grants, and lets them go as late as it is told."""

import argparse
import json
import time

import eventlet
import pytest
from eventlet import wsgi
from werkzeug.wrappers import Request

from helsami_gateway import probing
from helsami_gateway.session import Sessions
from helsami_kernel.keys import KeyFolder

GIVER, RECEIVER = "a" * 32, "b" * 32


class Gateway:
    """A WSGI application: one grant, which goes on for some seconds after it was revoked."""

    def __init__(self, sessions, late):
        self._sessions = sessions
        self.late = late
        self.grant = None
        self.holds_until = 0.0

    def __call__(self, environ, start_response):
        status, told = self.answered(Request(environ))
        body = json.dumps(told).encode()
        start_response(f"{status} told", [("Content-Length", str(len(body)))])
        return [body]

    def answered(self, request):
        who = self._sessions.of(request).citizen
        match request.method, request.path:
            case "GET", "/api/v1/grants":
                return 200, {"given": [self.grant] if self.grant else []}
            case "POST", "/api/v1/grants":
                self.grant = {"id": "g1", "citizen": request.get_json()["receiver"]}
                return 201, self.grant
            case "POST", "/api/v1/grants/g1/accept":
                self.holds_until = float("inf")
                return 200, self.grant
            case "DELETE", "/api/v1/grants/g1":
                self.grant, self.holds_until = None, time.monotonic() + self.late
                return 200, {}
        acts = (who, request.headers["HelsaMi-Act-For"]) == (RECEIVER, GIVER)
        return (200, {}) if acts and time.monotonic() < self.holds_until else (404, {})


@pytest.fixture
def keys(tmp_path):
    folder = KeyFolder(tmp_path / "keys")
    folder.make()
    return folder


@pytest.fixture
def probe(keys, tmp_path, monkeypatch):
    monkeypatch.setenv("HELSAMI_DATA", str(tmp_path))
    listeners = []

    def run(late, receiver=RECEIVER):
        listeners.append(eventlet.listen(("127.0.0.1", 0)))
        gateway = Gateway(Sessions(keys.secret("session")), late)
        eventlet.spawn(wsgi.server, listeners[-1], gateway, log_output=False)
        url = f"http://127.0.0.1:{listeners[-1].getsockname()[1]}"
        told = tmp_path / "told.prom"
        asked = argparse.Namespace(url=url, giver=GIVER, receiver=receiver, metrics=told)
        ended = probing.command.run(asked)
        return ended, dict(line.split() for line in told.read_text().splitlines()) if told.exists() else None

    yield run
    for listener in listeners:
        listener.close()


def test_a_revocation_that_holds_is_told_with_nobody_answered_late(probe):
    ended, told = probe(late=-1.0)

    assert (ended, told["helsami_revocation_late_requests"]) == (0, "0")
    assert float(told["helsami_revocation_seconds"]) < 1.0


def test_one_that_comes_late_is_told_by_how_much_and_ends_as_a_failure(probe):
    ended, told = probe(late=0.3)

    assert ended == 1
    assert int(told["helsami_revocation_late_requests"]) >= 3
    assert 0.25 < float(told["helsami_revocation_seconds"]) < 2.0


def test_one_that_never_comes_is_given_up(probe, monkeypatch):
    monkeypatch.setattr(probing, "GIVE_UP_AFTER", 0.2)

    ended, told = probe(late=60.0)

    assert (ended, told["helsami_revocation_seconds"]) == (1, "0.2")


def test_people_between_whom_no_grant_holds_hinder_the_probe_and_tell_no_figure(probe, capsys):
    ended, told = probe(late=0.0, receiver="c" * 32)

    assert (ended, told) == (2, None)
    assert "is not let in by the grant" in capsys.readouterr().err
