"""The bus as a port: what the kernel asks of a broker, filled by AMQP (transport.py) and by memory (memory_bus.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

EVENTS = "events"
RPC = "rpc"
VIEWS = "views"
ORGANISATIONS = "organisations"
EXCHANGES = (EVENTS, RPC, VIEWS, ORGANISATIONS)


@dataclass(frozen=True)
class Message:
    """What travels: a body of bytes, and headers that name no person."""

    body: bytes
    headers: Mapping[str, Any] = field(default_factory=dict)
    correlation_id: str | None = None
    reply_to: str | None = None
    expires_in: float | None = None
    content_type: str = "application/json"

    def with_headers(self, **headers: object) -> Message:
        """The same message with these headers set (underscores become hyphens)."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})


@dataclass(frozen=True)
class Queue:
    """A queue, and the topic keys of one exchange that lead into it."""

    name: str
    exchange: str = ""
    routing_keys: tuple[str, ...] = ()
    exclusive: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)


class Delivery(Protocol):
    """A message as it arrived, to be settled once; settling on a lost connection is silently void."""

    message: Message
    routing_key: str
    redelivered: bool

    def ack(self) -> None:
        """Done: the broker may forget it."""

    def requeue(self) -> None:
        """Not done: give it to somebody again."""


class Consumption(Protocol):
    """A queue being consumed; the name of an exclusive queue changes with each connection."""

    queue_name: str

    def cancel(self) -> None:
        """Take no more messages; those already here may still be settled."""


class Unroutable(Exception):
    """The broker has the message but no queue wants it."""


class Bus(Protocol):
    """A broker connection that a whole process shares."""

    @property
    def connected(self) -> bool:
        """Is everything that was asked to be consumed being consumed right now?"""

    def start(self) -> None:
        """Connect, and go on reconnecting until stopped."""

    def stop(self) -> None:
        """Close all connections."""

    def declare(self, queue: Queue) -> None:
        """Have a queue that nobody in this process consumes; before `start`."""

    def consume(
        self, queue: Queue, on_delivery: Callable[[Delivery], None], *, prefetch: int, settled: bool = True
    ) -> Consumption:
        """
        Declare a queue and hand over what arrives; `on_delivery` must not block.

        At most `prefetch` unsettled messages are held; with settled=False messages need no ack.
        """

    def publish(self, message: Message, exchange: str, routing_key: str) -> None:
        """Send without waiting or confirmation; Unavailable("bus") at once when the bus is known to be down."""

    def publish_confirmed(self, message: Message, exchange: str, routing_key: str) -> None:
        """
        Send a persistent message and wait until the broker has it.

        Raises Unroutable when no queue wants it, Unavailable("bus") when the broker does not say so in time.
        """

    def publish_later(self, message: Message, queue: str, delay: float) -> None:
        """Put a persistent message into a queue after a delay in seconds; errors as of `publish_confirmed`."""

    def on_lost(self, callback: Callable[[], None]) -> None:
        """Call back whenever the connection that consumes has been lost."""
