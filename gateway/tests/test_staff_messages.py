"""Staff read a message after it is in its citizen's log that they do; what cannot be logged is not opened."""

import json
from datetime import timedelta

import orjson
import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from helsami_gateway.session import Tokens
from helsami_gateway.staff_messages import StaffMessageRoutes
from helsami_kernel.access import Issuer, SystemIssuer, SystemVerifier, Verifier
from helsami_kernel.bodies import BODY
from helsami_kernel.errors import NotFound, Unavailable
from helsami_kernel.keys import KeyFolder
from helsami_kernel.testing import service

CITIZEN = "0" * 31 + "1"
NUMBER = "13924500160"
KEY = "urn:trondheim:ansatt|4711"


class World:
    """Messages, consents and the directory: what was asked of them, in its order."""

    def __init__(self, verifier):
        self._verifier = verifier
        self.away = self.left = False
        self.asked = []

    def _ask(self, audience, method, command, token):
        assert self._verifier.verify(token, audience)
        self.asked.append((method, command))

    def whose(self, command, token):
        self._ask("messages", "whose", command, token)
        return {"citizen": CITIZEN}

    def log_staff_access(self, command, token):
        self._ask("consents", "log_staff_access", command, token)
        if self.away:
            raise Unavailable("consents")
        return {"new": 1}

    def identify(self, command, token):
        self._ask("directory", "identify", command, token)
        if command["national_id"] != NUMBER:
            raise NotFound("citizen-not-found")
        return {"citizen": CITIZEN}

    def by_post(self, question, token):
        self._ask("directory", "by_post", question, token)
        return {"by_post": self.left}

    def call(self, method, command, token, idempotency_key, raw):
        assert raw
        self._ask("messages", method, command, token)
        return orjson.dumps({"message": "m1", "key": idempotency_key})


@pytest.fixture
def keys(tmp_path):
    folder = KeyFolder(tmp_path)
    folder.make()
    return folder


@pytest.fixture
def world(keys):
    return World(Verifier({"gateway": keys.public("gateway")}))


@pytest.fixture
def ask(keys, world):
    """Ask as staff of a municipality."""
    door = service(
        StaffMessageRoutes,
        systems=SystemVerifier(keys.public("systems")),
        tokens=Tokens(Issuer("gateway", keys.signing("gateway"))),
        messages=world,
        consents=world,
        directory=world,
    )
    token = SystemIssuer(keys.signing("systems")).issue("trondheim", timedelta(hours=1))

    def asked(method, body, *path, **headers):
        told = {"Authorization": f"Bearer {token}", **headers}
        environ = EnvironBuilder(method="POST", headers=told).get_environ() | {BODY: orjson.dumps(body)}
        return getattr(door, method)(Request(environ), *path)

    return asked


def test_a_reading_is_in_the_log_of_whoever_wrote_before_the_message_is_opened(ask, world):
    answer = ask("open_message", {}, "m1")

    assert [method for method, _ in world.asked] == ["whose", "log_staff_access", "open_message"]
    logged = {"subjects": [CITIZEN], "organisation": "trondheim", "shown": "message", "purpose": "patient-request"}
    assert world.asked[1][1] == {**logged, "kinds": ["messages"]}
    assert json.loads(answer.data)["message"] == "m1"


def test_what_cannot_be_logged_is_not_opened_and_its_clock_goes_on(ask, world):
    world.away = True

    with pytest.raises(Unavailable):
        ask("open_message", {}, "m1")

    assert "open_message" not in [method for method, _ in world.asked]


def test_what_lies_somewhere_is_ids_and_times_and_is_logged_about_nobody(ask, world):
    ask("list_lying", {"employee": KEY})

    asked = {"employee": KEY, "state": "unopened", "limit": 20, "cursor": None}
    assert world.asked == [("lying", asked)]


def test_where_a_message_is_to_lie_and_what_is_answered_reach_their_owner_with_the_key(ask, world):
    ask("forward_message", {"inbox": "duty"}, "m1")
    answer = ask("answer_message", {"text": "Ja.", "may_reply": True}, "m1", **{"Idempotency-Key": "k1"})

    assert world.asked == [
        ("forward", {"message": "m1", "to": {"inbox": "duty"}}),
        ("whose", {"message": "m1"}),
        ("by_post", {"citizen": CITIZEN}),
        ("answer", {"message": "m1", "text": "Ja.", "may_reply": True, "by_post": False}),
    ]
    assert (answer.status_code, json.loads(answer.data)["key"]) == (201, "k1")


def test_whom_nobody_knows_is_told_as_whom_the_organisation_does_not_treat(ask, world):
    wish = {"unit": "physiotherapy", "subject": "Ny øvelse", "text": "Prøv den.", "may_reply": False}

    ask("write_to", {"national_id": NUMBER, **wish})
    with pytest.raises(NotFound, match="relation-not-found"):
        ask("write_to", {"national_id": "13924500161", **wish})

    assert world.asked[1:3] == [
        ("by_post", {"citizen": CITIZEN}),
        ("write_to", {"citizen": CITIZEN, "by_post": False, **wish}),
    ]


def test_messages_are_told_of_whom_nothing_would_reach_here(ask, world):
    world.left = True

    ask("answer_message", {"text": "Ja.", "may_reply": True}, "m1")
    ask("write_to", {"national_id": NUMBER, "unit": "u", "subject": "x", "text": "y", "may_reply": False})

    told = {method: command["by_post"] for method, command in world.asked if method in {"answer", "write_to"}}
    assert told == {"answer": True, "write_to": True}
