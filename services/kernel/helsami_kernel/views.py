"""Views composed by scatter and gather: one question on the bus, a finished section from each service that joined."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Any, Protocol

import eventlet
import orjson
from eventlet.event import Event
from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider, SharedExtension
from sqlalchemy.exc import SQLAlchemyError

from helsami_kernel import logs, metrics, tracing
from helsami_kernel.bus import VIEWS, Bus, Consumption, Delivery, Message, Queue
from helsami_kernel.container import KernelEntrypoint, Work
from helsami_kernel.database import Database
from helsami_kernel.decorators import Decorator
from helsami_kernel.errors import Forbidden, Unavailable
from helsami_kernel.replies import Replies
from helsami_kernel.rpc import deadline_of, read_body, verified

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
ANNOUNCED = "announced"
ROLL_CALL = "roll-call"
ANNOUNCE_EVERY = timedelta(seconds=2)
SILENT_AFTER = timedelta(seconds=7)
QUEUE_ARGUMENTS = {"x-expires": 60_000}
UNAVAILABLE = b'{"items":[],"as_of":null,"status":"unavailable","absences":[{"code":"source_unavailable"}],"next":null}'
NOT_PERMITTED = b'{"items":[],"as_of":null,"status":"ok","absences":[{"code":"not_permitted"}],"next":null}'


def audience(view: str) -> str:
    """The audience of a token that asks for a whole view."""
    return f"view:{view}"


class Contributor(SharedExtension):  # type: ignore[misc]
    """A service's part in views: one queue for its questions, and the announcement of what it gives."""

    def __init__(self) -> None:
        self._sections: dict[str, list[Contributes]] = {}
        self._consumption: Consumption | None = None
        self._stopping = False

    def register(self, entrypoint: Contributes) -> None:
        """Give this section."""
        self._sections.setdefault(entrypoint.view, []).append(entrypoint)

    def start(self) -> None:
        """Consume questions, and announce for as long as the service lives."""
        if not self._sections:
            return
        keys = (*(f"view.{view}" for view in self._sections), ROLL_CALL)
        queue = Queue(f"{VIEWS}.{self.container.service_name}", VIEWS, keys, arguments=QUEUE_ARGUMENTS)
        prefetch = self.container.max_workers * len(keys)
        self._consumption = self._bus.consume(queue, self._on_delivery, prefetch=prefetch)
        self.container.spawn_managed_thread(self._announce_regularly)

    def cancel(self) -> None:
        """Take no more questions."""
        self._stopping = True
        if self._consumption is not None:
            self._consumption.cancel()

    @property
    def _bus(self) -> Bus:
        bus: Bus = self.container.config["bus"]
        return bus

    def _announce_regularly(self) -> None:
        while not self._stopping:
            self._announce()
            eventlet.sleep(ANNOUNCE_EVERY.total_seconds())

    def _announce(self) -> None:
        views = {view: [entrypoint.section for entrypoint in given] for view, given in self._sections.items()}
        body = orjson.dumps({"service": self.container.service_name, "views": views})
        try:
            self._bus.publish(Message(body, expires_in=SILENT_AFTER.total_seconds()), VIEWS, ANNOUNCED)
        except Unavailable:
            return  # the next announcement may get through; until then the gateway takes the service for silent

    def _on_delivery(self, delivery: Delivery) -> None:
        delivery.ack()
        if delivery.routing_key == ROLL_CALL:
            self._announce()
            return
        question = delivery.message
        deadline = deadline_of(question)
        if deadline is None or not question.reply_to or not question.correlation_id:
            logs.incident("malformed-view-question", service=self.container.service_name)
        elif deadline <= time.time():
            metrics.EXPIRED.labels(self.container.service_name, "view").inc()
        else:
            for entrypoint in self._sections.get(delivery.routing_key.removeprefix("view."), ()):
                entrypoint.accept(question, deadline)


class Contributes(KernelEntrypoint):
    """A method that gives one section of a view: (question, access) to finished JSON bytes."""

    kind = "view"
    contributor = Contributor()

    def __init__(self, view: str, section: str, scope: str, **kwargs: Any) -> None:
        self.view = view
        self.section = section
        self.scope = scope
        super().__init__(**kwargs)

    def setup(self) -> None:
        """Register with the service's contributor."""
        self.contributor.register(self)

    def stop(self) -> None:
        """Take no more questions."""
        self.contributor.cancel()

    def accept(self, question: Message, deadline: float) -> None:
        """Begin when a worker is free."""
        data = {"deadline": deadline, "traceparent": question.headers.get("traceparent")}
        work = Work(partial(self._prepare, question, deadline), partial(self._settle, question, deadline))
        self.container.dispatch(self, data, work)

    def _prepare(self, question: Message, deadline: float, _ctx: WorkerContext) -> tuple[Any, ...]:
        if deadline <= time.time():
            metrics.EXPIRED.labels(self.service_name, "view").inc()
            raise Unavailable(self.service_name)
        granted = verified(self.container.config["verifier"], question, audience(self.view), self.scope)
        return read_body(question.body), granted

    def _settle(self, question: Message, deadline: float, result: Any, failure: BaseException | None) -> None:
        refused = NOT_PERMITTED if isinstance(failure, Forbidden) else UNAVAILABLE
        body = result if failure is None else refused
        left = deadline - time.time()
        if left > 0:
            reply = Message(body, {"section": self.section}, question.correlation_id, expires_in=left)
            try:
                self.bus.publish(reply, "", str(question.reply_to))
            except Unavailable:
                return  # the gateway shows the section as unavailable at its deadline


contributes: Callable[..., Decorator] = Contributes.decorator


@dataclass
class Expected:
    """A section that some service has said it gives, and when (monotonic seconds) it last said so."""

    service: str
    heard_at: float


class RosterMemory(Protocol):
    """Where a roster is kept, so that a service that died before the gateway's last start still shows."""

    def recall(self) -> Iterable[tuple[str, str, str]]:
        """All that was remembered: (view, section, service)."""

    def remember(self, view: str, section: str, service: str) -> None:
        """Keep one."""


class Roster:
    """Which sections each view has; a service that falls silent stays on it, so that it shows as unavailable."""

    def __init__(self, memory: RosterMemory) -> None:
        self._views: dict[str, dict[str, Expected]] = {}
        self._memory = memory
        for view, section, service in memory.recall():  # all silent until they are heard
            self._views.setdefault(view, {})[section] = Expected(service, float("-inf"))

    def heard(self, service: Any, views: Any) -> None:
        """
        A service has said what it gives; a section stays with the service that was first to give it.

        Raises ValueError for names that are none, before anything is remembered.
        """
        given = [(view, section) for view, sections in views.items() for section in sections]
        if not all(isinstance(name, str) and NAME.fullmatch(name) for name in (service, *chain(*given))):
            raise ValueError("a name of a service, view or section is lower-case words")
        for view, section in given:
            known = self._views.setdefault(view, {})
            if section not in known:
                self._memory.remember(view, section, service)
                known[section] = Expected(service, time.monotonic())
            elif known[section].service == service:
                known[section].heard_at = time.monotonic()

    def sections(self, view: str) -> dict[str, bool]:
        """Every section of a view, in order of name, and whether its service has been heard lately."""
        lately = time.monotonic() - SILENT_AFTER.total_seconds()
        return {section: known.heard_at >= lately for section, known in sorted(self._views.get(view, {}).items())}


class Gather(DependencyProvider):  # type: ignore[misc]
    """Asks all who joined a view at once."""

    def __init__(self, memory: Callable[[Database], RosterMemory]) -> None:
        self._memory = memory

    def start(self) -> None:
        """Recall the roster, listen to announcements, and ask who is there."""
        self.roster = Roster(self._memory(self.container.config["databases"][self.container.service_name]))
        bus: Bus = self.container.config["bus"]
        queue = Queue(f"{VIEWS}.roster", VIEWS, (ANNOUNCED,), exclusive=True)
        bus.consume(queue, self._announced, prefetch=0, settled=False)
        self.container.spawn_managed_thread(self._call_roll)

    def get_dependency(self, worker_ctx: WorkerContext) -> Callable[..., dict[str, bytes]]:  # noqa: ARG002
        """The question to a view."""
        return self.ask

    def _call_roll(self) -> None:
        bus: Bus = self.container.config["bus"]
        while True:
            try:
                bus.publish(Message(b"{}", expires_in=1.0), VIEWS, ROLL_CALL)
            except Unavailable:
                eventlet.sleep(0.1)
            else:
                return

    def _announced(self, delivery: Delivery) -> None:
        eventlet.spawn_n(self._take_note, delivery.message.body)  # it may have to write, and the reader must not wait

    def _take_note(self, body: bytes) -> None:
        try:
            announcement = orjson.loads(body)
            self.roster.heard(announcement["service"], announcement["views"])
        except (ValueError, LookupError, TypeError, AttributeError, SQLAlchemyError) as failure:
            logs.incident("announcement-not-taken", service=self.container.service_name, failure=failure)

    def ask(self, view: str, question: Mapping[str, Any], *, token: str, within: float) -> dict[str, bytes]:
        """
        Every section of a view by name, finished JSON; those that did not come within the seconds are UNAVAILABLE.

        Only services heard lately are waited for. Raises Unavailable(view) when no section is known at all.
        """
        expected = self.roster.sections(view)
        if not expected:
            raise Unavailable(view)
        deadline = time.time() + within
        gathered = Gathered(set(expected), {section for section, lately in expected.items() if lately})
        replies: Replies = self.container.config["replies"]
        correlation_id = replies.expect(gathered.arrived)
        headers = {"deadline": deadline, "token": token, "traceparent": tracing.child()}
        try:
            message = Message(orjson.dumps(question), headers, correlation_id, replies.address, expires_in=within)
            self.container.config["bus"].publish(message, VIEWS, f"view.{view}")
            gathered.wait(within)
        except Unavailable:
            logs.incident("bus-unavailable", service=self.container.service_name)
        finally:
            replies.forget(correlation_id)
        return {section: gathered.sections.get(section, UNAVAILABLE) for section in expected}


class Gathered:
    """The sections that have come so far."""

    def __init__(self, expected: set[str], awaited: set[str]) -> None:
        self.sections: dict[str, bytes] = {}
        self._expected = expected
        self._awaited = awaited
        self._complete = Event()

    def arrived(self, reply: Message | None) -> None:
        """Take a section; None means that no more can come."""
        section = None if reply is None else str(reply.headers.get("section"))
        if reply is not None and section in self._expected:
            self.sections[section] = reply.body
            self._awaited.discard(section)
        if (reply is None or not self._awaited) and not self._complete.ready():
            self._complete.send(None)

    def wait(self, within: float) -> None:
        """Until all awaited sections are in, or the seconds have passed."""
        if self._awaited:
            with eventlet.Timeout(within, False):
                self._complete.wait()
