"""The organisations' states at runtime: the directory tells all of them over and over, and every process obeys."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import eventlet
import orjson
from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider
from sqlalchemy.exc import SQLAlchemyError

from helsami_kernel import logs, metrics
from helsami_kernel.bus import ORGANISATIONS, Bus, Delivery, Message, Queue
from helsami_kernel.container import KernelEntrypoint, Work
from helsami_kernel.database import Database
from helsami_kernel.decorators import Decorator
from helsami_kernel.errors import Unavailable
from helsami_sdk.lifecycle import LIVE
from helsami_sdk.organisations import Organisations

TOLD = "told"
ROLL_CALL = "roll-call"
TELL_EVERY = timedelta(seconds=1)
TOO_LATE = timedelta(seconds=5)
BELIEVED_FOR = timedelta(seconds=10)
READY_ANYWAY = timedelta(seconds=10)
CALL_AGAIN = timedelta(seconds=0.1)
TRY_AGAIN_AFTER = timedelta(seconds=5)


@dataclass(frozen=True)
class StatesTold:
    """
    The state of each organisation that has one; the version counts every change in the directory's database.

    `remembered` is what a directory tells that cannot read its database now.
    """

    version: int
    states: Mapping[str, str]
    remembered: bool = False

    @classmethod
    def read(cls, body: bytes) -> StatesTold:
        """What was told over the bus. Raises ValueError, LookupError or TypeError for what nobody would tell."""
        told = orjson.loads(body)
        version, states = told["version"], told["states"]
        if type(version) is not int or not all(isinstance(state, str) for state in states.values()):
            raise ValueError("a version is a number, and a state a word")
        return cls(version, states, told.get("remembered") is True)

    def written(self) -> bytes:
        """As it goes over the bus."""
        told = {"version": self.version, "states": dict(self.states), "remembered": self.remembered}
        return orjson.dumps(told)


class States:
    """What this process has heard of the organisations' states; until it has, all are closed to it."""

    def __init__(self, organisations: Organisations) -> None:
        self._organisations = organisations
        self._version = -1
        self._states: Mapping[str, str] = {}
        self._confirmed_at = float("-inf")
        self._began_at = time.monotonic()
        self._listeners: list[Callable[[frozenset[str], int], None]] = []
        organisations.apply(None)

    @property
    def known(self) -> bool:
        """Has the directory been heard?"""
        return self._version >= 0

    @property
    def settled(self) -> bool:
        """
        Heard, or waited for long enough: a flag read by other threads.

        A process that starts while the directory is down serves all the same, and what it serves is safe.
        """
        return self.known or time.monotonic() - self._began_at >= READY_ANYWAY.total_seconds()

    def hear(self, told: StatesTold) -> None:
        """
        Obey what is told, unless something newer was told lately.

        A version that stays behind for BELIEVED_FOR is the truth again: the directory's database was restored. Not so
        what is only remembered: the other directories may have stopped, and their last word was a pause. A restored
        database may count up to a version that it has had before.
        """
        if told.version < self._version:
            if told.remembered or time.monotonic() - self._confirmed_at < BELIEVED_FOR.total_seconds():
                return
            logs.incident("organisation-states-went-back", count=self._version - told.version)
        self._confirmed_at = time.monotonic()
        metrics.ORGANISATION_STATES_HEARD.set_to_current_time()
        if (told.version, told.states) != (self._version, self._states):
            new = _live(told.states) - _live(self._states)
            self._version, self._states = told.version, told.states
            metrics.ORGANISATION_STATES_VERSION.set(told.version)
            self._organisations.apply(told.states)
            for listener in self._listeners if new else ():
                listener(new, told.version)

    def when_live(self, listener: Callable[[frozenset[str], int], None]) -> None:
        """Tell which organisations become live, and in which version; of those that are, at once. It must not wait."""
        self._listeners.append(listener)
        if live := _live(self._states):
            listener(live, self._version)

    def listen(self, bus: Bus, spawn: Callable[[Callable[[], None]], Any]) -> None:
        """Hear what is told from the bus's start on, and ask for it once; `spawn` runs something in the background."""
        queue = Queue(f"{ORGANISATIONS}.{TOLD}", ORGANISATIONS, (TOLD,), exclusive=True)
        bus.consume(queue, self._on_delivery, prefetch=0, settled=False)
        spawn(lambda: self._call_roll(bus))

    def _on_delivery(self, delivery: Delivery) -> None:
        try:
            told = StatesTold.read(delivery.message.body)
        except (ValueError, LookupError, TypeError, AttributeError) as failure:
            logs.incident("announcement-not-taken", reason=ORGANISATIONS, failure=failure)
        else:
            self.hear(told)

    def _call_roll(self, bus: Bus) -> None:
        """Ask until the bus takes it; an answer that gets lost comes by itself within a second or so."""
        while not (bus.connected and _sent(bus, Message(b"{}", expires_in=TELL_EVERY.total_seconds()), ROLL_CALL)):
            eventlet.sleep(CALL_AGAIN.total_seconds())
        eventlet.sleep(READY_ANYWAY.total_seconds())
        if not self.known:
            logs.incident("organisation-states-unknown")


class GoesLive(KernelEntrypoint):
    """
    A method that is given the organisations that have become live, and the version of the states in which they are.

    Each process of a service is told, when it starts of all that are live: what is done once for a version is promised
    under a key. One that fails is tried again, until the process ends.
    """

    kind = "state"

    def start(self) -> None:
        """Listen; the rules that the service asks have brought the states."""
        self.container.config["states"].when_live(self._accept)

    def _accept(self, organisations: frozenset[str], version: int) -> None:
        told = (organisations, version)
        self.container.dispatch(self, {}, Work(lambda _worker: told, partial(self._settle, told)))

    def _settle(self, told: tuple[frozenset[str], int], _result: Any, failure: BaseException | None) -> None:
        if failure is not None:
            self.container.spawn_managed_thread(partial(self._try_again, told))

    def _try_again(self, told: tuple[frozenset[str], int]) -> None:
        eventlet.sleep(TRY_AGAIN_AFTER.total_seconds())
        self._accept(*told)


goes_live: Callable[..., Decorator] = GoesLive.decorator


class TellStates(DependencyProvider):  # type: ignore[misc]
    """
    Tells every process the organisations' states: each second, at each roll call, and when a worker calls it.

    Replicas may tell at the same time: the version is the database's.
    """

    def __init__(self, read: Callable[[Database], StatesTold]) -> None:
        """`read` gives what the database of the service that tells holds."""
        self._read = read
        self._last: StatesTold | None = None

    def start(self) -> None:
        """Tell for as long as the service lives."""
        queue = Queue(f"{ORGANISATIONS}.{ROLL_CALL}", ORGANISATIONS, (ROLL_CALL,), exclusive=True)
        self._bus.consume(queue, lambda _delivery: eventlet.spawn_n(self.tell), prefetch=0, settled=False)
        self.container.spawn_managed_thread(self._tell_regularly)

    def get_dependency(self, worker_ctx: WorkerContext) -> Callable[[], None]:  # noqa: ARG002  the same for every worker
        """To be called after a change was stored."""
        return self.tell

    def tell(self) -> None:
        """Tell the states, and obey them here before anybody else; what cannot be sent is told in a second."""
        told = self._current()
        if told is None:
            return
        if (own := self.container.config.get("states")) is not None:
            own.hear(told)
        _sent(self._bus, Message(told.written(), expires_in=TOO_LATE.total_seconds()), TOLD)

    @property
    def _bus(self) -> Bus:
        bus: Bus = self.container.config["bus"]
        return bus

    def _tell_regularly(self) -> None:
        while True:
            self.tell()
            eventlet.sleep(TELL_EVERY.total_seconds())

    def _current(self) -> StatesTold | None:
        """What the database holds; while it is away nothing can change, and what it held last is still true."""
        try:
            self._last = self._read(self.container.config["databases"][self.container.service_name])
        except (SQLAlchemyError, OSError) as failure:
            logs.incident("organisation-states-not-read", service=self.container.service_name, failure=failure)
            return self._last and replace(self._last, remembered=True)
        return self._last


def _live(states: Mapping[str, str]) -> frozenset[str]:
    return frozenset(organisation for organisation, state in states.items() if state == LIVE)


def _sent(bus: Bus, message: Message, key: str) -> bool:
    try:
        bus.publish(message, ORGANISATIONS, key)
    except Unavailable:
        return False
    return True
