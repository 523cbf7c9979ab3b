"""The bus over AMQP 0-9-1: coalesced writes, guarded publishing, reconnection; kombu's insides are known here alone."""

from __future__ import annotations

import contextlib
import struct
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import amqp
import eventlet
from amqp.exceptions import AMQPError, UnexpectedFrame
from amqp.spec import Basic
from eventlet.green.ssl import GreenSSLSocket
from eventlet.hubs import get_hub
from eventlet.semaphore import Semaphore
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from helsami_kernel import logs
from helsami_kernel.bus import EXCHANGES, Message, Queue, Unroutable
from helsami_kernel.errors import Unavailable

GONE = (OSError, EOFError, AMQPError, OperationalError)  # EOFError: eventlet's, of a socket closed under a reader
CONNECT_WITHIN = 3.0
CONFIRM_WITHIN = 5.0
CLOSE_WITHIN = 1.0
HEARTBEAT_LOOK = 1.0
RECONNECT_AFTER = (0.1, 0.3, 1.0, 2.0)
READ_AT_MOST = 65536
FRAME_HEAD = struct.Struct(">BHI")
FRAME_END = 0xCE
SMALLEST_FRAME = FRAME_HEAD.size + 1
UNWRITTEN_AT_MOST = 16 * 1024 * 1024
LONGEST_LIFE = 3600.0
TRANSIENT, PERSISTENT = 1, 2


class CoalescedWriter:
    """Gathers the frames of one hub turn into one system call, and sees to it that frames never interleave."""

    def __init__(
        self, try_write: Callable[[bytes], int], write: Callable[[bytes], None], on_broken: Callable[[], None]
    ) -> None:
        """`try_write` writes what it can at once and says how much; `write` waits until all is written."""
        self._try_write = try_write
        self._write = write
        self._on_broken = on_broken
        self._frames: list[bytes] = []
        self._unwritten = 0
        self._writing = False

    def __call__(self, frame: bytes | memoryview) -> None:
        """
        Take a frame; py-amqp reuses its buffer, so a copy is kept.

        A full buffer means that the broker has stopped reading.
        """
        if self._unwritten > UNWRITTEN_AT_MOST:
            raise OSError("the broker does not read")
        self._frames.append(bytes(frame))
        self._unwritten += len(frame)
        if not self._writing:
            self._writing = True
            get_hub().schedule_call_global(0, self._flush_at_once)

    def _flush_at_once(self) -> None:
        """In the hub itself, which must not wait: nearly always the socket takes all there is."""
        data = b"".join(self._frames)
        self._frames.clear()
        try:
            written = self._try_write(data)
        except GONE:
            self._writing = False
            eventlet.spawn_n(self._on_broken)
            return
        self._unwritten -= written
        if written < len(data):
            eventlet.spawn_n(self._flush, data[written:])
        else:
            self._writing = False

    def _flush(self, data: bytes) -> None:
        try:
            while data:
                self._write(data)
                self._unwritten -= len(data)
                data = b"".join(self._frames)
                self._frames.clear()
        except GONE:
            self._on_broken()
        finally:
            self._writing = False


def trying(sock: Any) -> Callable[[bytes], int]:
    """A way to write to a green socket without waiting; one that is encrypted always says that it took nothing."""
    if isinstance(sock, GreenSSLSocket):
        return lambda _: 0
    native = sock.fd  # eventlet keeps it non-blocking

    def write(data: bytes) -> int:
        try:
            return int(native.send(data))
        except BlockingIOError:
            return 0

    return write


class Link:
    """One AMQP connection that is kept up by a greenlet of its own."""

    def __init__(self, url: str, heartbeat: int, set_up: Callable[[Any], None], on_lost: Callable[[], None]) -> None:
        self._url = url
        self._heartbeat = heartbeat
        self._set_up = set_up
        self._on_lost = on_lost
        self._stopping = False
        self._connection: Any = None
        self._running: Any = None
        self.channel: Any = None
        self.blocked = False

    @property
    def usable(self) -> bool:
        """Connected, set up, and not blocked by an alarm of the broker."""
        return self.channel is not None and not self.blocked

    def start(self) -> None:
        """Connect in the background."""
        self._running = eventlet.spawn(self._run)

    def stop(self) -> None:
        """End the connection in order: what was written is flushed, and the broker is told."""
        self._stopping = True
        if self._running is not None:
            self._running.kill()
        if self._connection is not None:
            with contextlib.suppress(Exception), eventlet.Timeout(CLOSE_WITHIN, False):
                self._connection.close()
        self.abandon()

    def abandon(self) -> None:
        """Close the socket without a word: a broker that does not read would not answer a goodbye either."""
        connection, self._connection, self.channel = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.transport.sock.close()
            with contextlib.suppress(Exception):
                connection.collect()

    def _run(self) -> None:
        attempts = 0
        while not self._stopping:
            try:
                self._connect()
                attempts = 0
                self._drain()
            except GONE:
                attempts += 1
            except Exception as failure:  # noqa: BLE001  a process whose reader has ended is deaf, and looks alive
                attempts += 1
                logs.incident("bus-reader-failed", failure=failure)
            finally:
                self._lose()
            if not self._stopping:
                eventlet.sleep(RECONNECT_AFTER[min(attempts, len(RECONNECT_AFTER) - 1)])

    def _connect(self) -> None:
        connection = open_connection(
            self._url, self._heartbeat, on_blocked=self._on_blocked, on_unblocked=self._on_unblocked
        )
        self._connection = connection
        channel = connection.channel()
        self._set_up(channel)
        transport = connection.transport
        transport._write = CoalescedWriter(trying(transport.sock), transport._write, self.abandon)  # noqa: SLF001
        self.channel = channel

    def _drain(self) -> None:
        """Read, and look at the heartbeat each second: a connection that only ever reads must still show life."""
        connection = self._connection
        connection.transport.sock.settimeout(HEARTBEAT_LOOK)
        looked_at = time.monotonic()
        while not self._stopping:
            frames: list[tuple[int, int, bytes]] = []
            with contextlib.suppress(TimeoutError):
                frames = received_frames(connection.transport)
            for frame in frames:
                connection.on_inbound_frame(frame)
            if (now := time.monotonic()) - looked_at >= HEARTBEAT_LOOK:
                connection.heartbeat_tick()
                looked_at = now

    def _lose(self) -> None:
        if not self._stopping:
            self.abandon()
            self.blocked = False
            self._on_lost()

    def _on_blocked(self, _reason: str) -> None:
        self.blocked = True

    def _on_unblocked(self) -> None:
        self.blocked = False


def received_frames(transport: Any) -> list[tuple[int, int, bytes]]:
    """
    All whole frames (type, channel, payload) that one reading of the socket brings; the rest waits for the next.

    py-amqp's own way is three readings and two changes of the timeout for each frame. Raises one of GONE, or
    TimeoutError.
    """
    received = transport.sock.recv(READ_AT_MOST)
    if not received:
        raise OSError("the broker has closed the connection")
    data = transport._read_buffer + received  # noqa: SLF001
    frames, at = [], 0
    while len(data) - at >= SMALLEST_FRAME:
        kind, channel, size = FRAME_HEAD.unpack_from(data, at)
        begin = at + FRAME_HEAD.size
        end = begin + size
        if end >= len(data):
            break
        if data[end] != FRAME_END:
            raise UnexpectedFrame(f"a frame ends with {data[end]:#04x}")
        frames.append((kind, channel, data[begin:end]))
        at = end + 1
    transport._read_buffer = data[at:]  # noqa: SLF001
    return frames


def open_connection(url: str, heartbeat: int, **options: Any) -> Any:
    """A raw AMQP connection; raises one of GONE when there is none within CONNECT_WITHIN seconds."""
    transport_options = {**options, "confirm_publish": False}
    connection = Connection(  # type: ignore[no-untyped-call]
        url, heartbeat=heartbeat, connect_timeout=CONNECT_WITHIN, transport_options=transport_options
    )
    timeout = eventlet.Timeout(CONNECT_WITHIN * 2)
    try:
        return connection.transport.establish_connection()
    except eventlet.Timeout as slow:
        if slow is not timeout:
            raise
        raise OSError("the broker does not answer") from None
    finally:
        timeout.cancel()


def outgoing(message: Message, delivery_mode: int) -> Any:
    """The AMQP form of a message; RabbitMQ counts an expiration in whole milliseconds."""
    properties: dict[str, Any] = {
        "content_type": message.content_type,
        "application_headers": dict(message.headers),
        "delivery_mode": delivery_mode,
    }
    if message.correlation_id is not None:
        properties["correlation_id"] = message.correlation_id
    if message.reply_to is not None:
        properties["reply_to"] = message.reply_to
    if message.expires_in is not None:
        properties["expiration"] = str(int(min(max(0.0, message.expires_in), LONGEST_LIFE) * 1000))
    return amqp.Message(message.body, **properties)


def incoming(raw: Any) -> Message:
    """Our form of an AMQP message; nothing in it has been decoded or trusted yet."""
    properties = raw.properties
    body = raw.body
    return Message(
        body=body if isinstance(body, bytes) else str(body).encode(),
        headers=properties.get("application_headers") or {},
        correlation_id=properties.get("correlation_id"),
        reply_to=properties.get("reply_to"),
        content_type=properties.get("content_type", ""),
    )


class AmqpDelivery:
    """A message from RabbitMQ; a dead socket while settling must not kill the service (reliability.md 1.2)."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.message = incoming(raw)
        self.routing_key: str = raw.delivery_info.get("routing_key", "")
        self.redelivered: bool = bool(raw.delivery_info.get("redelivered"))

    def ack(self) -> None:
        """Done."""
        self._quietly(lambda: self._raw.channel.basic_ack(self._raw.delivery_tag))

    def requeue(self) -> None:
        """Give it to somebody again."""
        self._quietly(lambda: self._raw.channel.basic_reject(self._raw.delivery_tag, requeue=True))

    @staticmethod
    def _quietly(settle: Callable[[], None]) -> None:
        with contextlib.suppress(*GONE, AttributeError):  # a collected channel has lost its connection attribute
            settle()


class AmqpConsumption:
    """A queue that is consumed again after every reconnection, on a channel of its own."""

    def __init__(
        self, queue: Queue, on_delivery: Callable[[AmqpDelivery], None], *, prefetch: int, settled: bool
    ) -> None:
        self.queue = queue
        self.queue_name = queue.name
        self._on_delivery = on_delivery
        self._prefetch = prefetch
        self._settled = settled
        self._channel: Any = None
        self._cancelled = False

    def begin(self, connection_channel: Any) -> None:
        """Declare, bind and consume; runs in the greenlet that reads the connection."""
        if self._cancelled:
            return
        channel = connection_channel.connection.channel()
        channel.auto_decode = False  # bodies are bytes, whatever encoding their sender claims
        if self.queue.exclusive:  # a new name each time: the broker may not yet know that the last connection is dead
            self.queue_name = f"{self.queue.name}.{uuid.uuid4().hex}"
        declare(channel, replace(self.queue, name=self.queue_name))
        if self._settled:
            channel.basic_qos(0, self._prefetch, a_global=False)
        channel.basic_consume(
            self.queue_name,
            consumer_tag=self.queue_name,
            no_ack=not self._settled,
            exclusive=self.queue.exclusive,
            callback=self._deliver,
        )
        self._channel = channel

    def _deliver(self, raw: Any) -> None:
        """Hand a message over; one that cannot even be looked at is rejected, or it would come again for ever."""
        try:
            delivery = AmqpDelivery(raw)
            if self._cancelled:
                delivery.requeue()
            else:
                self._on_delivery(delivery)
        except Exception as failure:  # noqa: BLE001  nothing that arrives may end the reader
            logs.incident("message-rejected", reason=self.queue.name, failure=failure)
            if self._settled:
                with contextlib.suppress(*GONE, AttributeError):
                    raw.channel.basic_reject(raw.delivery_tag, requeue=False)

    def cancel(self) -> None:
        """Tell the broker to send no more, without waiting: only the reading greenlet may read the answer."""
        self._cancelled = True
        if self._channel is not None:
            with contextlib.suppress(*GONE, AttributeError):
                self._channel.basic_cancel(self.queue_name, nowait=True)


def declare(channel: Any, queue: Queue) -> None:
    """Make a queue and its bindings; exclusive ones are transient, others durable (RabbitMQ 4 allows no other mix)."""
    channel.queue_declare(
        queue.name,
        durable=not queue.exclusive,
        exclusive=queue.exclusive,
        auto_delete=queue.exclusive,
        arguments=dict(queue.arguments),
    )
    for routing_key in queue.routing_keys:
        channel.queue_bind(queue.name, queue.exchange, routing_key)


def declare_exchanges(channel: Any) -> None:
    """Every exchange of the system; durable topics."""
    for name in EXCHANGES:
        channel.exchange_declare(name, "topic", durable=True, auto_delete=False)


class AmqpBus:
    """A process's three connections: one consumes, one publishes unconfirmed, one waits for confirms."""

    def __init__(self, url: str, heartbeat: int) -> None:
        self._url = url
        self._declared: list[Queue] = []
        self._consumptions: list[AmqpConsumption] = []
        self._lost_callbacks: list[Callable[[], None]] = []
        self._consuming = Link(url, heartbeat, self._begin_all, self._lost)
        self._publishing = Link(url, heartbeat, declare_exchanges, lambda: None)
        self._confirming = ConfirmedPublisher(url)

    @property
    def connected(self) -> bool:
        """Both permanent connections are up."""
        return self._consuming.usable and self._publishing.usable

    def start(self) -> None:
        """Connect in the background."""
        self._consuming.start()
        self._publishing.start()

    def stop(self) -> None:
        """Flush and close."""
        self._consuming.stop()
        self._publishing.stop()
        self._confirming.abandon()

    def on_lost(self, callback: Callable[[], None]) -> None:
        """Call back when the consuming connection is lost."""
        self._lost_callbacks.append(callback)

    def declare(self, queue: Queue) -> None:
        """Have a queue from the next connection on."""
        self._declared.append(queue)

    def consume(
        self, queue: Queue, on_delivery: Callable[[Any], None], *, prefetch: int, settled: bool = True
    ) -> AmqpConsumption:
        """Consume from the next connection on; all queues are declared before `start`."""
        consumption = AmqpConsumption(queue, on_delivery, prefetch=prefetch, settled=settled)
        self._consumptions.append(consumption)
        return consumption

    def publish(self, message: Message, exchange: str, routing_key: str) -> None:
        """Send a transient message; the hub writes it, so a blocked broker never holds the caller."""
        if not self._publishing.usable:
            raise Unavailable("bus")
        try:
            # py-amqp's basic_publish would first read from the socket, in the middle of what our Link is reading.
            arguments = (0, exchange, routing_key, False, False)
            channel = self._publishing.channel
            channel.send_method(Basic.Publish, "Bssbb", arguments, outgoing(message, TRANSIENT))
        except (*GONE, AttributeError) as gone:
            raise Unavailable("bus") from gone

    def publish_confirmed(self, message: Message, exchange: str, routing_key: str) -> None:
        """Send a persistent message, mandatory, and wait for the broker's word."""
        self._confirming.publish(message, exchange, routing_key)

    def publish_later(self, message: Message, queue: str, delay: float) -> None:
        """Let the broker hold the message: a queue per delay, whose dead letters go back by the default exchange."""
        self._confirming.publish_later(message, queue, delay)

    def _begin_all(self, channel: Any) -> None:
        declare_exchanges(channel)
        for queue in self._declared:
            declare(channel, queue)
        for consumption in self._consumptions:
            consumption.begin(channel)

    def _lost(self) -> None:
        for callback in self._lost_callbacks:
            callback()


class ConfirmedPublisher:
    """Publishes one message at a time and waits for its confirm, bounded; a stuck connection is dropped."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._turn = Semaphore(1)
        self._connection: Any = None
        self._channel: Any = None
        self._returned = False
        self._delays: set[float] = set()

    def publish(self, message: Message, exchange: str, routing_key: str) -> None:
        """Raises Unroutable or Unavailable("bus")."""
        with self._guarded() as attempt:
            attempt(lambda: self._publish(message, exchange, routing_key))

    def publish_later(self, message: Message, queue: str, delay: float) -> None:
        """Raises Unroutable or Unavailable("bus")."""
        with self._guarded() as attempt:
            attempt(lambda: self._publish(message, self._delayed(delay), queue))

    def abandon(self) -> None:
        """Drop the connection."""
        connection, self._connection, self._channel = self._connection, None, None
        self._delays.clear()
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.transport.sock.close()
            with contextlib.suppress(Exception):
                connection.collect()

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[Callable[[Callable[[], None]], None]]:
        if not self._turn.acquire(timeout=CONFIRM_WITHIN):
            raise Unavailable("bus")
        try:
            yield self._attempt
        finally:
            self._turn.release()

    def _attempt(self, publish: Callable[[], None]) -> None:
        """Publish in a greenlet of its own: a Timeout does not free one that a blocked broker holds (1.3)."""
        done = eventlet.spawn(self._outcome, publish)
        outcome: BaseException | None
        with eventlet.Timeout(CONFIRM_WITHIN, False):
            outcome = done.wait()
            if outcome is None:
                return
            if isinstance(outcome, Unroutable):
                raise outcome
        done.kill()
        self.abandon()
        raise Unavailable("bus")

    @staticmethod
    def _outcome(publish: Callable[[], None]) -> BaseException | None:
        try:
            publish()
        except Exception as failure:  # noqa: BLE001  what escapes a greenlet here surfaces in one that has no part in it
            return failure
        return None

    def _publish(self, message: Message, exchange: str, routing_key: str) -> None:
        channel = self._open_channel()
        self._returned = False
        channel.basic_publish_confirm(outgoing(message, PERSISTENT), exchange, routing_key, mandatory=True)
        if self._returned:
            raise Unroutable(routing_key)

    def _open_channel(self) -> Any:
        if self._channel is None:
            self._connection = open_connection(self._url, heartbeat=0)
            channel = self._connection.channel()
            declare_exchanges(channel)
            channel.events["basic_return"].add(self._on_return)
            self._channel = channel
        return self._channel

    def _on_return(self, *_returned: object) -> None:
        self._returned = True

    def _delayed(self, delay: float) -> str:
        exchange = f"later.{int(delay * 1000)}ms"
        if delay not in self._delays:
            channel = self._open_channel()
            channel.exchange_declare(exchange, "fanout", durable=True, auto_delete=False)
            arguments = {"x-message-ttl": int(delay * 1000), "x-dead-letter-exchange": ""}
            declare(channel, Queue(exchange, exchange, ("",), arguments=arguments))
            self._delays.add(delay)
        return exchange
