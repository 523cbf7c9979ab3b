"""The life of a process that serves: it starts, beats, is watched, and ends within its grace."""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final, NoReturn

import eventlet
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from helsami_kernel import logs, metrics
from helsami_kernel.config import Settings
from helsami_kernel.container import ServiceRunner
from helsami_kernel.installed import CannotStart
from helsami_kernel.keys import KeysUnusable
from helsami_kernel.migrations import MigrationsBroken, is_at_head
from helsami_kernel.ops import HUNG, Ops, Watchdog

TICK: Final = 0.1
BEAT: Final = 0.5
LOOK_AGAIN: Final = timedelta(seconds=5)
LOOK_AGAIN_SOON: Final = timedelta(seconds=1)
DRAIN_SHARE: Final = 0.8  # of the grace; the rest is for closing what is drained


class Lifetime:
    """Runs services in this process until it is told to stop."""

    def __init__(self, settings: Settings, services: Sequence[type], grace: timedelta) -> None:
        """Bind the ops port, if there is to be one; raises `CannotStart` when it is taken."""
        self._settings = settings
        self._services = services
        self._grace = grace
        self._ops = _open_ops(settings)
        self._runner: ServiceRunner | None = None
        self._fault: BaseException | None = None
        self._told = 0
        self._up_to_date = {str(service.name): False for service in services}  # type: ignore[attr-defined]

    def run(self, once_ready: Callable[[], None] = lambda: None) -> NoReturn:
        """
        Start, call `once_ready` when all services are, serve until SIGTERM or SIGINT, drain, and end the process.

        It ends with 0 when all was done, 1 after a fault, 70 with work that did not end in time. Raises `CannotStart`
        and `KeysUnusable` when it did not get as far as that.
        """
        signal.signal(signal.SIGTERM, self._hear)
        signal.signal(signal.SIGINT, self._hear)
        if self._ops is not None:
            self._watch(self._ops)
        starting = eventlet.spawn(self._start, once_ready)
        while not self._told and self._fault is None:
            eventlet.sleep(TICK)
        if self._fault is not None:
            _end(self._fail(self._fault))
        starting.kill()
        _end(self._stop())

    def _hear(self, number: int, _: object) -> None:
        """
        Note a signal; the second one ends the process at once.

        The watchdog counts from here, and not from when the hub gets to see it: the hub may be what hangs.
        """
        self._told += 1
        if self._told > 1:
            os._exit(128 + number)
        Watchdog(self._grace.total_seconds()).start()

    def _start(self, once_ready: Callable[[], None]) -> None:
        try:
            self._runner = ServiceRunner(self._settings, self._services)
            self._runner.start()
            while not self._runner.ready:
                eventlet.sleep(TICK)
            _spare_the_collector()
            logs.fact("started", count=len(self._services))
            once_ready()
            self._runner.wait()
            raise _Ended  # noqa: TRY301  a service that ends unasked is a fault, whatever it says
        except Exception as fault:  # noqa: BLE001
            self._fault = None if self._told else fault

    def _fail(self, fault: BaseException) -> int:
        """End after a fault: with one line for what is wrong outside, with a log line for what is wrong in here."""
        Watchdog(self._grace.total_seconds()).start()
        if isinstance(fault, CannotStart | KeysUnusable):
            raise fault
        logs.incident("service-ended", failure=fault)
        self._drain()
        return 1

    def _stop(self) -> int:
        logs.fact("stopping")
        if self._ops is not None:
            self._ops.drain()
        clean = self._drain()
        logs.fact("stopped", reason="clean" if clean else "work left")
        return 0 if clean else HUNG

    def _drain(self) -> bool:
        if self._runner is None:
            return True
        try:
            return self._runner.stop(within=(self._grace * DRAIN_SHARE).total_seconds())
        except Exception as fault:  # noqa: BLE001  the process ends either way
            logs.incident("stop-failed", failure=fault)
            return False

    def _watch(self, ops: Ops) -> None:
        ops.register_check("services", lambda: self._runner is not None and self._runner.ready)
        ops.register_check("organisation states", lambda: self._runner is not None and self._runner.settled)
        for name in self._up_to_date:
            ops.register_check(f"database {name}", partial(self._up_to_date.__getitem__, name))
        ops.start()
        eventlet.spawn_n(self._beat, ops)
        eventlet.spawn_n(self._watch_databases)

    def _beat(self, ops: Ops) -> None:
        """Show that the hub turns, and measure how late it does and how full the process is."""
        while True:
            due = time.monotonic() + BEAT
            eventlet.sleep(BEAT)
            metrics.HUB_LAG_SECONDS.set(max(0.0, time.monotonic() - due))
            if self._runner is not None:
                measure(self._runner)
            ops.beat()

    def _watch_databases(self) -> None:
        """Keep a flag for each database: it answers, and has the tables that this release needs."""
        while True:
            for name in self._up_to_date:
                self._up_to_date[name] = _answers(name, self._settings.database_url(name))
            pause = LOOK_AGAIN if all(self._up_to_date.values()) else LOOK_AGAIN_SOON
            eventlet.sleep(pause.total_seconds())


def _spare_the_collector() -> None:
    """Let the garbage collector look at what requests leave behind, rather than at all that was imported."""
    gc.collect()
    gc.freeze()


def measure(runner: ServiceRunner) -> None:
    """Set the metrics that are levels: whether each service has its bus, and how many database connections it uses."""
    for container in runner.containers:
        metrics.BUS_CONNECTED.labels(container.service_name).set(runner.bus.connected)
        database = container.config["databases"].get(container.service_name)
        if database is not None and isinstance(pool := database.engine.pool, QueuePool):
            metrics.DATABASE_POOL_IN_USE.labels(container.service_name).set(pool.checkedout())
            metrics.DATABASE_POOL_SIZE.labels(container.service_name).set(pool.size())


class _Ended(Exception):
    """A service came to its end though nobody had asked it to."""


def _end(code: int) -> NoReturn:
    """End without the interpreter's own tidying, which may wait for greenlets that nobody waits for any more."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _open_ops(settings: Settings) -> Ops | None:
    if settings.ops_port is None:
        return None
    try:
        return Ops(settings.host, settings.ops_port)
    except OSError as error:
        raise CannotStart(f"cannot listen on {settings.host}:{settings.ops_port}: {error.strerror}") from error


def _answers(service: str, url: str) -> bool:
    try:
        return is_at_head(service, url)
    except (SQLAlchemyError, OSError, MigrationsBroken) as failure:
        logs.incident("database-unavailable", service=service, failure=failure)
        return False
