"""Calls on both buses, and on the real broker what happens when it or the callee fails."""

import time

import amqp
import eventlet
import orjson
import pytest
from eventlet.event import Event
from joserfc.jwk import OKPKey
from kombu.connection import Connection
from marshmallow import Schema, fields

from helsami_kernel import rpc
from helsami_kernel.access import Issuer, Verifier
from helsami_kernel.bus import RPC, Message
from helsami_kernel.database import IDEMPOTENCY
from helsami_kernel.errors import Conflict, Forbidden, Internal, Malformed, Unavailable
from helsami_kernel.parking import DeadLetters
from helsami_kernel.rpc import Remote, Rpc, deadline_of, verified
from helsami_kernel.testing import until


class Answer(Schema):
    said = fields.String()


class Echo:
    name = "echo"
    began: list[str] = []
    gate = Event()

    @rpc(scope="results:read", answers=Answer)
    def say(self, command, access):
        return {"said": f"{command['say']} {access.subject}", "secret": "not declared, so it stays here"}

    @rpc(scope="results:read")
    def finished(self, command, access):
        return b'{"n":1.50}'

    @rpc(scope="results:read")
    def refuse(self, command, access):
        raise Conflict("slot-taken")

    @rpc(scope="results:read")
    def break_down(self, command, access):
        raise ValueError("13897012345 is not in the table")

    @rpc(scope="results:read")
    def time_out(self, command, access):
        raise eventlet.Timeout(0.001)

    @rpc(scope="results:read")
    def leave(self, command, access):
        raise SystemExit

    @rpc(scope="results:read")
    def unserialisable(self, command, access):
        return {"who": object()}

    @rpc(scope="results:read")
    def slow(self, command, access):
        Echo.began.append(command["id"])
        eventlet.sleep(command["for"])
        return {}


@pytest.fixture
def echo(start, any_bus):
    Echo.began.clear()
    return start(any_bus, Echo)


def test_a_call_returns_what_its_schema_declares(echo, token):
    answer = echo.remote("echo").say({"say": "hello"}, token=token("echo"))

    assert answer == {"said": "hello c1"}


def test_a_representatives_idempotency_keys_are_none_of_the_citizens_own():
    key = OKPKey.generate_key("Ed25519")
    issuer, verifier = Issuer("consents", key), Verifier({"consents": key})

    def kept_under(actor, basis, sent):
        token = issuer.issue(audience="echo", actor=actor, subject="c1", basis=basis, scopes=["results:read"])
        return verified(verifier, Message(b"", {"token": token, "idempotency-key": sent}), "echo", "results:read")

    own, mothers, fathers, again = (
        kept_under(*asked).idempotency_key
        for asked in (
            ("c1", "self", "k1"),
            ("c2", "parental", "k1"),
            ("c3", "parental", "k1"),
            ("c2", "grant", "k1"),
        )
    )

    assert own == "k1"
    assert len({own, mothers, fathers}) == 3
    assert again == mothers
    assert len(kept_under("c2", "grant", "k" * 120).idempotency_key) <= IDEMPOTENCY.c.key.type.length


def test_finished_json_passes_through_as_bytes(echo, token):
    assert echo.remote("echo").finished({}, token=token("echo"), raw=True) == b'{"n":1.50}'


def test_a_refusal_comes_back_as_itself(echo, token):
    with pytest.raises(Conflict, match="slot-taken"):
        echo.remote("echo").refuse({}, token=token("echo"))


@pytest.mark.parametrize("method", ["break_down", "time_out", "leave", "unserialisable"])
def test_anything_unforeseen_becomes_an_opaque_code_and_the_service_lives_on(echo, token, method):
    with pytest.raises(Internal) as raised:
        echo.remote("echo").call(method, {}, token=token("echo"))

    assert "138970" not in str(raised.value)
    assert echo.remote("echo").say({"say": "still here"}, token=token("echo"))


def test_a_timeout_escaping_a_method_fifty_times_leaves_no_worker_behind(echo, token):
    for _ in range(50):
        with pytest.raises(Internal):
            echo.remote("echo").time_out({}, token=token("echo"))

    assert echo.remote("echo").say({"say": "still here"}, token=token("echo"))


def test_a_service_that_nobody_runs_is_unavailable_at_the_deadline(echo, token):
    began = time.monotonic()

    with pytest.raises(Unavailable):
        echo.remote("nobody").say({}, token=token("nobody"), within=0.3)

    assert time.monotonic() - began < 1.0
    assert len(echo.runner.replies) == 0


def test_a_slow_service_is_unavailable_at_the_deadline_and_its_late_reply_is_dropped(echo, token):
    with pytest.raises(Unavailable):
        echo.remote("echo").slow({"id": "a", "for": 0.5}, token=token("echo"), within=0.2)

    eventlet.sleep(0.6)
    assert Echo.began == ["a"]
    assert len(echo.runner.replies) == 0


def test_a_call_whose_deadline_passed_while_it_waited_is_never_begun(start, any_bus, token):
    echo = start(any_bus, Echo, max_workers="1")
    Echo.began.clear()
    first = eventlet.spawn(echo.remote("echo").slow, {"id": "first", "for": 0.6}, token=token("echo"))
    eventlet.sleep(0.1)

    with pytest.raises(Unavailable):
        echo.remote("echo").slow({"id": "late", "for": 0}, token=token("echo"), within=0.2)

    first.wait()
    eventlet.sleep(0.3)
    assert Echo.began == ["first"]


@pytest.mark.parametrize(
    "case", ["no token", "nonsense", "another audience", "another scope"], ids=lambda case: case.replace(" ", "-")
)
def test_a_call_without_a_fitting_token_is_refused(echo, token, case):
    text = {
        "no token": "",
        "nonsense": "abc.def.ghi",
        "another audience": token("results"),
        "another scope": token("echo", "records:read"),
    }[case]

    with pytest.raises(Forbidden, match="not-permitted"):
        echo.remote("echo").say({"say": "x"}, token=text)


def test_headers_that_claim_an_identity_prove_nothing(echo, token):
    forged = {
        "deadline": time.time() + 2,
        "token": token("echo", "records:read"),
        "subject": "c2",
        "nameko.user_id": "c2",
        "scope": "results:read",
    }
    replies = []
    correlation_id = echo.runner.replies.expect(replies.append)

    echo.runner.bus.publish(
        Message(b'{"say":"x"}', forged, correlation_id, echo.runner.replies.address), RPC, "echo.say"
    )

    until(lambda: replies)
    assert orjson.loads(replies[0].body)["code"] == "not-permitted"


def test_an_unknown_method_is_malformed_for_the_caller_alone(echo, token):
    with pytest.raises(Malformed, match="unknown-method"):
        echo.remote("echo").nothing_of_the_kind({}, token=token("echo"))


def test_a_body_that_is_no_json_is_malformed_for_the_caller_alone(echo, token):
    replies = []
    correlation_id = echo.runner.replies.expect(replies.append)
    headers = {"deadline": time.time() + 2, "token": token("echo")}

    echo.runner.bus.publish(Message(b"{oops", headers, correlation_id, echo.runner.replies.address), RPC, "echo.say")

    until(lambda: replies)
    assert orjson.loads(replies[0].body)["code"] == "not-json"


def test_two_calls_inherit_the_deadline_of_the_call_they_are_part_of(echo, token):
    spent = Remote("echo", echo.runner.bus, echo.runner.replies, 5.0, {"deadline": time.time() - 1})

    with pytest.raises(Unavailable):
        spent.say({"say": "x"}, token=token("echo"))


def test_a_call_without_an_address_to_answer_is_parked_and_the_service_goes_on(start, bus, token):
    echo = start(bus, Echo)

    echo.runner.bus.publish(Message(b"{}", {"token": token("echo")}), RPC, "echo.say")

    assert until(DeadLetters(bus, "echo").list)[0].reason == "malformed-call"
    assert echo.remote("echo").say({"say": "x"}, token=token("echo"))


@pytest.mark.parametrize("deadline", [float("inf"), float("nan"), 1e306, 1e15, -1, 0, "soon", None])
def test_what_nobody_would_give_is_no_deadline(deadline):
    assert deadline_of(Message(b"{}", {"deadline": deadline})) is None


@pytest.mark.parametrize("deadline", [1e306, 1e15, -1, "soon", None])
def test_a_call_with_a_deadline_that_nobody_would_give_is_parked_and_the_service_goes_on(start, bus, token, deadline):
    echo = start(bus, Echo)
    headers = {"deadline": deadline, "token": token("echo")}

    for method in ("say", "no_such_method"):
        message = Message(b"{}", headers, "c", echo.runner.replies.address)
        echo.runner.bus.publish(message, RPC, f"echo.{method}")

    until(lambda: len(DeadLetters(bus, "echo").list()) == 2)
    assert echo.remote("echo").say({"say": "x"}, token=token("echo"))


def test_a_message_that_cannot_be_decoded_does_not_deafen_the_service(start, bus, token):
    echo = start(bus, Echo)
    with Connection(bus) as connection:
        raw = amqp.Message(b"\\ud800", content_encoding="unicode_escape", reply_to="x", correlation_id="c")
        connection.default_channel.basic_publish(raw, RPC, "echo.say")
        for _ in range(3):
            assert echo.remote("echo").say({"say": "x"}, token=token("echo"))


def test_a_result_that_its_schema_does_not_fit_is_an_opaque_error(echo, token, monkeypatch):
    monkeypatch.setattr(Answer, "dump", lambda *_: 1 / 0)

    with pytest.raises(Internal):
        echo.remote("echo").say({"say": "x"}, token=token("echo"))

    monkeypatch.undo()
    assert echo.remote("echo").say({"say": "x"}, token=token("echo"))


def test_a_settlement_that_fails_ends_no_service(echo, token, monkeypatch):
    monkeypatch.setattr(Rpc, "_settle", lambda *_: 1 / 0)
    with pytest.raises(Unavailable):
        echo.remote("echo").say({"say": "x"}, token=token("echo"), within=0.3)

    monkeypatch.undo()
    assert echo.remote("echo").say({"say": "x"}, token=token("echo"))
