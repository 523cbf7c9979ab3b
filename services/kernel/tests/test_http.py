"""The HTTP shell: what is too long, too slow or too many is answered or cut off, and the others are served (F34)."""

import socket
import time

import eventlet
import pytest
import requests
from werkzeug.wrappers import Response

from helsami_kernel import bodies
from helsami_kernel import http as shell
from helsami_kernel.bodies import body_of
from helsami_kernel.errors import Conflict, Forbidden
from helsami_kernel.http import Admission, http
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

    @http("GET", "/stream", on_failure=told)
    def stream(self, request):
        return Response(f"data: {number}" for number in range(1000))


def known(settings):
    def admit(request):
        if request.headers.get("Name") is None:
            raise Forbidden("who-are-you")
        if request.headers["Name"] == "unforeseen":
            raise TypeError("13897012345")
        return request.headers["Name"]

    return admit


class GuardedDoor:
    name = "guarded"
    admission = Admission(known)

    @http("GET", "/hello/<who>", on_failure=told)
    def hello(self, request, who):
        return Response(f"hello {who}")

    @http("POST", "/echo", on_failure=told, body_at_most=4_000_000)
    def echo(self, request):
        return Response(body_of(request))

    @http("POST", "/slow", on_failure=told, body_at_most=1_000_000)
    def slow(self, request):
        eventlet.sleep(0.5)
        return Response(str(len(body_of(request))))


@pytest.fixture
def opened(start, free_port):
    def open_door(service):
        port = free_port()
        system = start("memory://", service, port=str(port))
        system.url, system.port = f"http://127.0.0.1:{port}", port
        system.room = next(iter(system.runner.containers[0].entrypoints)).server.room
        return system

    return open_door


@pytest.fixture
def door(opened):
    return opened(Door)


@pytest.fixture
def guarded(opened):
    return opened(GuardedDoor)


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


@pytest.mark.parametrize("before", [b"", b"4\r\nbody", b"4\r\nbody\r\n0\r\n"], ids=["length", "end", "trailer"])
def test_a_line_between_chunks_that_never_ends_is_not_held(door, before, monkeypatch):
    monkeypatch.setattr(shell, "LINGERS", 0.3)
    with connect(door) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + before)
        client.sendall(b"f" * 100_000)
        answer = client.recv(1000)  # while nobody has said that the line ends

    assert b"Malformed body-cut-short" in answer
    assert b"connection: close" in answer.lower()


def test_a_body_cut_short_is_malformed(door):
    with connect(door) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        client.shutdown(socket.SHUT_WR)
        assert b"body-cut-short" in client.recv(1000)


def test_a_body_that_trickles_is_cut_off(door, monkeypatch):
    monkeypatch.setattr(bodies, "BODY_WITHIN", 0.3)
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


def test_no_answer_is_a_stream_that_outlives_the_right_to_it(door):
    with connect(door) as client:
        client.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n")
        answer = all_of(client)

    assert b"TypeError" in answer
    assert b"data: 0" not in answer


def test_a_connection_is_not_made_into_another_protocol(door):
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x"}

    assert requests.get(f"{door.url}/hello/you", headers=upgrade, timeout=5).status_code != 101


def test_an_answer_that_never_comes_is_unavailable_in_the_end(door, monkeypatch):
    monkeypatch.setattr(shell, "ANSWER_WITHIN", 0.2)

    assert requests.get(f"{door.url}/slow", timeout=5).text == "Unavailable unavailable"


def all_of(client):
    told = b""
    while part := client.recv(4096):
        told += part
    return told


@pytest.mark.parametrize("framing", [b"Content-Length: 3000000", b"Transfer-Encoding: chunked"])
def test_a_stranger_is_refused_before_anything_of_a_body_is_sent(guarded, framing):
    with connect(guarded) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n" + framing + b"\r\n\r\n")
        answer = all_of(client)

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Forbidden who-are-you" in answer
    assert b"connection: close" in answer.lower()


def test_a_stranger_who_sends_on_hears_the_answer_all_the_same(guarded):
    with connect(guarded) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n")
        for _ in range(30):
            client.sendall(b"x" * 100_000)
            eventlet.sleep(0.005)  # the answer has long been given
        answer = all_of(client)

    assert b"Forbidden who-are-you" in answer
    assert guarded.room.taken == 0


def test_nothing_of_a_strangers_body_is_taken_for_a_request(guarded):
    with connect(guarded) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n" + SMUGGLED)
        answer = all_of(client)

    assert b"who-are-you" in answer
    assert b"smuggled" not in answer


def test_a_connection_over_which_nothing_ends_is_let_go_of(guarded, monkeypatch):
    monkeypatch.setattr(shell, "LINGERS", 0.3)
    with connect(guarded) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n")
        assert b"who-are-you" in all_of(client)
        with pytest.raises(OSError):  # noqa: PT011  a pipe that is broken, or a connection that was reset
            until(lambda: client.sendall(b"x"))


def test_whoever_sends_nothing_is_not_asked_for_admission(guarded):
    assert requests.get(f"{guarded.url}/hello/you", timeout=5).text == "hello you"


def test_bodies_beyond_the_room_of_the_process_are_refused_and_short_ones_are_not(guarded):
    guarded.room._at_most = 300_000
    named = {"Name": "somebody"}
    with connect(guarded) as filling:
        head = b"POST /echo HTTP/1.1\r\nHost: x\r\nName: one\r\nContent-Length: 360000\r\n\r\n"
        filling.sendall(head + b"x" * 350_000)
        until(lambda: guarded.room.taken > 200_000)

        refused = requests.post(f"{guarded.url}/echo", b"y" * 300_000, headers=named, timeout=5)
        short = requests.post(f"{guarded.url}/echo", b"y" * 60_000, headers=named, timeout=5)

        filling.sendall(b"x" * 10_000)
        first = filling.recv(1000)
    assert refused.text == "NoRoom too-much-at-once"
    assert refused.headers["Connection"] == "close"
    assert short.text == "y" * 60_000
    assert first.startswith(b"HTTP/1.1 200")
    until(lambda: guarded.room.taken == 0)
    assert requests.post(f"{guarded.url}/echo", b"y" * 300_000, headers=named, timeout=5).ok


def test_one_sender_has_not_the_room_of_all(guarded):
    guarded.room._ones_at_most = 300_000
    with connect(guarded) as filling:
        head = b"POST /echo HTTP/1.1\r\nHost: x\r\nName: one\r\nContent-Length: 360000\r\n\r\n"
        filling.sendall(head + b"x" * 350_000)
        until(lambda: guarded.room.taken > 200_000)

        again = requests.post(f"{guarded.url}/echo", b"y" * 300_000, headers={"Name": "one"}, timeout=5)
        another = requests.post(f"{guarded.url}/echo", b"y" * 300_000, headers={"Name": "another"}, timeout=5)

        filling.sendall(b"x" * 10_000)
        first = filling.recv(1000)
    assert again.text == "NoRoom too-much-at-once"
    assert another.text == "y" * 300_000
    assert first.startswith(b"HTTP/1.1 200")
    until(lambda: guarded.room.taken == 0)
    assert requests.post(f"{guarded.url}/echo", b"y" * 300_000, headers={"Name": "one"}, timeout=5).ok


def test_what_nobody_foresaw_in_an_admission_goes_through_the_one_table(guarded):
    answer = requests.post(f"{guarded.url}/echo", b"y", headers={"Name": "unforeseen"}, timeout=5)

    assert answer.text == "TypeError "
    assert answer.headers["Connection"] == "close"


def test_a_body_counts_until_it_is_answered(guarded):
    slow = eventlet.spawn(requests.post, f"{guarded.url}/slow", b"y" * 200_000, headers={"Name": "me"}, timeout=5)

    until(lambda: guarded.room.taken == 200_000 - bodies.NOT_COUNTED)
    assert slow.wait().text == "200000"
    until(lambda: guarded.room.taken == 0)


@pytest.mark.parametrize("how", ["cut short", "too long", "gone"])
def test_a_body_that_is_not_taken_leaves_its_room_to_others(guarded, how):
    with connect(guarded) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nName: me\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.sendall(b"200000\r\n" + b"x" * 0x200000 + b"\r\n")
        until(lambda: guarded.room.taken > 0)
        if how == "cut short":
            client.sendall(b"no length\r\n")
            assert b"body-cut-short" in client.recv(1000)
        elif how == "too long":
            client.sendall(b"200000\r\n" + b"x" * 0x200000 + b"\r\n")
            assert b"body-too-large" in client.recv(1000)
    until(lambda: guarded.room.taken == 0)
