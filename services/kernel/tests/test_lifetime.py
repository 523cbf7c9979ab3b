"""A serving process: how it ends, whatever its services do; each case is a real process with real signals."""

import json
import signal
import sys
import time
import urllib.error
import urllib.request

import eventlet
import pytest

PROGRAM = """
import sys
import helsami_kernel.launcher
import eventlet
from datetime import timedelta
from helsami_kernel import lifetime, logs
from helsami_kernel.config import Settings


class Runner:
    ready = False
    settled = True
    containers = []

    def __init__(self, settings, services):
        self.ended = eventlet.Event()

    def start(self):
        self.ready = True

    def wait(self):
        self.ended.wait()

    def stop(self, within):
        print("drained", flush=True)
        return True


{runner}

lifetime.ServiceRunner = {name}
logs.start()
settings = Settings.read({{"HELSAMI_OPS_PORT": "{port}"}})
life = lifetime.Lifetime(settings, [], timedelta(seconds={grace}))
sys.exit(life.run(lambda: print("ready", flush=True)))
"""

UNSETTLED = """
class Unsettled(Runner):
    settled = False
"""
SLOW = """
class Slow(Runner):
    def stop(self, within):
        eventlet.sleep(1.0)
        print("drained", flush=True)
        return True
"""
UNDRAINED = """
class Undrained(Runner):
    def stop(self, within):
        eventlet.sleep(within)
        return False
"""
STUCK = """
class Stuck(Runner):
    def stop(self, within):
        while True:
            pass
"""
DEAF = """
class Deaf(Runner):
    def start(self):
        print("deaf", flush=True)
        while True:
            pass
"""
WAITING = """
class Waiting(Runner):
    def start(self):
        print("waiting", flush=True)
"""
MORTAL = """
class Mortal(Runner):
    def wait(self):
        eventlet.sleep(0.3)
        raise ValueError("01815012345")
"""
QUITTING = """
class Quitting(Runner):
    def wait(self):
        eventlet.sleep(0.3)
"""
BROKEN_STOP = """
class BrokenStop(Runner):
    def stop(self, within):
        raise OSError("no broker")
"""


@pytest.fixture
def begin(programs, tmp_path, free_port):
    """Start the program with one kind of runner and wait for a line of its output."""

    def start(runner="", grace=5, line="ready"):
        name = runner.split("class ")[1].split("(")[0] if runner else "Runner"
        port = free_port()
        path = tmp_path / "program.py"
        path.write_text(PROGRAM.format(runner=runner, name=name, port=port, grace=grace))
        program = programs.start(name, sys.executable, path, env={})
        if line:
            program.wait_for_line(line)
        return program, port

    return start


def readiness(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_process_that_is_told_to_stop_drains_and_ends_cleanly(begin, number):
    program, _ = begin()
    began = time.monotonic()
    program.send(number)

    assert program.wait() == 0
    assert "drained" in program.output
    assert "Traceback" not in program.output
    assert time.monotonic() - began < 1.5


def test_it_is_not_ready_while_it_waits_for_the_organisations_states(begin):
    _, port = begin(UNSETTLED)

    assert readiness(port) == (503, {"ready": False, "failing": ["organisation states"]})


def test_it_is_not_ready_while_it_drains(begin):
    program, port = begin(SLOW)
    assert readiness(port) == (200, {"ready": True, "failing": []})

    program.send(signal.SIGTERM)
    eventlet.sleep(0.5)
    assert readiness(port) == (503, {"ready": False, "failing": ["draining"]})
    assert program.wait() == 0
    assert "drained" in program.output


def test_work_that_does_not_end_in_its_share_of_the_grace_ends_with_70(begin):
    program, _ = begin(UNDRAINED, grace=1)
    began = time.monotonic()

    assert program.terminate() == 70
    assert 0.7 < time.monotonic() - began < 2.5


@pytest.mark.parametrize(
    ("runner", "line"), [(STUCK, "ready"), (DEAF, "deaf")], ids=["while stopping", "while starting"]
)
def test_a_process_whose_hub_is_stuck_is_ended_at_its_grace_with_70(begin, runner, line):
    program, _ = begin(runner, grace=1, line=line)
    began = time.monotonic()

    assert program.terminate() == 70
    assert 0.9 < time.monotonic() - began < 2.5
    assert "stop-took-too-long" in program.output


def test_a_second_signal_ends_it_at_once(begin):
    program, _ = begin(SLOW)
    began = time.monotonic()
    program.send(signal.SIGINT)
    eventlet.sleep(0.2)
    program.send(signal.SIGINT)

    assert program.wait() == 128 + signal.SIGINT
    assert time.monotonic() - began < 1
    assert "drained" not in program.output


def test_a_process_that_waits_for_its_broker_is_alive_not_ready_and_ends_cleanly(begin):
    program, port = begin(WAITING, line="waiting")

    assert readiness(port) == (503, {"ready": False, "failing": ["services"]})
    assert program.terminate() == 0
    assert "ready" not in program.output.split()


@pytest.mark.parametrize("runner", [MORTAL, QUITTING], ids=["it died", "it quit"])
def test_a_service_that_ends_unasked_ends_the_process_with_1(begin, runner):
    program, _ = begin(runner)

    assert program.wait() == 1
    assert '"code":"service-ended"' in program.output
    assert "drained" in program.output
    assert "01815012345" not in program.output


def test_a_stop_that_fails_ends_the_process_all_the_same(begin):
    program, _ = begin(BROKEN_STOP)

    assert program.terminate() == 70
    assert '"code":"stop-failed"' in program.output
    assert "no broker" not in program.output


def test_the_hub_shows_that_it_turns(begin):
    _, port = begin()
    eventlet.sleep(1)

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
        lag = next(line for line in answer.read().decode().splitlines() if line.startswith("helsami_hub_lag_seconds "))
    assert 0 < float(lag.split()[1]) < 0.5
