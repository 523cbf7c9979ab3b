"""What is done again and again while a service lives; each process does it, so it takes its turn in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import eventlet
from eventlet.event import Event
from nameko.containers import WorkerContext

from helsami_kernel.container import KernelEntrypoint, Work
from helsami_kernel.decorators import Decorator


class Every(KernelEntrypoint):
    """
    A method that is called after each pause, never twice at once; a failure is counted and logged, and no end of it.

    What must happen at a moment is promised instead (`fulfils`): a timer remembers nothing.
    """

    kind = "timer"

    def __init__(self, pause: timedelta, **kwargs: Any) -> None:
        self.pause = pause
        self._stopping = False
        super().__init__(**kwargs)

    def start(self) -> None:
        """Begin, with a first call."""
        self.container.spawn_managed_thread(self._run)

    def stop(self) -> None:
        """Call no more."""
        self._stopping = True

    def _run(self) -> None:
        while not self._stopping:
            self._once()
            eventlet.sleep(self.pause.total_seconds())

    def _once(self) -> None:
        done = Event()
        self.container.dispatch(self, {}, Work(_nothing, lambda *_settled: done.send(), done.send))
        done.wait()


def _nothing(_worker: WorkerContext) -> tuple[()]:
    return ()


every: Callable[..., Decorator] = Every.decorator
