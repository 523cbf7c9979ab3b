"""The HTTP shell: what is too long, too slow or too many is answered or cut off, and the others are served (F34)."""

import socket
import time

import eventlet
import pytest
import requests
from werkzeug.wrappers import Response

from helsami_kernel import http as shell
from helsami_kernel.errors import Conflict
from helsami_kernel.http import body_of, http
from helsami_kernel.testing import until


def told(failure, request):
    return Response(f"{type(failure).__name__} {getattr(failure, 'code', '')}", status=400)


class Door:
    name = "door"
    workers = 40

    @http("GET", "/hello/<who>", on_failure=told)
    def hello(self, request, who):
        return Response(f"hello {who}")

    @http("POST", "/echo", on_failure=told, body_at_most=1000)
    def echo(self, request):
        return Response(body_of(request))

    @http("GET", "/refuse", on_failure=told)
    def refuse(self, request):
        raise Conflict("slot-taken")

    @http("GET", "/break", on_failure=told)
    def break_down(self, request):
        raise ValueError("13897012345")

    @http("GET", "/slow", on_failure=told)
    def slow(self, request):
        eventlet.sleep(1.0)
        return Response("slow")


@pytest.fixture
def door(start, free_port):
    port = free_port()
    system = start("memory://", Door, port=str(port))
    system.url, system.port = f"http://127.0.0.1:{port}", port
    return system


def connect(door):
    return socket.create_connection(("127.0.0.1", door.port), timeout=10)


def test_a_method_answers_a_request(door):
    assert requests.get(f"{door.url}/hello/you", timeout=5).text == "hello you"


def test_a_connection_is_used_again(door):
    with requests.Session() as client:
        assert [client.get(f"{door.url}/hello/{n}", timeout=5).text for n in range(3)] == [
            "hello 0",
            "hello 1",
            "hello 2",
        ]


@pytest.mark.parametrize(("path", "said"), [("/refuse", "Conflict slot-taken"), ("/break", "ValueError ")])
def test_a_failure_goes_through_the_one_table(door, path, said):
    assert requests.get(door.url + path, timeout=5).text == said


UNMATCHED = [("GET", "/nowhere", "NotFound"), ("PUT", "/echo", "MethodNotAllowed")]


@pytest.mark.parametrize(("verb", "path", "said"), UNMATCHED)
def test_so_does_what_matches_no_route(door, verb, path, said):
    assert requests.request(verb, door.url + path, timeout=5).text.startswith(said)


def test_a_body_that_is_declared_too_long_is_refused_before_it_is_read(door):
    with connect(door) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        assert b"TooLarge body-too-large" in client.recv(1000)


def test_a_chunked_body_is_refused_as_soon_as_it_is_too_long(door):
    answer = requests.post(f"{door.url}/echo", data=(b"x" * 100 for _ in range(20)), timeout=5)

    assert answer.text == "TooLarge body-too-large"


def test_a_body_cut_short_is_malformed(door):
    with connect(door) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        client.shutdown(socket.SHUT_WR)
        assert b"body-cut-short" in client.recv(1000)


def test_a_body_that_trickles_is_cut_off(door, monkeypatch):
    monkeypatch.setattr(shell, "BODY_WITHIN", 0.3)
    with connect(door) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        assert b"TooSlow" in client.recv(1000)


def test_a_head_that_trickles_is_cut_off(door, monkeypatch):
    monkeypatch.setattr(shell, "HEAD_WITHIN", 0.3)
    with connect(door) as client:
        client.sendall(b"GET /hello/you HTTP/1.1\r\nHost: x\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"h%d: x\r\n" % n for n in range(20_000)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\nabc",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
    ids=["long-line", "many-headers", "long-header", "two-lengths", "negative-length", "tls"],
)
def test_a_malformed_head_is_refused_and_the_next_one_is_served(door, head):
    with connect(door) as client:
        try:
            client.sendall(head)
            answer = client.recv(1000)
        except ConnectionResetError:
            answer = b""
    assert b" 200 " not in answer[:20]
    assert requests.get(f"{door.url}/hello/you", timeout=5).ok


def test_more_connections_than_there_is_room_for_are_told_so_and_the_others_are_served(door, monkeypatch):
    monkeypatch.setattr(shell, "CONNECTIONS_AT_MOST", 20)
    with requests.Session() as client:
        assert client.get(f"{door.url}/hello/you", timeout=5).ok
        idle = [connect(door) for _ in range(40)]
        try:
            refused = until(lambda: [one for one in idle[19:] if one.recv(20).startswith(b"HTTP/1.1 503")])
            assert len(refused) == 21
            assert client.get(f"{door.url}/hello/you", timeout=5).ok
        finally:
            for one in idle:
                one.close()
    until(lambda: requests.get(f"{door.url}/hello/you", timeout=5).ok)


def test_more_requests_than_can_be_worked_on_are_refused_at_once(door, monkeypatch):
    monkeypatch.setattr(shell, "REQUESTS_AT_MOST", 5)
    slow = [eventlet.spawn(requests.get, f"{door.url}/slow", timeout=10) for _ in range(5)]
    eventlet.sleep(0.3)
    began = time.monotonic()

    assert requests.get(f"{door.url}/hello/you", timeout=5).text == "Unavailable unavailable"
    assert time.monotonic() - began < 0.5
    assert [one.wait().text for one in slow] == ["slow"] * 5


def test_a_stop_finishes_the_requests_that_run(door):
    running = eventlet.spawn(requests.get, f"{door.url}/slow", timeout=10)
    eventlet.sleep(0.3)

    assert door.runner.stop(within=5.0)

    assert running.wait().text == "slow"
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{door.url}/hello/you", timeout=2)


SMUGGLED = b"GET /hello/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "framing",
    [
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: Chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(SMUGGLED),
        b"Content-Length: +%d\r\n" % len(SMUGGLED),
        b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_a_request_whose_end_is_disputed_is_cut_off_with_all_that_follows(door, framing):
    with connect(door) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n" + SMUGGLED)
        answer = b""
        while part := client.recv(4096):
            answer += part

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"smuggled" not in answer


def test_a_connection_whose_body_was_not_wanted_is_closed_and_not_drained(door):
    with connect(door) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\nabc")
        answer = b""
        while part := client.recv(4096):
            answer += part

    assert b"TooLarge" in answer
    assert b"connection: close" in answer.lower()


def test_slow_senders_hold_no_worker(door):
    slow = [connect(door) for _ in range(60)]
    try:
        for one in slow:
            one.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        eventlet.sleep(0.2)
        began = time.monotonic()
        assert requests.get(f"{door.url}/hello/you", timeout=5).ok
        assert time.monotonic() - began < 1.0
    finally:
        for one in slow:
            one.close()


def test_an_answer_that_never_comes_is_unavailable_in_the_end(door, monkeypatch):
    monkeypatch.setattr(shell, "ANSWER_WITHIN", 0.2)

    assert requests.get(f"{door.url}/slow", timeout=5).text == "Unavailable unavailable"
