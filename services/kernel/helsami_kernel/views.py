"""Views composed by scatter and gather: one question on the bus, one reply with finished sections from each service."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any, Protocol

import eventlet
import orjson
from eventlet.event import Event
from greenlet import GreenletExit
from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider, SharedExtension
from sqlalchemy.exc import SQLAlchemyError

from helsami_kernel import logs, metrics, tracing
from helsami_kernel.access import AccessToken
from helsami_kernel.bus import VIEWS, Bus, Consumption, Delivery, Message, Queue
from helsami_kernel.container import Container, KernelEntrypoint, Work, note, understood
from helsami_kernel.database import Database
from helsami_kernel.decorators import Decorator
from helsami_kernel.errors import Forbidden, Unavailable
from helsami_kernel.replies import Replies
from helsami_kernel.rpc import deadline_of, read_body

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
        views = {view: sections_of(given) for view, given in self._sections.items()}
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
        asked = delivery.message
        deadline = deadline_of(asked)
        if deadline is None or not asked.reply_to or not asked.correlation_id:
            logs.incident("malformed-view-question", service=self.container.service_name)
        elif deadline <= time.time():
            metrics.EXPIRED.labels(self.container.service_name, "view").inc()
        elif (view := delivery.routing_key.removeprefix("view.")) in self._sections:
            Question(self.container, view, self._sections[view], asked, deadline).accept()


class Question:
    """A question to one service: a worker makes all its sections of the view, and sends them in one reply."""

    kind = "view"

    def __init__(
        self, container: Container, view: str, sections: Sequence[Contributes], asked: Message, deadline: float
    ) -> None:
        self.service_name = str(container.service_name)
        self.method_name = view
        self._container = container
        self._sections = sections
        self._asked = asked
        self._deadline = deadline

    def accept(self) -> None:
        """Begin when a worker is free."""
        data = {"deadline": self._deadline, "traceparent": self._asked.headers.get("traceparent")}
        self._container.dispatch(self, data, Work(self._prepare, self._settle))

    def perform(self, service: Any, question: Any, access: AccessToken) -> dict[str, bytes]:
        """Each section by its name; a method that fails fails alone."""
        made: dict[str, bytes] = {}
        for given in self._sections:
            made |= given.finished(service, question, access)
        return made

    def note(self, failure: BaseException | None, seconds: float) -> None:
        """Count and log what kept all sections from being made; each of them is noted by itself."""
        if failure is not None:
            note(self, failure, seconds)

    def _prepare(self, _ctx: WorkerContext) -> tuple[Any, ...]:
        if self._deadline <= time.time():
            metrics.EXPIRED.labels(self.service_name, self.kind).inc()
            raise Unavailable(self.service_name)
        token = self._asked.headers.get("token")
        access = self._container.config["verifier"].verify(token, audience(self.method_name))
        return read_body(self._asked.body), access

    def _settle(self, result: Any, failure: BaseException | None) -> None:
        sections = dict.fromkeys(sections_of(self._sections), instead(failure)) if failure else result
        left = self._deadline - time.time()
        if left > 0:
            body, lengths = joined(sections)
            reply = Message(body, {"sections": lengths}, self._asked.correlation_id, expires_in=left)
            try:
                self._container.config["bus"].publish(reply, "", str(self._asked.reply_to))
            except Unavailable:
                return  # the gateway shows the sections as unavailable at its deadline


def sections_of(given: Iterable[Contributes]) -> list[str]:
    """The names of all the sections that these methods give."""
    return [section for each in given for section in each.sections]


def instead(failure: BaseException) -> bytes:
    """What stands for a section that could not be made."""
    return NOT_PERMITTED if isinstance(failure, Forbidden) else UNAVAILABLE


def joined(sections: Mapping[str, bytes]) -> tuple[bytes, str]:
    """Sections end to end, and what tells them apart: `visits:812 vaccines:95`, in bytes."""
    return b"".join(sections.values()), " ".join(f"{name}:{len(body)}" for name, body in sections.items())


def parted(body: bytes, lengths: str) -> dict[str, bytes]:
    """Sections by name, as they were joined; raises ValueError for lengths that are none of this body."""
    sections: dict[str, bytes] = {}
    begin = 0
    for each in lengths.split(" "):
        name, _, length = each.partition(":")
        sections[name] = body[begin : begin + int(length)]
        begin += int(length)
    if begin != len(body):
        raise ValueError("lengths: expected those of the sections in the body")
    return sections


class Contributes(KernelEntrypoint):
    """
    A method that gives sections of a view: (question, access) to finished JSON bytes.

    Where it gives several at once, it returns them by name.
    """

    kind = "section"
    contributor = Contributor()

    def __init__(self, view: str, *sections: str, scope: str, **kwargs: Any) -> None:
        self.view = view
        self.sections = sections
        self.scope = scope
        super().__init__(**kwargs)

    def setup(self) -> None:
        """Register with the service's contributor."""
        self.contributor.register(self)

    def stop(self) -> None:
        """Take no more questions."""
        self.contributor.cancel()

    def finished(self, service: Any, question: Any, access: AccessToken) -> dict[str, bytes]:
        """Each section by its name, or what stands for one that failed; counted and logged."""
        began = time.perf_counter()
        failure: BaseException | None = None
        try:
            made = self._made(service, question, access)
        except GreenletExit:
            raise
        except BaseException as raised:  # noqa: BLE001  as in a worker: none of it is another section's failure
            failure = understood(raised, self.service_name)
            made = dict.fromkeys(self.sections, instead(failure))
        note(self, failure, time.perf_counter() - began)
        return made

    def _made(self, service: Any, question: Any, access: AccessToken) -> dict[str, bytes]:
        if not access.allows(self.scope):
            raise Forbidden("not-permitted")
        made = self.perform(service, question, access)
        return {self.sections[0]: made} if isinstance(made, bytes) else {name: made[name] for name in self.sections}


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
        """Take a service's sections; None means that no more can come."""
        if reply is not None:
            self._take(reply)
        if (reply is None or not self._awaited) and not self._complete.ready():
            self._complete.send(None)

    def _take(self, reply: Message) -> None:
        try:
            sections = parted(reply.body, str(reply.headers.get("sections")))
        except ValueError:
            return  # a service that says nothing of use is one that says nothing
        for section in self._expected & sections.keys():
            self.sections[section] = sections[section]
            self._awaited.discard(section)

    def wait(self, within: float) -> None:
        """Until all awaited sections are in, or the seconds have passed."""
        if self._awaited:
            with eventlet.Timeout(within, False):
                self._complete.wait()
