"""Reminding citizens of their own events, each time that these take place, as long before as they wish (R39)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from helsami_appointments.calendar import schemas, storage
from helsami_appointments.calendar.domain import EventReminderDue, Occurrence, OwnEvent
from helsami_appointments.calendar.recurrence import next_after
from helsami_kernel import Event, Obligation, fulfils
from helsami_kernel.clock import written
from helsami_kernel.database import Writes
from helsami_kernel.store import OpenStore

REMIND_OF_EVENT: Final = "remind_of_event"


class Reminding:
    """Part of appointments: reminders of own events; of appointments, see `visits`."""

    store: OpenStore[Any, Any]
    clock: Callable[[], datetime]

    @fulfils(REMIND_OF_EVENT)
    def remind_of_event(self, promised: Obligation) -> None:
        """Remind a citizen of an event that takes place as it did when this was promised, and promise the next."""
        with self.store.transaction(owner=promised.owner) as tx:
            event = storage.own_event(tx, promised.payload["event"])
            occurrence = None if event is None else _promised(event, promised)
            if event is None or occurrence is None:
                return
            if occurrence.ends_at > tx.now:  # who is reminded as it begins, or late, can still go
                told = schemas.EventReminderDue().dump(EventReminderDue(event.id))
                tx.announce(Event.of("event_reminder_due", subject=tx.owner, data=told))
            promise_reminder(tx, event)


def promise_reminder(tx: Writes, event: OwnEvent) -> None:
    """Promise to remind of the next time that an event takes place of which there is still to be reminded."""
    if event.remind is None:
        return
    occurrence = next_after(event, tx.now + timedelta(minutes=event.remind))
    if occurrence is not None and occurrence.reminded_at is not None:
        payload = {"event": event.id, "starts_at": written(occurrence.starts_at)}
        key = f"{event.id} {payload['starts_at']} {event.remind}"
        tx.promise(REMIND_OF_EVENT, occurrence.reminded_at, payload, key)


def _promised(event: OwnEvent, promised: Obligation) -> Occurrence | None:
    """The time that an event takes place of which this promise is to remind; None where it is no longer then."""
    starts_at = datetime.fromisoformat(promised.payload["starts_at"])
    occurrence = next_after(event, starts_at - timedelta(microseconds=1))
    if occurrence is None or (occurrence.starts_at, occurrence.reminded_at) != (starts_at, promised.due_at):
        return None
    return occurrence
