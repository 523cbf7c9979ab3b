"""What a real broker does to a service: it dies, blocks, comes back; the service does not (F01-F07, F18-F20)."""

import time

import eventlet
import pytest
import sqlalchemy as sa
from eventlet.event import Event as Signal
from kombu.connection import Connection

from helsami_kernel import Event, Store, handles, rpc
from helsami_kernel.bus import Message
from helsami_kernel.database import INBOX, OUTBOX, Writes
from helsami_kernel.errors import Unavailable
from helsami_kernel.testing import until

pytestmark = pytest.mark.fault

BACK_WITHIN = 30.0


class Caller:
    name = "caller"
    store = Store()


class Callee:
    name = "callee"
    store = Store()
    began: list[str] = []
    finished: list[str] = []
    gate = Signal()

    @rpc(scope="results:read")
    def work(self, command, access):
        Callee.began.append(command["id"])
        Callee.gate.wait()
        Callee.finished.append(command["id"])
        return {"done": command["id"]}

    @rpc(scope="results:read")
    def quick(self, command, access):
        return {"done": True}

    @handles("letter_written", source="caller")
    def keep_letter(self, event):
        Callee.began.append(event.id)
        Callee.gate.wait()
        with self.store.transaction(owner=None):
            Callee.finished.append(event.id)


@pytest.fixture
def system(start, bus):
    Callee.began, Callee.finished, Callee.gate = [], [], Signal()
    return start(bus, Caller, Callee, heartbeat="2")


def database(system, name):
    return system.runner.containers[0].config["databases"][name]


def write(system, count=1):
    for number in range(count):
        with database(system, "caller").transaction(Writes, None) as tx:
            tx.announce(Event.of("letter_written", "c1", {"letter": number}))


def count(system, name, table, *where):
    with database(system, name).reading_engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()


def works_again(system, token):
    def answered():
        try:
            return system.remote("callee").quick({}, token=token("callee"), within=1.0)
        except Unavailable:
            return None

    return until(answered, within=BACK_WITHIN)


def test_f01_a_broker_killed_during_a_call_frees_the_caller_at_once_and_nobody_dies(system, broker, token):
    call = eventlet.spawn(system.remote("callee").work, {"id": "a"}, token=token("callee"), within=10.0)
    until(lambda: Callee.began)
    began = time.monotonic()

    broker.kill9()
    with pytest.raises(Unavailable):
        call.wait()

    assert time.monotonic() - began < 5.0
    assert not system.runner.bus.connected
    Callee.gate.send(None)
    broker.start()
    works_again(system, token)
    assert Callee.began == ["a"], "a call whose work had begun is never begun again"


def test_f01_events_written_while_the_broker_is_away_arrive_once_when_it_is_back(system, broker, token):
    Callee.gate.send(None)
    broker.kill9()
    write(system, 20)
    eventlet.sleep(1.5)
    assert count(system, "caller", OUTBOX, OUTBOX.c.published_at.is_(None)) == 20

    broker.start()

    until(lambda: count(system, "callee", INBOX) == 20, within=BACK_WITHIN)
    until(lambda: count(system, "caller", OUTBOX, OUTBOX.c.published_at.is_(None)) == 0, within=BACK_WITHIN)
    assert len(Callee.finished) == 20


def test_f01_an_event_being_handled_when_the_broker_dies_has_its_effect_once(system, broker, token):
    write(system)
    until(lambda: Callee.began)
    broker.kill9()
    Callee.gate.send(None)
    until(lambda: Callee.finished)

    broker.start()

    until(lambda: len(Callee.began) == 2, within=BACK_WITHIN)
    works_again(system, token)
    assert len(Callee.finished) == 1
    assert count(system, "callee", INBOX) == 1


def holds_no_caller(system, broker, token, alarm, no_alarm):
    """Set off an alarm of the broker's, which takes no messages then, and end it."""
    Callee.gate.send(None)
    broker.ctl(*alarm)
    try:
        eventlet.sleep(0.5)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            for _ in range(3):  # the first may slip through before the broker says that it blocks
                system.remote("callee").quick({}, token=token("callee"), within=1.0)
        assert time.monotonic() - began < 4.0
        write(system, 3)
        with pytest.raises(Unavailable):
            system.runner.bus.publish_confirmed(Message(b"{}"), "events", "caller.letter_written")
    finally:
        broker.ctl(*no_alarm)

    works_again(system, token)
    until(lambda: count(system, "callee", INBOX) == 3, within=BACK_WITHIN)


def test_f05_a_memory_alarm_holds_no_caller_and_passes_without_a_restart(system, broker, token):
    memory = "set_vm_memory_high_watermark"
    holds_no_caller(system, broker, token, (memory, "absolute", "1"), (memory, "0.6"))


def test_f06_a_disk_alarm_holds_no_caller_and_passes_without_a_restart(system, broker, token):
    holds_no_caller(system, broker, token, ("set_disk_free_limit", "900GB"), ("set_disk_free_limit", "50MB"))


def test_f07_a_frozen_broker_is_noticed_by_its_silence(system, broker, token):
    Callee.gate.send(None)
    broker.freeze()
    try:
        with pytest.raises(Unavailable):
            system.remote("callee").quick({}, token=token("callee"), within=0.5)
        until(lambda: not system.runner.bus.connected, within=15.0)
    finally:
        broker.thaw()

    works_again(system, token)


def test_f18_a_stop_finishes_what_runs_and_nothing_is_handled_twice(start, bus, token):
    Callee.began, Callee.finished, Callee.gate = [], [], Signal()
    system = start(bus, Caller, Callee, max_workers="4")
    write(system, 30)
    until(lambda: len(Callee.began) == 4)
    eventlet.spawn_after(0.5, Callee.gate.send, None)

    assert system.runner.stop(within=10.0)
    handled = list(Callee.began)
    assert sorted(Callee.finished) == sorted(handled)

    again = start(bus, Caller, Callee)
    until(lambda: count(again, "callee", INBOX) == 30)
    assert len(Callee.began) == len(set(Callee.began)) == 30, "no event was begun twice"


def test_f18_a_stop_ends_though_the_broker_is_away(start, bus, broker):
    system = start(bus, Caller, Callee)
    broker.kill9()
    began = time.monotonic()
    try:
        assert system.runner.stop(within=10.0)
        assert time.monotonic() - began < 5.0
    finally:
        broker.start()


def test_a_queue_that_refuses_a_message_leaves_it_in_the_outbox_and_ends_nobody(start, bus):
    system = start(bus, Caller)
    with Connection(bus) as connection:
        full = {"x-max-length": 0, "x-overflow": "reject-publish"}
        connection.default_channel.queue_declare("full", arguments=full, auto_delete=False)
        connection.default_channel.queue_bind("full", "events", "caller.letter_written")
        with pytest.raises(Unavailable):
            system.runner.bus.publish_confirmed(Message(b"{}"), "events", "caller.letter_written")
        write(system)
        eventlet.sleep(1.5)
        assert count(system, "caller", OUTBOX, OUTBOX.c.published_at.is_(None)) == 1
        connection.default_channel.queue_delete("full")
        connection.default_channel.queue_declare("roomy", auto_delete=False)
        connection.default_channel.queue_bind("roomy", "events", "caller.letter_written")

    until(lambda: count(system, "caller", OUTBOX, OUTBOX.c.published_at.is_(None)) == 0)
