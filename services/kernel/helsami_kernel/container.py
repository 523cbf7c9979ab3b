"""Nameko's container and runner, with every failure caught, counted and told apart, and a stop that drains."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import eventlet
from eventlet.greenpool import GreenPool
from greenlet import GreenletExit
from nameko.containers import ServiceContainer, WorkerContext
from nameko.extensions import Entrypoint
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from helsami_kernel import logs, metrics, tracing
from helsami_kernel.access import Verifier
from helsami_kernel.bus import Bus
from helsami_kernel.config import Settings
from helsami_kernel.database import AlreadyDone
from helsami_kernel.errors import Refusal, Unavailable
from helsami_kernel.keys import KeyFolder
from helsami_kernel.memory_bus import MemoryBus
from helsami_kernel.replies import Replies
from helsami_kernel.transport import AmqpBus

STOP_BUS_WITHIN = 2.0


@dataclass(frozen=True)
class Work:
    """
    What stands around a method: reading its arguments, and settling the message with its result or failure.

    `give_up` is for work that had not begun when the service was told to stop; a message then goes back by itself.
    """

    prepare: Callable[[WorkerContext], tuple[Any, ...]]
    settle: Callable[[Any, BaseException | None], None]
    give_up: Callable[[], None] = lambda: None


class Performed(Protocol):
    """What a worker runs: named for metrics and logs, and done with a service's instance and the prepared arguments."""

    @property
    def service_name(self) -> str:
        """The name of the service it belongs to."""

    @property
    def method_name(self) -> str:
        """The entrypoint's name in metrics and logs."""

    @property
    def kind(self) -> str:
        """The kind of entrypoint."""

    def perform(self, service: Any, *arguments: Any) -> Any:
        """Do it."""

    def note(self, failure: BaseException | None, seconds: float) -> None:
        """Count and log that it is done."""


class KernelEntrypoint(Entrypoint):  # type: ignore[misc]
    """An entrypoint of ours: what kind it is, for metrics and logs."""

    kind = "entrypoint"

    def perform(self, service: Any, *arguments: Any) -> Any:
        """Call the method it decorates."""
        return getattr(service, self.method_name)(*arguments)

    def note(self, failure: BaseException | None, seconds: float) -> None:
        """Count and log that it is done."""
        note(self, failure, seconds)

    @property
    def service_name(self) -> str:
        """The name of the service it stands in."""
        return str(self.container.service_name)

    @property
    def settings(self) -> Settings:
        """The process's settings."""
        settings: Settings = self.container.config["settings"]
        return settings

    @property
    def bus(self) -> Bus:
        """The process's bus."""
        bus: Bus = self.container.config["bus"]
        return bus


class Container(ServiceContainer):  # type: ignore[misc]
    """Hosts one service; a worker's failure of any kind reaches the entrypoint that must settle the message."""

    def __init__(self, service_cls: type, config: Mapping[str, Any]) -> None:
        super().__init__(service_cls, config)
        self.stopping = False
        self.max_workers: int = getattr(service_cls, "workers", config["max_workers"])
        self._worker_pool = GreenPool(size=self.max_workers)
        metrics.WORKERS_MAX.labels(self.service_name).set(self.max_workers)

    def dispatch(self, entrypoint: Performed, data: Mapping[str, Any], work: Work) -> None:
        """Run an entrypoint as soon as a worker is free, without making the caller (who reads the bus) wait for one."""
        if self._worker_pool.free() > 0:
            self._begin(entrypoint, data, work)
        else:
            eventlet.spawn_n(self._begin, entrypoint, data, work)

    def stop(self) -> None:
        """Stop taking messages, finish what runs, release connections; what has not begun goes back to its queue."""
        self.stopping = True
        super().stop()

    def _begin(self, entrypoint: Performed, data: Mapping[str, Any], work: Work) -> None:
        if not self.stopping and not self._being_killed:
            self.spawn_worker(entrypoint, (), {}, context_data=dict(data), handle_result=work)
        else:
            work.give_up()

    def _run_worker(self, worker_ctx: WorkerContext, work: Work) -> None:
        """In place of Nameko's: a BaseException is a failure too, or its message would never be settled (1.7)."""
        entrypoint: Performed = worker_ctx.entrypoint
        began = time.perf_counter()
        failure: BaseException | None = None
        result: Any = None
        metrics.WORKERS_RUNNING.labels(self.service_name).inc()
        with tracing.continued(worker_ctx.data.get("traceparent")):
            try:
                arguments = work.prepare(worker_ctx)
                self._inject_dependencies(worker_ctx)
                result = entrypoint.perform(worker_ctx.service, *arguments)
            except BaseException as raised:
                if isinstance(raised, GreenletExit) and self._being_killed:
                    raise
                failure = understood(raised, self.service_name)
            finally:
                metrics.WORKERS_RUNNING.labels(self.service_name).dec()
            try:
                work.settle(result, failure)
            except Exception as unsettled:  # noqa: BLE001  Nameko would end the whole service for it
                failure = unsettled
            entrypoint.note(failure, time.perf_counter() - began)


def understood(failure: BaseException, service: str) -> BaseException:
    """A database that is away or too slow is an unavailable service; all else stays what it is."""
    if isinstance(failure, OperationalError | PoolTimeout):
        return Unavailable(service)
    if isinstance(failure, DBAPIError) and failure.connection_invalidated:
        return Unavailable(service)
    return failure


def outcome_of(failure: BaseException | None) -> str:
    """`ok`, a refusal's code, `unavailable`, `duplicate` or `error`: a closed set, fit for a metric's label."""
    if failure is None:
        return "ok"
    if isinstance(failure, Refusal | Unavailable):
        return failure.code
    return "duplicate" if isinstance(failure, AlreadyDone) else "error"


def note(entrypoint: Performed, failure: BaseException | None, seconds: float) -> None:
    """Count and log the end of a worker."""
    outcome = outcome_of(failure)
    names = (entrypoint.service_name, entrypoint.method_name)
    metrics.REQUESTS.labels(*names, entrypoint.kind, outcome).inc()
    metrics.REQUEST_SECONDS.labels(*names, entrypoint.kind).observe(seconds)
    logs.entrypoint(*names, entrypoint.kind, outcome, seconds, failure if outcome == "error" else None)


class ServiceRunner:
    """All services of one process, on one bus."""

    def __init__(self, settings: Settings, services: Sequence[type]) -> None:
        self.bus: Bus = open_bus(settings)
        self.replies = Replies(self.bus)
        config = {
            "settings": settings,
            "bus": self.bus,
            "replies": self.replies,
            "verifier": open_verifier(settings),
            "databases": {},
            "max_workers": settings.max_workers,
        }
        self.containers = [Container(service, config) for service in services]
        self._started = False

    @property
    def ready(self) -> bool:
        """Started, consuming, and not on the way out; a flag read by other threads."""
        return self._started and self.bus.connected and not any(container.stopping for container in self.containers)

    @property
    def settled(self) -> bool:
        """No service asks organisations' rules, or their states are known or were waited for; a flag as `ready` is."""
        return all(states.settled for container in self.containers if (states := container.config.get("states")))

    def start(self) -> None:
        """Start every service, then the bus, so that all queues are declared at the first connection."""
        for container in self.containers:
            container.start()
        self.bus.start()
        self._started = True

    def stop(self, within: float) -> bool:
        """Drain; True when all work had ended within that many seconds."""
        with eventlet.Timeout(within, False):
            pool = GreenPool()
            for container in self.containers:
                pool.spawn_n(container.stop)
            pool.waitall()
            with eventlet.Timeout(STOP_BUS_WITHIN, False):
                self.bus.stop()
            return True
        return False

    def wait(self) -> None:
        """Block until a service has ended; raises what killed it."""
        for container in self.containers:
            container.wait()


def open_bus(settings: Settings) -> Bus:
    """The bus that the settings name."""
    return MemoryBus() if settings.embedded else AmqpBus(settings.bus, int(settings.heartbeat.total_seconds()))


def open_verifier(settings: Settings) -> Verifier:
    """The verifier of every service: it has public keys only."""
    keys = KeyFolder(settings.keys)
    return Verifier({issuer: keys.public(issuer) for issuer in ("gateway", "consents")})
