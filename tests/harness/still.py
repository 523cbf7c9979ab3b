"""All of HelsaMi in one thread, by a clock that stands still: nothing happens but what a test does, and all of that."""

from __future__ import annotations

import hashlib
import sqlite3
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import eventlet
import orjson
from nameko.containers import WorkerContext
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from harness.sweep import SEALED, Answer, Ask
from helsami_directory.register.domain import Entry
from helsami_gateway.session import Sessions
from helsami_kernel import installed
from helsami_kernel.access import SystemIssuer
from helsami_kernel.bus import EVENTS, Consumption, Delivery, Message, Queue
from helsami_kernel.clock import Clock
from helsami_kernel.config import Settings
from helsami_kernel.container import Container, Performed, Work, open_verifier, outcome_of
from helsami_kernel.database import Database
from helsami_kernel.http import CLOSE, HttpServer
from helsami_kernel.keys import KeyFolder
from helsami_kernel.memory_bus import topic_matches
from helsami_kernel.migrations import upgrade
from helsami_kernel.obligations import Clerk, claim
from helsami_kernel.replies import Replies
from helsami_kernel.rules import organisations
from helsami_kernel.states import States
from helsami_kernel.store import Store
from helsami_kernel.testing import MovableClock
from helsami_kernel.views import Contributor, Gather

LIVE: Final = "live"
ASKED_AGAIN: Final = frozenset({"consents.decide", "directory.facts"})
"""What most requests ask, and what is answered alike for as long as nothing changes."""

ROUNDS: Final = 50
"""So often may what was told lead to something that is told, before somebody must think that it never ends."""

Kept = dict[str, sqlite3.Connection]
Json = dict[str, Any]


@dataclass
class Delivered:
    """A message at its consumer's; there is nobody to give it back to."""

    message: Message
    routing_key: str
    redelivered: bool = False

    def ack(self) -> None:
        """It is done with."""

    def requeue(self) -> None:
        """Nothing may have to be done twice here."""
        raise AssertionError(f"{self.routing_key} was given back")


@dataclass
class Consumed:
    """A queue with its one consumer."""

    queue: Queue
    on_delivery: Callable[[Delivery], None]
    queue_name: str

    def cancel(self) -> None:
        """It ends with the process."""


class StraightBus:
    """A bus that has delivered a call before `publish` returns, and keeps events until they are asked for."""

    connected = True

    def __init__(self) -> None:
        self.events: deque[tuple[Consumed, Delivered]] = deque()
        self.remembered: dict[tuple[str, bytes], Message] | None = None
        self._consumed: dict[str, Consumed] = {}

    def start(self) -> None:
        """Nothing to connect."""

    def stop(self) -> None:
        """Nothing to close."""

    def on_lost(self, callback: Callable[[], None]) -> None:
        """It is never lost."""

    def declare(self, queue: Queue) -> None:
        """What nobody consumes is not kept."""

    def consume(
        self, queue: Queue, on_delivery: Callable[[Delivery], None], *, prefetch: int, settled: bool = True
    ) -> Consumption:
        """Hand over what arrives."""
        del prefetch, settled
        return self._consumed.setdefault(queue.name, Consumed(queue, on_delivery, queue.name))

    def publish(self, message: Message, exchange: str, routing_key: str) -> None:
        """Deliver now, or, if it is an event, when they are asked for."""
        if not exchange:
            self._consumed[routing_key].on_delivery(Delivered(message, routing_key))
        elif self.remembered is not None and routing_key in ASKED_AGAIN:
            self._answer_again(message, exchange, routing_key)
        else:
            self._deliver(message, exchange, routing_key)

    publish_confirmed = publish

    def _answer_again(self, message: Message, exchange: str, routing_key: str) -> None:
        """What was answered to the same question since the last change of anything, if it was asked."""
        known = {} if self.remembered is None else self.remembered
        address = str(message.reply_to)
        if (routing_key, message.body) not in known:
            here = f"{address} of {routing_key}"
            self.consume(Queue(here), lambda one: known.update({(routing_key, message.body): one.message}), prefetch=0)
            self._deliver(replace(message, reply_to=here), exchange, routing_key)
            del self._consumed[here]
        answer = replace(known[routing_key, message.body], correlation_id=message.correlation_id)
        self._consumed[address].on_delivery(Delivered(answer, address))

    def _deliver(self, message: Message, exchange: str, routing_key: str) -> None:
        for one in list(self._consumed.values()):
            keys = one.queue.routing_keys if one.queue.exchange == exchange else ()
            if any(topic_matches(key, routing_key) for key in keys):
                delivered = Delivered(message, routing_key)
                if exchange == EVENTS:
                    self.events.append((one, delivered))
                else:
                    one.on_delivery(delivered)

    def publish_later(self, message: Message, queue: str, delay: float) -> None:
        """Nothing may have to be tried again here."""
        del message, delay
        raise AssertionError(f"{queue} failed")


class StillContainer(Container):
    """A service whose workers run where they are called, and of which nothing runs by itself."""

    def begin(self) -> None:
        """Set everything up, and start all but the door: that is knocked at from inside."""
        for extension in self.extensions:
            extension.setup()
        for extension in self.extensions:
            if not isinstance(extension, HttpServer):
                extension.start()

    def dispatch(self, entrypoint: Performed, data: Mapping[str, Any], work: Work) -> None:
        """Do it now."""

        def settle(result: Any, failure: BaseException | None) -> None:
            if failure is not None and outcome_of(failure) == "error":
                self.config["faults"].append(failure)
            work.settle(result, failure)

        context = WorkerContext(self, self.service_cls(), entrypoint, (), {}, data=dict(data))
        self._run_worker(context, Work(work.prepare, settle, work.give_up))

    def spawn_managed_thread(self, fn: Callable[[], None], identifier: str | None = None) -> None:
        """Do nothing: what goes on beside a test is done when it says so."""

    def each(self, kind: type) -> Iterator[Any]:
        """Its extensions of a kind."""
        return (one for one in self.extensions if isinstance(one, kind))


class Ids:
    """
    Ids that are the same whenever the same is done: of each thing that is done, the first, the second and so on.

    Two portals in which all but one thing is done alike can be compared by it, byte by byte.
    """

    def __init__(self) -> None:
        self._done: Counter[str] = Counter()
        self.begin("")

    def begin(self, what: str) -> None:
        """Something is done."""
        self._done[what] += 1
        self._what, self._number = f"{what} {self._done[what]}", 0

    def forget(self) -> None:
        """Begin anew."""
        self._done.clear()

    def __call__(self) -> uuid.UUID:
        """The next id."""
        self._number += 1
        return uuid.UUID(bytes=hashlib.sha256(f"{self._what} {self._number}".encode()).digest()[:16], version=4)


class Waiting(Replies):
    """Replies that are told apart by a number."""

    def __init__(self, bus: StraightBus) -> None:
        super().__init__(bus)
        self._numbers = count()

    def expect(self, callback: Callable[[Message | None], None]) -> str:
        """A new correlation id."""
        correlation_id = str(next(self._numbers))
        self._waiting[correlation_id] = callback
        return correlation_id


class Register:
    """A population register that says what it is told."""

    present = True

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def people(self, national_ids: Any) -> dict[str, Entry]:
        """Those whom it knows."""
        return {number: self.entries[number] for number in national_ids if number in self.entries}


class StillPortal:
    """The whole portal; `ask` knocks at its door, `move` lets time pass."""

    def __init__(self, folder: Path, clock: MovableClock, ids: Ids) -> None:
        self.clock = clock
        self.ids = ids
        settings = Settings.read({"HELSAMI_DATA": str(folder)})
        self.keys = KeyFolder(settings.keys)
        self.keys.make()
        self.register = Register()
        self.bus = StraightBus()
        self.faults: list[BaseException] = []
        self.sealed = ""
        config: Json = {
            "settings": settings,
            "bus": self.bus,
            "replies": Waiting(self.bus),
            "verifier": open_verifier(settings),
            "databases": {},
            "max_workers": settings.max_workers,
            "states": States(organisations()),
            "faults": self.faults,
        }
        names = installed.service_names()
        for name in names:
            upgrade(name, settings.database_url(name))
        found = zip(names, installed.services(names), strict=True)
        self.services = {name: StillContainer(service, config) for name, service in found}
        for container in self.services.values():
            container.begin()
        organisations().apply(dict.fromkeys(organisations(), LIVE))
        self.databases: dict[str, Database] = config["databases"]
        self._stores = {name: next(one.each(Store)) for name, one in self.services.items()}
        self._clerks = {name: clerk for name, one in self.services.items() for clerk in one.each(Clerk)}
        self._door = next(self.services["gateway"].each(HttpServer))
        self._systems = SystemIssuer(self.keys.signing("systems"), clock)
        self._dress()

    def _dress(self) -> None:
        """What stands in for the world: its register, and who is there to make the home view."""
        self._provider("directory", "population")._made = self.register
        self._sessions: Sessions = self._provider("gateway", "sessions")._made
        for container in self.services.values():
            for one in container.each(Contributor):
                if one._sections:
                    one._announce()
        eventlet.sleep(0.05)
        roster = next(self.services["gateway"].each(Gather)).roster
        for known in (known for view in roster._views.values() for known in view.values()):
            known.heard_at = float("inf")

    def _provider(self, service: str, name: str) -> Any:
        return next(one for one in self.services[service].dependencies if one.attr_name == name)

    # What others do

    def ask(self, ask: Ask) -> Answer:
        """What is answered; what was told meanwhile is heard later. Raises what nobody had foreseen."""
        environ = EnvironBuilder(
            path=ask.path.partition("?")[0],
            query_string=ask.path.partition("?")[2],
            method=ask.verb,
            headers=list(ask.headers.items()),
            data=ask.body,
        ).get_environ()
        environ[CLOSE] = lambda: None
        self.ids.begin(f"{ask.verb} {ask.path} {ask.body!r} {self.clock()}")
        began: list[Any] = []
        body = b"".join(self._door._answer(environ, lambda *said: began.extend(said)))
        eventlet.sleep(0)
        if self.faults:
            first, *_ = self.faults
            self.faults.clear()
            raise first
        headers = dict(began[1])
        if SEALED in headers:
            self.sealed = headers[SEALED]
            headers[SEALED] = "True"
        return Answer(int(began[0][:3]), tuple(sorted(headers.items())), body)

    def log_in(self, pid: str) -> str:
        """The cookie of somebody who logs in."""
        body = orjson.dumps({"pid": pid})
        answer = self.ask(Ask("POST", "/dev/login", {"Content-Type": "application/json"}, body))
        if answer.status != 200:
            raise AssertionError(answer)
        return self.sealed.partition(";")[0]

    def cookie(self, citizen: str, birth_date: date, name: str, *, protected: bool = False) -> str:
        """The cookie of somebody who has logged in just now."""
        sessions, response = self._sessions, Response()
        sessions.put(response, sessions.begin(citizen, birth_date, protected=protected, name=name))
        return str(response.headers["Set-Cookie"].partition(";")[0])

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Nothing changes meanwhile, and who may act for whom is asked once and not at each request."""
        self.bus.remembered = {}
        try:
            yield
        finally:
            self.bus.remembered = None

    def staff(self, organisation: str) -> str:
        """The login of an organisation's staff and record system."""
        return f"Bearer {self._systems.issue(organisation, timedelta(hours=1))}"

    def deliver(self, organisation: str, bundle: Json) -> Json:
        """Send a bundle to the journal."""
        told = {"Authorization": self.staff(organisation), "Content-Type": "application/fhir+json"}
        outcome: Json = orjson.loads(self.ask(Ask("POST", "/journal/v1/fhir", told, orjson.dumps(bundle))).body)
        statuses = [one["response"]["status"] for one in outcome.get("entry", ())]
        if not statuses or not all(status.startswith("20") for status in statuses):
            raise AssertionError(outcome)
        return outcome

    # What it does by itself

    def settle(self) -> None:
        """Let what was told be heard, and whatever that leads to."""
        for _ in range(ROUNDS):
            for store in self._stores.values():
                if store.relay._signal.ready():
                    store.relay._signal = eventlet.Event()
                    store.relay.send_batch()
            if not self.bus.events:
                return
            while self.bus.events:
                consumed, delivered = self.bus.events.popleft()
                self.ids.begin(f"{consumed.queue_name} {delivered.message.headers.get('ce-id')}")
                consumed.on_delivery(delivered)
        raise AssertionError("it does not end")

    def keep_promises(self) -> None:
        """Do what is due, and whatever becomes due by that."""
        for _ in range(ROUNDS):
            kept = 0
            for name, clerk in self._clerks.items():
                kinds = clerk._kinds
                for due in claim(self.databases[name], list(kinds)) if kinds else ():
                    self.ids.begin(f"{due.kind} {due.owner} {due.payload} {due.due_at}")
                    kinds[due.kind].accept(due)
                    kept += 1
            self.settle()
            if not kept:
                return
        raise AssertionError("it does not end")

    def move_to(self, moment: datetime) -> None:
        """Let time pass; all that became due meanwhile is done then."""
        self.clock.move_to(moment)
        self.keep_promises()

    # What a test needs of it

    def kept(self) -> Kept:
        """Everything that is stored."""
        copies = {}
        for name, database in self.databases.items():
            copies[name] = sqlite3.connect(":memory:", check_same_thread=False)
            with _opened(database) as raw:
                raw.backup(copies[name])
        return copies

    def restore(self, kept: Kept) -> None:
        """Have everything stored as it was."""
        for name, copy in kept.items():
            with _opened(self.databases[name]) as raw:
                copy.backup(raw)
        self.bus.events.clear()
        self.ids.forget()

    def close(self) -> None:
        """Give back what is open."""
        for database in self.databases.values():
            database.close()


@contextmanager
def _opened(database: Database) -> Iterator[sqlite3.Connection]:
    connection = database.engine.raw_connection()
    try:
        yield connection.driver_connection  # type: ignore[misc]
    finally:
        connection.close()


@contextmanager
def still(folder: Path, now: datetime) -> Iterator[StillPortal]:
    """A portal that stands still at a moment, for as long as it is used; every clock in this process is its own."""
    clock, ids = MovableClock(now), Ids()
    ticking, random = Clock.__call__, uuid.uuid4
    Clock.__call__ = lambda _: clock()  # type: ignore[assignment, method-assign]
    uuid.uuid4 = ids
    try:
        with closing(StillPortal(folder, clock, ids)) as portal:
            yield portal
    finally:
        Clock.__call__, uuid.uuid4 = ticking, random  # type: ignore[method-assign]
