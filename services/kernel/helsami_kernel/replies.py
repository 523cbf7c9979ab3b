"""One reply queue a process: answers to calls and to views find those who wait for them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable

from helsami_kernel.bus import Bus, Delivery, Message, Queue

UNLIMITED = 0


class Replies:
    """Who waits for what; a lost connection ends every wait at once, since its queue is gone with it."""

    def __init__(self, bus: Bus) -> None:
        self._waiting: dict[str, Callable[[Message | None], None]] = {}
        queue = Queue(f"replies.{os.getpid()}.{uuid.uuid4().hex[:8]}", exclusive=True)
        self._consumption = bus.consume(queue, self._arrived, prefetch=UNLIMITED, settled=False)
        bus.on_lost(self._lost)

    @property
    def address(self) -> str:
        """Where replies are to be sent, at this moment."""
        return self._consumption.queue_name

    def __len__(self) -> int:
        """How many calls wait."""
        return len(self._waiting)

    def expect(self, callback: Callable[[Message | None], None]) -> str:
        """A new correlation id; `callback` gets each reply, or None when the connection is lost."""
        correlation_id = uuid.uuid4().hex
        self._waiting[correlation_id] = callback
        return correlation_id

    def forget(self, correlation_id: str) -> None:
        """Wait no longer; a late reply is dropped."""
        self._waiting.pop(correlation_id, None)

    def _arrived(self, delivery: Delivery) -> None:
        callback = self._waiting.get(delivery.message.correlation_id or "")
        if callback is not None:
            callback(delivery.message)

    def _lost(self) -> None:
        for callback in list(self._waiting.values()):
            callback(None)
