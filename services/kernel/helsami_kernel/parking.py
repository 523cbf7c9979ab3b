"""Dead letters: messages that were given up, kept with their reason until somebody lists, replays or drops them."""

from __future__ import annotations

import builtins
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import eventlet

from helsami_kernel import metrics
from helsami_kernel.bus import Bus, Delivery, Queue, Unroutable
from helsami_kernel.errors import Unavailable
from helsami_kernel.transport import declare, incoming, open_connection, outgoing

PERSISTENT = 2
RETRY_AFTER = 1.0


def parking_queue(service: str) -> Queue:
    """The queue of a service's dead letters."""
    return Queue(f"dead-letters.{service}")


def park(bus: Bus, delivery: Delivery, service: str, reason: str, queue: str = "") -> None:
    """Move a message to the dead letters; it leaves its own queue only when it has safely arrived there."""
    message = delivery.message.with_headers(
        parked_reason=reason, parked_queue=queue or f"rpc.{service}", parked_at=datetime.now(UTC).isoformat()
    )
    try:
        bus.publish_confirmed(message, "", parking_queue(service).name)
    except (Unavailable, Unroutable):
        eventlet.sleep(RETRY_AFTER)
        delivery.requeue()
        return
    delivery.ack()
    metrics.DEAD_LETTERED.labels(service, queue or "rpc").inc()


@dataclass(frozen=True)
class DeadLetter:
    """What an operator may see of a dead letter: never its body."""

    number: int
    id: str
    type: str
    queue: str
    reason: str
    parked_at: str


class DeadLetters:
    """A service's dead letters on a real broker."""

    def __init__(self, url: str, service: str) -> None:
        self._url = url
        self._queue = parking_queue(service)

    def list(self) -> list[DeadLetter]:
        """All of them, oldest first; they stay where they are."""
        with self._taken() as (_channel, letters):
            return [dead_letter(number, raw) for number, raw in enumerate(letters, start=1)]

    def replay(self, letter_id: str | None = None) -> int:
        """Put one (or all) back into the queue it came from, confirmed; returns how many."""
        return self._settle(letter_id, replay=True)

    def drop(self, letter_id: str) -> int:
        """Forget one for good; returns how many."""
        return self._settle(letter_id, replay=False)

    def _settle(self, letter_id: str | None, *, replay: bool) -> int:
        settled = 0
        with self._taken() as (channel, letters):
            for raw in letters:
                letter = dead_letter(0, raw)
                if letter_id not in (None, letter.id):
                    continue
                if replay:
                    fresh = incoming(raw).with_headers(attempt=0)
                    channel.basic_publish_confirm(outgoing(fresh, PERSISTENT), "", letter.queue, mandatory=True)
                channel.basic_ack(raw.delivery_tag)
                settled += 1
        return settled

    @contextlib.contextmanager
    def _taken(self) -> Iterator[tuple[Any, builtins.list[Any]]]:
        """All letters, held unacknowledged: closing the connection gives back what has not been settled."""
        connection = open_connection(self._url, heartbeat=0)
        try:
            channel = connection.channel()
            declare(channel, self._queue)
            letters = []
            while (raw := channel.basic_get(self._queue.name)) is not None:
                letters.append(raw)
            yield channel, letters
        finally:
            connection.close()


def dead_letter(number: int, raw: Any) -> DeadLetter:
    """The parts of a dead letter that name no person."""
    headers = incoming(raw).headers
    death = (headers.get("x-death") or [{}])[0]
    return DeadLetter(
        number=number,
        id=str(headers.get("ce-id", f"#{raw.delivery_tag}")),
        type=str(headers.get("ce-type", "call")),
        queue=str(headers.get("parked-queue", death.get("queue", ""))),
        reason=str(headers.get("parked-reason", death.get("reason", "unknown"))),
        parked_at=str(headers.get("parked-at", death.get("time", ""))),
    )
