"""The calendar on the bus: own events, and one list of them and appointments (R38)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from helsami_appointments.calendar import schemas, storage
from helsami_appointments.calendar.domain import LONGEST_WINDOW, MOST_SHOWN, USUAL_WINDOW
from helsami_appointments.calendar.links import Links, only_for
from helsami_appointments.calendar.recurrence import occurrences
from helsami_appointments.calendar.reminding import Reminding, promise_reminder
from helsami_appointments.schemas import placed
from helsami_kernel import rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.clock import written
from helsami_kernel.database import Reads
from helsami_kernel.errors import FieldProblem, Malformed, Refused, load
from helsami_kernel.showing import Showing
from helsami_kernel.store import OpenStore
from helsami_sdk.organisations import Organisations

CATEGORY: Final = "appointments"
NOT_SHOWN: Final = {"code": "not_permitted"}
NONE_RECORDED: Final = {"code": "none_recorded"}
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

Json = dict[str, Any]


class Calendar(Links, Reminding):
    """Part of appointments: what a citizen writes into their calendar, and all that is in it."""

    store: OpenStore[Any, Any]
    rules: Organisations
    clock: Callable[[], datetime]

    @rpc(scope="appointments:act", answers=schemas.EventShown)
    def add_event(self, command: Json, access: AccessToken) -> Json:
        """
        Write an event into one's own calendar.

        Raises Malformed, Forbidden("not-for-representatives"), and Refused `no-such-local-time`, `rule-does-not-fit`,
        `too-many-occurrences` or `too-many-events`.
        """
        wish = load(schemas.Event, command)
        with self.store.transaction(owner=only_for(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"add_event": wish})) is not None:
                return dict(done)
            event = schemas.event_of(str(uuid.uuid4()), wish)
            storage.add(tx, event)
            promise_reminder(tx, event)
            return dict(tx.remember(schemas.shown(event)))

    @rpc(scope="appointments:act", answers=schemas.EventShown)
    def change_event(self, command: Json, access: AccessToken) -> Json:
        """Write an event anew, all its occurrences. Raises NotFound("event-not-found"), and as `add_event` does."""
        wish = load(schemas.ChangedEvent, command)
        with self.store.transaction(owner=only_for(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"change_event": wish})) is not None:
                return dict(done)
            event = schemas.event_of(_plausible(wish["event"]), wish)
            storage.change(tx, event)
            promise_reminder(tx, event)
            return dict(tx.remember(schemas.shown(event)))

    @rpc(scope="appointments:act", answers=schemas.WhichEvent)
    def remove_event(self, command: Json, access: AccessToken) -> Json:
        """Remove an event, all its occurrences. Raises NotFound("event-not-found"), Forbidden."""
        wish = load(schemas.WhichEvent, command)
        with self.store.transaction(owner=only_for(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"remove_event": wish})) is not None:
                return dict(done)
            storage.remove(tx, _plausible(wish["event"]))
            return dict(tx.remember(wish))

    @rpc(scope="appointments:read", answers=schemas.EventsShown)
    def events(self, question: Json, access: AccessToken) -> Json:
        """All of one's own events, by their first start; Forbidden("not-for-representatives")."""
        load(schemas.Nothing, question)
        own = storage.events_between(self.store.reading(only_for(access)), EARLIEST, LATEST)
        return {"events": [schemas.shown(event) for event in own]}

    @rpc(scope="appointments:read")
    def calendar(self, question: Json, access: AccessToken) -> bytes:
        """
        Appointments, own events and what plans say is to be done, as far as it lies in a window, in order of time.

        Appointments and plans are those that this reader may see (R38), own events are for the citizen alone. Raises
        Malformed for a window that ends before it begins or is too long, Refused("calendar-too-full") for a full one.
        """
        since, until = self._window(load(schemas.Window, question))
        reads = self.store.reading(access.subject)
        appointments, absences = self._appointments(reads, access, since, until)
        planned, more = self.planned_between(reads, access, since, until)
        own = _own(reads, since, until) if access.basis == "self" else []
        items = [*appointments, *planned, *own]
        if len(items) > MOST_SHOWN:
            raise Refused("calendar-too-full", FieldProblem("to", f"a window with at most {MOST_SHOWN} entries"))
        absences = _told_once([*absences, *more], empty=not items)
        if access.basis != "self":
            absences = [*absences, NOT_SHOWN]
        items.sort(key=lambda item: (item["starts_at"], item["type"], item["id"]))
        as_of = written(self.clock())
        return orjson.dumps({"items": items, "as_of": as_of, "status": "ok", "absences": absences})

    def _window(self, asked: Json) -> tuple[datetime, datetime]:
        since = asked["since"] or self.clock()
        if not EARLIEST < since < LATEST:
            raise Malformed("malformed", FieldProblem("from", "a time that somebody alive may see"))
        until = asked["until"] or since + USUAL_WINDOW
        if not since < until <= since + LONGEST_WINDOW:
            raise Malformed("malformed", FieldProblem("to", f"after `from`, by at most {LONGEST_WINDOW.days} days"))
        return since, until

    def _appointments(
        self, reads: Reads, access: AccessToken, since: datetime, until: datetime
    ) -> tuple[list[Json], list[dict[str, str]]]:
        """What of the appointments in a window this reader is shown, and why something may be missing."""
        showing = Showing(CATEGORY, self.rules, access, reads.notes)
        rows = [row for row in storage.appointments_between(reads, since, until) if showing.may_show(row)]
        absences = showing.absences(rows, showing.oldest(storage.oldest_appointments(reads)))
        return [{"type": "appointment", **placed(orjson.loads(row.body), access)} for row in rows], absences


def _told_once(absences: list[dict[str, str]], *, empty: bool) -> list[dict[str, str]]:
    """Why something may be missing, each reason once; that there is nothing, only where there is nothing at all."""
    reasons = [one for place, one in enumerate(absences) if one not in absences[:place] and one != NONE_RECORDED]
    return reasons or ([NONE_RECORDED] if empty else [])


def _own(reads: Reads, since: datetime, until: datetime) -> list[Json]:
    found: list[Json] = []
    for event in storage.events_between(reads, since, until):
        found += map(schemas.occurrence_shown, occurrences(event, since, until))
        if len(found) > MOST_SHOWN:  # it will be refused, and the rest need not be reckoned
            break
        time.sleep(0)  # to reckon one that recurs takes a millisecond, and others are waiting
    return found


def _plausible(named: str) -> str:
    """What somebody names as an id; what cannot be one is nothing."""
    return named if len(named) <= 36 and named.isascii() and named.isprintable() else ""  # noqa: PLR2004  a UUID
