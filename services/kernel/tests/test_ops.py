"""The ops port answers whatever the hub is doing, and the watchdog ends what does not end."""

import json
import socket
import statistics
import sys
import time
import urllib.error
import urllib.request

import eventlet
import pytest

from helsami_kernel import metrics, ops
from helsami_kernel.ops import Ops

PROGRAM = """
import sys
from helsami_kernel.ops import Ops, Watchdog
import eventlet
eventlet.monkey_patch()
import time
ops = Ops("127.0.0.1", 0)
ops.register_check("bus", lambda: True)
ops.start()

def beat():
    while True:
        ops.beat()
        eventlet.sleep(0.2)

eventlet.spawn_n(beat)
eventlet.sleep(0)
print("port", ops.port, flush=True)
eventlet.sleep(0.5)
"""
BUSY_POOL = """
pool = eventlet.GreenPool(100)
def work():
    until = time.monotonic() + 0.02
    while time.monotonic() < until:
        pass
    eventlet.sleep(0)
print("blocked", flush=True)
while True:
    pool.spawn(work)
"""
BUSY_LOOP = """
print("blocked", flush=True)
while True:
    sum(range(1000))
"""
SLEEPING_IN_C = """
print("blocked", flush=True)
eventlet.patcher.original("time").sleep(60)
"""
HANGING = """
Watchdog(0.5).start()
while True:
    pass
"""


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def port_of():
    """Start an ops port in this process and return it."""
    started = []

    def start(**checks):
        port = Ops("127.0.0.1", 0)
        for name, check in checks.items():
            port.register_check(name, check)
        port.start()
        started.append(port)
        return port

    yield start
    for port in started:
        port.stop()


def blocked(programs, tmp_path, how):
    (tmp_path / "program.py").write_text(PROGRAM + how)
    program = programs.start("blocked", sys.executable, tmp_path / "program.py", env={})
    program.wait_for_line("blocked")
    return program, int(program.wait_for_line("port").split()[1])


@pytest.mark.parametrize("how", [BUSY_POOL, BUSY_LOOP, SLEEPING_IN_C], ids=["busy pool", "busy loop", "blocking call"])
def test_it_answers_in_a_tenth_of_a_second_while_the_hub_is_blocked(programs, tmp_path, how):
    _, port = blocked(programs, tmp_path, how)

    for path in ("/livez", "/readyz", "/metrics"):
        took = []
        for _ in range(5):
            began = time.perf_counter()
            assert get(port, path)[0] == 200
            took.append(time.perf_counter() - began)
        assert statistics.median(took) < 0.1, path


def test_a_hub_that_does_not_turn_for_five_seconds_is_dead(programs, tmp_path):
    _, port = blocked(programs, tmp_path, BUSY_LOOP)

    assert get(port, "/livez")[0] == 200
    with eventlet.Timeout(15):
        while get(port, "/livez") != (503, "the hub does not turn\n"):
            eventlet.sleep(0.2)


def test_a_hub_that_turns_is_alive_whatever_fails(port_of):
    port = port_of(bus=lambda: False)

    assert get(port.port, "/livez") == (200, "alive\n")
    assert get(port.port, "/readyz")[0] == 503


def test_it_is_ready_when_every_check_holds(port_of):
    port = port_of(bus=lambda: True, database=lambda: True)

    assert get(port.port, "/readyz") == (200, '{"ready": true, "failing": []}')


def test_what_fails_is_named_and_a_check_that_raises_fails(port_of):
    port = port_of(bus=lambda: True, database=lambda: False, migrations=lambda: {}["none"])

    status, body = get(port.port, "/readyz")
    assert (status, json.loads(body)["failing"]) == (503, ["database", "migrations"])


def test_nothing_to_check_yet_is_not_ready(port_of):
    assert json.loads(get(port_of().port, "/readyz")[1]) == {"ready": False, "failing": ["starting"]}


def test_checks_are_asked_again_after_two_seconds_and_not_before(port_of, monkeypatch):
    asked = []
    port = port_of(bus=lambda: not asked.append(1))
    get(port.port, "/readyz")
    get(port.port, "/readyz")
    assert len(asked) == 1

    monkeypatch.setattr(ops, "CHECKED_FOR", 0.0)
    get(port.port, "/readyz")
    assert len(asked) == 2


def test_draining_is_not_ready_at_once(port_of):
    port = port_of(bus=lambda: True)
    assert get(port.port, "/readyz")[0] == 200

    port.drain()
    assert json.loads(get(port.port, "/readyz")[1])["failing"] == ["draining"]
    assert get(port.port, "/livez")[0] == 200


def test_metrics_are_the_kernels(port_of):
    metrics.HUB_LAG_SECONDS.set(0.25)
    status, body = get(port_of(bus=lambda: True).port, "/metrics")

    assert status == 200
    assert "helsami_hub_lag_seconds 0.25" in body


def test_other_paths_and_methods_are_refused(port_of):
    port = port_of(bus=lambda: True).port

    assert get(port, "/livez/x")[0] == 404
    assert get(port, "/livez?verbose=1")[0] == 200
    for request, status in ((b"POST /livez HTTP/1.1\r\n\r\n", b"405"), (b"hello\r\n\r\n", b"400")):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(request)
            assert connection.recv(1000).split()[1] == status


def test_callers_that_say_nothing_delay_the_others_and_no_more(port_of, monkeypatch):
    monkeypatch.setattr(ops, "ANSWER_WITHIN", 0.5)
    port = port_of(bus=lambda: True).port
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(ops.THREADS)]

    began = time.perf_counter()
    assert get(port, "/livez")[0] == 200
    assert time.perf_counter() - began < 2
    for connection in silent:
        connection.close()


def test_a_port_that_is_taken_is_an_error_of_the_start(port_of):
    with pytest.raises(OSError, match="in use"):
        Ops("127.0.0.1", port_of().port)


def test_the_watchdog_ends_a_process_that_hangs(programs, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM + HANGING)
    program = programs.start("hanging", sys.executable, tmp_path / "program.py", env={})

    assert program.wait(within=10) == 70
    assert "stop-took-too-long" in program.output
