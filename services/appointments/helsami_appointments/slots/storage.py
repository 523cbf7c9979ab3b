"""How an organisation's own schedules and slots are stored: where those are that its record systems send."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_appointments.booked import plausible
from helsami_appointments.domain import Meeting, Schedule, Span
from helsami_appointments.models import OFFERS, SCHEDULES, SLOTS
from helsami_appointments.slots import overlaps
from helsami_appointments.slots.opening import Wanted
from helsami_appointments.slots.search import FAR, NOBODYS, as_scheduled
from helsami_appointments.storage import schedule_id, slot_id
from helsami_appointments.waitlist.storage import Writes
from helsami_kernel.errors import Conflict, FieldProblem, NotFound
from helsami_kernel.items import item_id
from helsami_kernel.pages import Cursor

OPENED_HERE: Final = "helsami-staff|"
"""How the keys begin of what staff open here; what comes by the journal is named by its record system."""

FREE_ONE: Final = FieldProblem("slot", "a free slot: its appointment is moved or cancelled first")
UNHELD: Final = FieldProblem("slot", "a slot that nobody is about to book: in five minutes it may be")


class Own:
    """The schedules and slots of one organisation, in one transaction. What is another's is not there."""

    def __init__(self, tx: Writes, organisation: str) -> None:
        self._tx = tx
        self._organisation = organisation

    def open_schedule(self, meeting: Meeting, *, active: bool) -> Row[Any]:
        """A new schedule."""
        return self._kept(f"{OPENED_HERE}{uuid.uuid4()}", meeting, active=active)

    def change_schedule(self, named: str, meeting: Meeting, *, active: bool) -> Row[Any]:
        """
        A schedule as it shall be from now on: what is free under it follows, appointments stay as they were booked.

        Raises NotFound("schedule-not-found") and Conflict("kept-by-record-system").
        """
        key = self._schedule(named).key
        if not key.startswith(OPENED_HERE):
            raise Conflict("kept-by-record-system")
        overlaps.take_turns(self._tx.connection, schedule_id(self._organisation, key))
        return self._kept(key, meeting, active=active)

    def _kept(self, key: str, meeting: Meeting, *, active: bool) -> Row[Any]:
        self._tx.keep_schedule(self._organisation, Schedule(key, meeting, active))
        return self._schedule(schedule_id(self._organisation, key))

    def _schedule(self, named: str) -> Row[Any]:
        this = sa.and_(SCHEDULES.c.id == plausible(named), SCHEDULES.c.organisation == self._organisation)
        row = self._tx.connection.execute(sa.select(SCHEDULES, _sent(SCHEDULES)).where(this)).one_or_none()
        if row is None:
            raise NotFound("schedule-not-found")
        return row

    def schedules(self, after: str, limit: int) -> Sequence[Row[Any]]:
        """Schedules with an id after one, in the order of their ids."""
        theirs = sa.and_(SCHEDULES.c.organisation == self._organisation, SCHEDULES.c.id > plausible(after))
        listed = sa.select(SCHEDULES, _sent(SCHEDULES)).where(theirs).order_by(SCHEDULES.c.id).limit(limit)
        return self._tx.connection.execute(listed).all()

    def taken_times(self, schedule: str, wanted: Sequence[Wanted]) -> list[Span]:
        """
        When a schedule has slots already, from the first wanted to the last; nobody else adds any until this ends.

        Raises NotFound("schedule-not-found").
        """
        self._schedule(schedule)
        overlaps.take_turns(self._tx.connection, schedule)
        if not wanted:
            return []
        first, last = wanted[0].span.starts_at, max(one.span.ends_at for one in wanted)
        columns = (SLOTS.c.starts_at, SLOTS.c.ends_at)
        there = sa.select(*columns).where(*overlaps.touching(schedule, Span(first, last)))
        return [Span(*row) for row in self._tx.connection.execute(there)]

    def publish(self, schedule: str, wanted: Sequence[Wanted]) -> Mapping[str, Span]:
        """Open slots under a schedule; their ids. Who waits for such a time is offered it."""
        shared = {
            "organisation": self._organisation,
            "schedule": schedule,
            "visit_type": "",
            "kind": "",
            "status": "free",
            **as_scheduled(self._tx.connection, schedule, ""),
        }
        opened = {}
        for one in wanted:
            key = f"{OPENED_HERE}{uuid.uuid4()}"
            values = {"key": key, "starts_at": one.span.starts_at, "ends_at": one.span.ends_at}
            opened[slot_id(self._organisation, key)] = shared | values
        if opened:
            self._tx.connection.execute(sa.insert(SLOTS), [{"id": each, **row} for each, row in opened.items()])
            self._tx.offer_awaited(sa.and_(SLOTS.c.schedule == schedule, SLOTS.c.id.in_(opened)))
        return {each: Span(row["starts_at"], row["ends_at"]) for each, row in opened.items()}

    def slots(
        self, schedule: str, start: Cursor, until: datetime | None, limit: int
    ) -> Sequence[Row[Any]]:
        """Slots beyond a place in time, in order. Raises NotFound("schedule-not-found")."""
        if schedule:
            self._schedule(schedule)
        listed: sa.Select[Any] = sa.select(
            *(SLOTS.c[name] for name in ("id", "schedule", "starts_at", "ends_at")),
            (SLOTS.c.status == "free").label("free"),
            SLOTS.c.taken_by.is_not(None).label("taken"),
            _sent(SLOTS),
        ).where(
            SLOTS.c.organisation == self._organisation,
            overlaps.THERE,
            sa.tuple_(SLOTS.c.starts_at, SLOTS.c.id) > sa.tuple_(sa.literal(start.at), sa.literal(plausible(start.id))),
            SLOTS.c.starts_at < (until or FAR),
            *((SLOTS.c.schedule == schedule,) if schedule else ()),
        )
        return self._tx.connection.execute(listed.order_by(SLOTS.c.starts_at, SLOTS.c.id).limit(limit)).all()

    def withdraw(self, named: str) -> None:
        """
        Take a free slot back; what was offered of it is withdrawn.

        Raises NotFound("slot-not-found"); Conflict `kept-by-record-system`, `slot-past`, `slot-taken` when there is an
        appointment, `slot-held` while somebody confirms one.
        """
        this = sa.and_(SLOTS.c.id == plausible(named), SLOTS.c.organisation == self._organisation, overlaps.THERE)
        row = self._tx.connection.execute(sa.select(SLOTS).where(this).with_for_update()).one_or_none()
        if row is None:
            raise NotFound("slot-not-found")
        if not row.key.startswith(OPENED_HERE):
            raise Conflict("kept-by-record-system")
        if row.starts_at <= self._tx.now:
            raise Conflict("slot-past", FieldProblem("slot", "a slot to come"))
        if row.taken_by is not None:
            raise Conflict("slot-taken", FREE_ONE)
        if row.held_until is not None and row.held_until > self._tx.now:
            raise Conflict("slot-held", UNHELD)
        gone = {"status": "busy", "withdrawn_at": self._tx.now}
        self._tx.connection.execute(sa.update(SLOTS).where(SLOTS.c.id == row.id).values(gone))
        self._tx.withdraw_offers(OFFERS.c.slot == row.id)


def name_of_staff(organisation: str) -> str:
    """In whose name staff's commands are remembered, by their keys: nobody's who has an appointment."""
    return item_id(NOBODYS, organisation, "Staff")


def _sent(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.not_(table.c.key.startswith(OPENED_HERE, autoescape=True)).label("from_record_system")
