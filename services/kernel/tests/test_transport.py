"""Frames leave in the order in which they came and never inside one another, however slowly the broker reads."""

import socket
import struct

import eventlet
import pytest
from amqp.exceptions import UnexpectedFrame
from eventlet.green import socket as green_socket

from helsami_kernel.bus import Message, Queue
from helsami_kernel.testing import until
from helsami_kernel.transport import AmqpBus, CoalescedWriter, received_frames, trying

MEGABYTE = 1024 * 1024


@pytest.fixture
def connected():
    """Return our end and the broker's end of a connection, both green."""
    ours, theirs = (green_socket.socket(fileno=end.detach()) for end in socket.socketpair())
    yield ours, theirs
    ours.close()
    theirs.close()


def writer_to(end, broken=None):
    told = [] if broken is None else broken
    return CoalescedWriter(trying(end), end.sendall, lambda: told.append(1))


def read(end, count):
    got = b""
    with eventlet.Timeout(5):
        while len(got) < count:
            got += end.recv(65536)
    return got


def test_the_frames_of_one_turn_leave_together(connected):
    ours, theirs = connected
    write = writer_to(ours)

    for frame in (b"one ", memoryview(b"two "), b"three"):
        write(frame)

    assert theirs.recv(100) == b"one two three"


def test_frames_stay_whole_and_in_order_while_the_broker_reads_slowly(connected):
    ours, theirs = connected
    write = writer_to(ours)
    frames = [bytes([number]) * MEGABYTE for number in range(5)]

    for frame in frames:
        write(frame)
        eventlet.sleep(0)  # the socket is full by now: the rest waits, and later frames behind it

    assert read(theirs, 5 * MEGABYTE) == b"".join(frames)
    write(b"afterwards")
    assert read(theirs, 10) == b"afterwards"


def test_a_broker_that_does_not_read_is_told_to_whoever_writes_on(connected):
    ours, _ = connected
    write = writer_to(ours)

    with pytest.raises(OSError, match="does not read"):
        for _ in range(40):
            write(b"x" * MEGABYTE)
            eventlet.sleep(0)


def test_a_connection_that_is_gone_is_told_once(connected):
    ours, theirs = connected
    broken = []
    write = writer_to(ours, broken)
    theirs.close()

    write(b"anybody there?")
    with eventlet.Timeout(5):
        while not broken:
            eventlet.sleep(0.01)

    assert broken == [1]


def test_a_connection_that_only_ever_reads_outlives_its_heartbeats_under_load(bus):
    lost, got = [], []
    amqp_bus = AmqpBus(bus, heartbeat=1)
    amqp_bus.on_lost(lambda: lost.append(1))
    consumption = amqp_bus.consume(Queue("replies", exclusive=True), got.append, prefetch=0, settled=False)
    amqp_bus.start()
    until(lambda: amqp_bus.connected)

    for _ in range(50):  # five seconds without a second's silence; the broker gives up on a client after two or three
        amqp_bus.publish(Message(b"{}"), "", consumption.queue_name)
        eventlet.sleep(0.1)

    assert (lost, len(got)) == ([], 50)
    amqp_bus.stop()


class Transport:
    def __init__(self, sock):
        self.sock = sock
        self._read_buffer = b""


def frame(channel, payload):
    return struct.pack(">BHI", 1, channel, len(payload)) + payload + b"\xce"


def test_frames_are_read_whole_however_the_network_cuts_them(connected):
    ours, theirs = connected
    transport = Transport(theirs)
    sent = [(1, number, bytes([number]) * number * 700) for number in range(40)]
    stream = b"".join(frame(channel, payload) for _, channel, payload in sent)

    got = []
    for start in range(0, len(stream), 997):
        ours.sendall(stream[start : start + 997])
        got += received_frames(transport)

    assert got == sent
    assert transport._read_buffer == b""


def test_what_is_no_frame_and_what_is_the_end_are_told_apart_from_silence(connected):
    ours, theirs = connected
    theirs.settimeout(0.05)
    with pytest.raises(TimeoutError):
        received_frames(Transport(theirs))

    ours.sendall(frame(1, b"payload")[:-1] + b"?")
    with pytest.raises(UnexpectedFrame):
        received_frames(Transport(theirs))

    ours.close()
    with pytest.raises(OSError, match="closed the connection"):
        received_frames(Transport(theirs))
