"""Calls with deadlines: a dead, slow or lost service is Unavailable to the caller, not a hang (reliability.md 1.1)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import eventlet
import orjson
from eventlet.event import Event
from marshmallow import Schema
from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider, SharedExtension

from helsami_kernel import errors, metrics, tracing
from helsami_kernel.access import AccessToken, Verifier
from helsami_kernel.bus import RPC, Bus, Consumption, Delivery, Message, Queue
from helsami_kernel.container import KernelEntrypoint, Work
from helsami_kernel.decorators import Decorator
from helsami_kernel.errors import Forbidden, Malformed, Unavailable
from helsami_kernel.parking import park, parking_queue
from helsami_kernel.replies import Replies

REPLY_RETRY = 0.1
LONGEST_WAIT = 300.0


class RpcConsumer(SharedExtension):  # type: ignore[misc]
    """A service's one queue of calls."""

    def __init__(self) -> None:
        self._methods: dict[str, Rpc] = {}
        self._consumption: Consumption | None = None

    def register(self, entrypoint: Rpc) -> None:
        """Serve this method."""
        self._methods[entrypoint.method_name] = entrypoint

    def start(self) -> None:
        """Consume calls; each is acknowledged when its work begins, so none is ever begun twice."""
        if not self._methods:
            return
        service, config = self.container.service_name, self.container.config
        config["bus"].declare(parking_queue(service))
        queue = Queue(f"{RPC}.{service}", RPC, (f"{service}.*",))
        self._consumption = config["bus"].consume(queue, self._on_delivery, prefetch=self.container.max_workers)

    def cancel(self) -> None:
        """Take no more calls."""
        if self._consumption is not None:
            self._consumption.cancel()

    def _on_delivery(self, delivery: Delivery) -> None:
        call, service = delivery.message, self.container.service_name
        method = delivery.routing_key.partition(".")[2]
        entrypoint = self._methods.get(method)
        deadline = deadline_of(call)
        if deadline is None or not call.reply_to or not call.correlation_id:
            eventlet.spawn_n(park, self.container.config["bus"], delivery, service, "malformed-call")
        elif deadline <= time.time():
            delivery.ack()
            metrics.EXPIRED.labels(service, "rpc").inc()
        elif entrypoint is None:
            delivery.ack()
            entrypoint = next(iter(self._methods.values()))
            eventlet.spawn_n(entrypoint.reply, call, deadline, None, Malformed("unknown-method"))
        else:
            entrypoint.accept(delivery, deadline)


class Rpc(KernelEntrypoint):
    """
    A method that others may call with a token of the right scope.

    The method takes (command, access); `answers` is the marshmallow schema that its result passes, so that nothing
    undeclared leaves; bytes are finished JSON of the owner's own making.
    """

    kind = "rpc"
    consumer = RpcConsumer()

    def __init__(self, scope: str, answers: type[Schema] | None = None, **kwargs: Any) -> None:
        self.scope = scope
        self._answers = answers() if answers is not None else None
        super().__init__(**kwargs)

    def setup(self) -> None:
        """Register with the service's consumer."""
        self.consumer.register(self)

    def stop(self) -> None:
        """Take no more calls."""
        self.consumer.cancel()

    def accept(self, delivery: Delivery, deadline: float) -> None:
        """Check the call, and begin it when a worker is free and the deadline has not passed meanwhile."""
        call = delivery.message
        data = {"deadline": deadline, "traceparent": call.headers.get("traceparent")}
        work = Work(partial(self._prepare, delivery, deadline), partial(self._settle, call, deadline))
        self.container.dispatch(self, data, work)

    def _prepare(self, delivery: Delivery, deadline: float, _ctx: WorkerContext) -> tuple[Any, ...]:
        delivery.ack()
        if deadline <= time.time():
            metrics.EXPIRED.labels(self.service_name, "rpc").inc()
            raise Unavailable(self.service_name)
        call = delivery.message
        granted = verified(self.container.config["verifier"], call, self.service_name, self.scope)
        return read_body(call.body), granted

    def _settle(self, call: Message, deadline: float, result: Any, failure: BaseException | None) -> None:
        if failure is None and self._answers is not None and not isinstance(result, bytes):
            try:
                result = self._answers.dump(result)
            except Exception as undeclared:  # noqa: BLE001  a result that its own schema does not fit
                failure = undeclared
        self.reply(call, deadline, result, failure)

    def reply(self, call: Message, deadline: float, result: Any, failure: BaseException | None) -> None:
        """Answer; while the bus is away try again until the deadline, after which nobody waits."""
        answer = answered(result, failure)
        while (left := deadline - time.time()) > 0:
            try:
                message = Message(answer.body, answer.headers, call.correlation_id, expires_in=left)
                self.bus.publish(message, "", str(call.reply_to))
            except Unavailable:
                eventlet.sleep(REPLY_RETRY)
            else:
                return


rpc: Callable[..., Decorator] = Rpc.decorator


def verified(verifier: Verifier, call: Message, audience: str, scope: str) -> AccessToken:
    """The sender's token, believed only by its signature: other headers prove nothing (reliability.md 3.5)."""
    granted = verifier.verify(call.headers.get("token"), audience)
    if not granted.allows(scope):
        raise Forbidden("not-permitted")
    key = call.headers.get("idempotency-key")
    return granted if key is None else replace(granted, idempotency_key=_kept_under(granted, str(key)))


def _kept_under(access: AccessToken, key: str) -> str:
    """
    Under what key an answer is kept: whoever acts for somebody has keys of their own.

    What the other was answered under the same key may be of what is hidden from them, and that they have used one is
    nobody else's business (K23).
    """
    return hashlib.sha256(f"{access.actor}|{key}".encode()).hexdigest() if access.on_behalf else key


def deadline_of(message: Message) -> float | None:
    """When the sender stops waiting (seconds since 1970); None for what is no deadline that we would ever give."""
    deadline = message.headers.get("deadline")
    if not isinstance(deadline, int | float) or not 0 < deadline < time.time() + LONGEST_WAIT:
        return None
    return float(deadline)


def read_body(body: bytes) -> Any:
    """JSON, or Malformed; the body is neither logged nor repeated."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("not-json") from None


def answered(result: Any, failure: BaseException | None) -> Message:
    """A reply: a result as JSON, or an error in its wire form, which says nothing of what an unforeseen one said."""
    if failure is None:
        try:
            body = result if isinstance(result, bytes) else orjson.dumps(result)
        except TypeError as unserialisable:
            failure = unserialisable
        else:
            return Message(body, {"status": "ok"})
    return Message(orjson.dumps(errors.to_wire(failure)), {"status": "error"})


class Remote:
    """Another service, as seen from one worker: attributes are its methods."""

    def __init__(self, service: str, bus: Bus, replies: Replies, within: float, context: Mapping[str, Any]) -> None:
        self._service = service
        self._bus = bus
        self._replies = replies
        self._within = within
        self._context = context

    def __getattr__(self, method: str) -> Callable[..., Any]:
        """The method of that name; it is not checked before it is called."""
        return partial(self.call, method)

    def call(
        self,
        method: str,
        command: Any,
        *,
        token: str,
        within: float | None = None,
        idempotency_key: str | None = None,
        raw: bool = False,
    ) -> Any:
        """
        Ask, and wait at most `within` seconds (and never longer than the call that we are part of may take).

        Returns the result, as finished JSON when `raw`; raises the refusal that was answered, or Unavailable.
        """
        deadline = self._deadline(within)
        arrived = Event()
        correlation_id = self._replies.expect(lambda reply: None if arrived.ready() else arrived.send(reply))
        try:
            self._send(method, command, token, deadline, idempotency_key, correlation_id)
            with eventlet.Timeout(deadline - time.time(), False):
                return self._result(arrived.wait(), raw=raw)
        finally:
            self._replies.forget(correlation_id)
        raise Unavailable(self._service)

    def _deadline(self, within: float | None) -> float:
        deadline = time.time() + (within or self._within)
        inherited = self._context.get("deadline")
        deadline = deadline if inherited is None else min(deadline, inherited)
        if deadline <= time.time():
            raise Unavailable(self._service)
        return float(deadline)

    def _send(
        self, method: str, command: Any, token: str, deadline: float, key: str | None, correlation_id: str
    ) -> None:
        headers: dict[str, Any] = {"deadline": deadline, "token": token, "traceparent": tracing.child()}
        if key is not None:
            headers["idempotency-key"] = key
        message = Message(
            orjson.dumps(command), headers, correlation_id, self._replies.address, expires_in=deadline - time.time()
        )
        self._bus.publish(message, RPC, f"{self._service}.{method}")

    def _result(self, reply: Message | None, *, raw: bool) -> Any:
        if reply is None:
            raise Unavailable(self._service)
        if reply.headers.get("status") != "ok":
            raise errors.from_wire(orjson.loads(reply.body))
        return reply.body if raw else orjson.loads(reply.body)


class RemoteService(DependencyProvider):  # type: ignore[misc]
    """Gives a service the methods of another one."""

    def __init__(self, service: str) -> None:
        self.service = service

    def get_dependency(self, worker_ctx: WorkerContext) -> Remote:
        """A remote that inherits this worker's deadline."""
        config = self.container.config
        within = config["settings"].rpc_deadline.total_seconds()
        return Remote(self.service, config["bus"], config["replies"], within, worker_ctx.data)
