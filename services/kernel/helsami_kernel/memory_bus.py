"""The bus inside one process: queues, topics, delays and redelivery as RabbitMQ has them, for the embedded mode."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import eventlet

from helsami_kernel.bus import Message, Queue, Unroutable


class MemoryDelivery:
    """A message handed to a consumer, and its way back."""

    def __init__(self, held: MemoryQueue, message: Message, routing_key: str, *, redelivered: bool) -> None:
        self._held = held
        self._settled = False
        self.message = message
        self.routing_key = routing_key
        self.redelivered = redelivered

    def ack(self) -> None:
        """Done."""
        if not self._settled:
            self._settled = True
            self._held.settle(self)

    def requeue(self) -> None:
        """Give it to somebody again."""
        if not self._settled:
            self._settled = True
            self._held.settle(self)
            self._held.put(self.message, self.routing_key, redelivered=True, first=True)


@dataclass(frozen=True)
class Waiting:
    """A message that waits in a queue, and the moment (monotonic seconds) when it is too late."""

    message: Message
    routing_key: str
    redelivered: bool
    expires_at: float | None


class MemoryConsumption:
    """One consumer of a queue."""

    def __init__(
        self, queue: MemoryQueue, on_delivery: Callable[[MemoryDelivery], None], prefetch: int, *, settled: bool
    ) -> None:
        self._queue = queue
        self.queue_name = queue.spec.name
        self.on_delivery = on_delivery
        self.prefetch = prefetch
        self.settled = settled
        self.held: set[MemoryDelivery] = set()

    @property
    def ready(self) -> bool:
        """May it be given one more message?"""
        return not self.settled or len(self.held) < self.prefetch

    def cancel(self) -> None:
        """Take no more messages."""
        self._queue.consumers = [consumer for consumer in self._queue.consumers if consumer is not self]


class MemoryQueue:
    """First in, first out, to consumers in turn."""

    def __init__(self, queue: Queue) -> None:
        self.spec = queue
        self.consumers: list[MemoryConsumption] = []
        self._waiting: deque[Waiting] = deque()
        self._pumping = False

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._waiting)

    def wants(self, routing_key: str) -> bool:
        """Does one of the queue's topic keys match?"""
        return any(topic_matches(pattern, routing_key) for pattern in self.spec.routing_keys)

    def put(self, message: Message, routing_key: str, *, redelivered: bool = False, first: bool = False) -> None:
        """Store a message and wake the consumers."""
        expires_at = None if message.expires_in is None else time.monotonic() + message.expires_in
        waiting = Waiting(message, routing_key, redelivered, expires_at)
        if first:
            self._waiting.appendleft(waiting)
        else:
            self._waiting.append(waiting)
        self._wake()

    def settle(self, delivery: MemoryDelivery) -> None:
        """A consumer has room again."""
        for consumer in self.consumers:
            consumer.held.discard(delivery)
        self._wake()

    def _wake(self) -> None:
        if not self._pumping:
            self._pumping = True
            eventlet.spawn_n(self._pump)

    def _pump(self) -> None:
        try:
            while self._waiting and (consumer := self._next_consumer()) is not None:
                waiting = self._waiting.popleft()
                if waiting.expires_at is not None and waiting.expires_at <= time.monotonic():
                    continue
                delivery = MemoryDelivery(self, waiting.message, waiting.routing_key, redelivered=waiting.redelivered)
                if consumer.settled:
                    consumer.held.add(delivery)
                consumer.on_delivery(delivery)
        finally:
            self._pumping = False

    def _next_consumer(self) -> MemoryConsumption | None:
        for position, consumer in enumerate(self.consumers):
            if consumer.ready:
                self.consumers.append(self.consumers.pop(position))
                return consumer
        return None


def topic_matches(pattern: str, routing_key: str) -> bool:
    """AMQP topic matching: `*` is one word, `#` any number of words."""
    return _words_match(pattern.split("."), routing_key.split("."))


def _words_match(pattern: list[str], words: list[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_words_match(pattern[1:], words[skipped:]) for skipped in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and _words_match(pattern[1:], words[1:])


class MemoryBus:
    """A broker that lives and dies with its process; what must survive is in the outbox."""

    def __init__(self) -> None:
        self._queues: dict[str, MemoryQueue] = {}
        self._started = False

    @property
    def connected(self) -> bool:
        """Always, once started."""
        return self._started

    def start(self) -> None:
        """Nothing to connect."""
        self._started = True

    def stop(self) -> None:
        """Nothing to close."""
        self._started = False

    def on_lost(self, callback: Callable[[], None]) -> None:
        """A process does not lose itself."""

    def queue(self, name: str) -> MemoryQueue:
        """A queue by name, made when first named."""
        return self._queues.setdefault(name, MemoryQueue(Queue(name)))

    def declare(self, queue: Queue) -> None:
        """Have a queue."""
        self.queue(queue.name).spec = queue

    def consume(
        self, queue: Queue, on_delivery: Callable[[MemoryDelivery], None], *, prefetch: int, settled: bool = True
    ) -> MemoryConsumption:
        """Declare a queue and hand over what arrives."""
        held = self.queue(queue.name)
        held.spec = queue
        consumption = MemoryConsumption(held, on_delivery, prefetch, settled=settled)
        held.consumers.append(consumption)
        return consumption

    def publish(self, message: Message, exchange: str, routing_key: str) -> None:
        """Send; a message that no queue wants is gone."""
        self._route(message, exchange, routing_key)

    def publish_confirmed(self, message: Message, exchange: str, routing_key: str) -> None:
        """Send; raises Unroutable when no queue wants it."""
        if not self._route(message, exchange, routing_key):
            raise Unroutable(routing_key)

    def publish_later(self, message: Message, queue: str, delay: float) -> None:
        """Put into a queue after a delay in seconds."""
        eventlet.spawn_after(delay, self.queue(queue).put, message, queue)

    def _route(self, message: Message, exchange: str, routing_key: str) -> int:
        if not exchange:
            self.queue(routing_key).put(message, routing_key)
            return 1
        wanting = [q for q in self._queues.values() if q.spec.exchange == exchange and q.wants(routing_key)]
        for queue in wanting:
            queue.put(message, routing_key)
        return len(wanting)
