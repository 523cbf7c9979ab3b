"""Hearing events: once each in effect, retried through the broker, parked when nothing helps (reliability.md 1.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import eventlet
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_binary, to_binary
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from nameko.containers import WorkerContext

from helsami_kernel import metrics
from helsami_kernel.bus import EVENTS, Consumption, Delivery, Message, Queue, Unroutable
from helsami_kernel.container import KernelEntrypoint, Work
from helsami_kernel.database import AlreadyDone, Cause, Event
from helsami_kernel.decorators import Decorator
from helsami_kernel.errors import Malformed, Unavailable
from helsami_kernel.parking import park, parking_queue

JSON = JSONFormat()
SEQUENCE = "sequence"  # CloudEvents extension: the per-aggregate order, since delivery has none
REQUEUE_AFTER = 1.0


def event_message(event: Event, traceparent: str | None) -> Message:
    """An event as a CloudEvents 1.0 message in binary mode."""
    attributes = {
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "specversion": "1.0",
        "time": event.time,
        "datacontenttype": "application/json",
        SEQUENCE: str(event.sequence),
        **({"subject": event.subject} if event.subject else {}),
    }
    binary = to_binary(CloudEvent(attributes, dict(event.data)), JSON)
    return Message(binary.body, {**binary.headers, **({"traceparent": traceparent} if traceparent else {})})


def read_event(message: Message) -> Event:
    """The event in a message; Malformed when it is none."""
    headers = {name: str(value) for name, value in message.headers.items() if name.startswith("ce-")}
    try:
        read = from_binary(RabbitMQMessage(headers, message.content_type, message.body), JSON, CloudEvent)
        data = read.get_data()
        event_id = headers["ce-id"]  # the library would make one up, and an inbox would never know the event again
        sequence = int(headers[f"ce-{SEQUENCE}"])
    except (CloudEventValidationError, ValueError, KeyError, TypeError):
        raise Malformed("malformed-event") from None
    if not isinstance(data, dict):
        raise Malformed("malformed-event")
    return Event(
        type=read.get_type(),
        subject=read.get_subject(),
        data=data,
        sequence=sequence,
        id=event_id,
        source=read.get_source(),
        time=read.get_time(),
    )


class Handles(KernelEntrypoint):
    """
    A method that hears one event of one source, in a durable queue named after it.

    What it writes in its one transaction happens once, however often the event arrives.
    """

    kind = "event"

    def __init__(self, event: str, source: str, **kwargs: Any) -> None:
        self.event = event
        self.source = source
        self._consumption: Consumption | None = None
        super().__init__(**kwargs)

    @property
    def handler(self) -> str:
        """The handler's name, final once deployed: its queue and its inbox rows bear it."""
        return f"{self.service_name}.{self.method_name}"

    @property
    def queue(self) -> Queue:
        """The durable queue; what kills its process too often is parked by the broker itself (1.4)."""
        arguments = dict(self.settings.event_queue_arguments)
        if arguments:
            arguments["x-dead-letter-exchange"] = ""
            arguments["x-dead-letter-routing-key"] = parking_queue(self.service_name).name
        name = f"{EVENTS}.{self.source}.{self.event}--{self.handler}"
        return Queue(name, EVENTS, (f"{self.source}.{self.event}",), arguments=arguments)

    def start(self) -> None:
        """Consume."""
        self.bus.declare(parking_queue(self.service_name))
        self._consumption = self.bus.consume(self.queue, self._on_delivery, prefetch=self.container.max_workers)

    def stop(self) -> None:
        """Take no more events."""
        if self._consumption is not None:
            self._consumption.cancel()

    def _on_delivery(self, delivery: Delivery) -> None:
        if delivery.redelivered:
            metrics.REDELIVERED.labels(self.service_name, self.method_name).inc()
        data = {"traceparent": delivery.message.headers.get("traceparent")}
        self.container.dispatch(self, data, Work(partial(self._prepare, delivery), partial(self._settle, delivery)))

    def _prepare(self, delivery: Delivery, worker_ctx: WorkerContext) -> tuple[Event]:
        event = read_event(delivery.message)
        worker_ctx.data["cause"] = Cause("event", self.handler, event.id)
        if event.time is not None:
            age = (datetime.now(UTC) - event.time).total_seconds()
            metrics.EVENT_AGE_SECONDS.labels(self.service_name, self.method_name).observe(max(0.0, age))
        return (event,)

    def _settle(self, delivery: Delivery, _result: Any, failure: BaseException | None) -> None:
        if failure is None:
            delivery.ack()
        elif isinstance(failure, AlreadyDone):
            metrics.DUPLICATES_SUPPRESSED.labels(self.service_name, self.method_name).inc()
            delivery.ack()
        elif isinstance(failure, Malformed):
            park(self.bus, delivery, self.service_name, failure.code, self.queue.name)
        else:
            self._try_again(delivery, failure)

    def _try_again(self, delivery: Delivery, failure: BaseException) -> None:
        """After a delay that the broker keeps, or never: then it is parked with the reason."""
        attempt = attempts_of(delivery.message.headers)
        delays = self.settings.retry_delays
        if attempt >= len(delays):
            park(self.bus, delivery, self.service_name, type(failure).__name__, self.queue.name)
            return
        try:
            message = delivery.message.with_headers(attempt=attempt + 1)
            self.bus.publish_later(message, self.queue.name, delays[attempt].total_seconds())
        except (Unavailable, Unroutable):
            eventlet.sleep(REQUEUE_AFTER)
            delivery.requeue()
        else:
            delivery.ack()


def attempts_of(headers: Mapping[str, Any]) -> int:
    """How often this message has been tried; anything but a count is none."""
    attempt = headers.get("attempt", 0)
    return attempt if isinstance(attempt, int) and attempt >= 0 else 0


handles: Callable[..., Decorator] = Handles.decorator
