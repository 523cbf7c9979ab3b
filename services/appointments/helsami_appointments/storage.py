"""How slots and appointments are stored; the only module that knows a database session."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError

from helsami_appointments import schemas
from helsami_appointments.domain import BOOKED, Appointment, Opening, Schedule, Slot, Span
from helsami_appointments.models import APPOINTMENTS, SCHEDULES, SLOTS
from helsami_appointments.slots import overlaps
from helsami_appointments.slots.search import (
    FAR,
    NOBODYS,
    NOT_HELD,
    ONE_SLOT,
    SLOT,
    as_scheduled,
    filters_of,
    follow_schedule,
    free_times,
    slot_of,
)
from helsami_kernel import database
from helsami_kernel.database import UtcDateTime, insert_new
from helsami_kernel.errors import Conflict, NotFound
from helsami_kernel.items import SHARING_COLUMNS, Item, item_id, keep
from helsami_kernel.pages import Cursor
from helsami_kernel.sections import Section

SECTION: Final = Section(APPOINTMENTS, "appointments")
SHOWN: Final = (
    *(APPOINTMENTS.c[name] for name in ("id", "organisation", "occurred_at", *SHARING_COLUMNS)),
    sa.literal("").label("category"),
)
"""Of an appointment, what `Showing` asks about."""

CONFLICTS: Final = {
    "appointments_one_a_slot": "slot-taken",
    "appointments.slot": "slot-taken",  # SQLite names the column of a unique index
    "appointments_clinician_time": "slot-taken",
    "appointments_owner_time": "appointment-overlaps",
}


class Reads(database.Reads):
    """What is read for one citizen."""

    acts: str | None = None
    """Who asks on the citizen's behalf: what they hold is their own; None for the citizen."""

    def free_times(self, search: Mapping[str, Any], start: Cursor, limit: int, now: datetime) -> list[Slot]:
        """Free slots beyond a place in time, soonest first; `search` as in schemas.Search."""
        wanted = filters_of(search)
        more = {"until": search["until"] or FAR, "limit": limit, "holder": holder(self.owner, self.acts), "moment": now}
        rows = self.fetch(free_times(*wanted), from_at=start.at, from_id=start.id, **wanted, **more)
        return [slot_of(row) for row in rows]

    def one_slot(self, slot_id: str, now: datetime) -> tuple[Slot, datetime | None]:
        """A slot, and until when whoever asks holds it, if they do. Raises NotFound("slot-not-found")."""
        found = self.fetch(ONE_SLOT, slot=slot_id, holder=holder(self.owner, self.acts), moment=now)
        if not found:
            raise NotFound("slot-not-found")
        return slot_of(found[0]), found[0].own_until


class Writes(database.Writes):
    """One transaction, for one citizen or for nobody."""

    acts: str | None = None
    """Who acts on the citizen's behalf: what they hold is their own; None for the citizen."""

    is_unseen: Callable[[Row[Any]], bool] | None = None
    """Which of the citizen's appointments are not there for whoever asks; None for whoever is told of each."""

    def keep_schedule(self, organisation: str, schedule: Schedule) -> str:
        """Store a schedule, or find it `unchanged`."""
        values = {"organisation": organisation, "key": schedule.key, "active": schedule.active}
        under = schedule_id(organisation, schedule.key)
        outcome = self._keep(SCHEDULES, under, values | asdict(schedule.meeting))
        if outcome == "stored":
            follow_schedule(self.connection, under)
        return outcome

    def has_schedule(self, organisation: str, key: str) -> bool:
        """Whether the organisation's schedule of that key has come."""
        known = sa.select(SCHEDULES.c.id).where(SCHEDULES.c.id == schedule_id(organisation, key))
        return self.connection.execute(known).first() is not None

    def keep_slot(self, organisation: str, opening: Opening) -> str:
        """Store a slot of a known schedule, or find it `unchanged`; whoever has taken it here keeps it."""
        schedule = schedule_id(organisation, opening.schedule)
        values = {
            "organisation": organisation,
            "key": opening.key,
            "schedule": schedule,
            "visit_type": opening.visit_type,
            "kind": opening.kind,
            "starts_at": opening.span.starts_at,
            "ends_at": opening.span.ends_at,
            "status": "free" if opening.free else "busy",
            "withdrawn_at": None,
            **as_scheduled(self.connection, schedule, opening.visit_type),
        }
        return self._keep(SLOTS, _id("Slot", organisation, opening.key), values)

    def overlapping_slot(self, organisation: str, opening: Opening) -> str | None:
        """
        The id of another slot of an opening's schedule that overlaps it; None where there is none.

        Until this transaction ends, nobody else adds a slot to that schedule.
        """
        schedule, own = schedule_id(organisation, opening.schedule), _id("Slot", organisation, opening.key)
        return overlaps.overlapping(self.connection, schedule, opening.span, but=own)

    def slot(self, slot_id: str) -> Slot:
        """The slot of that id. Raises NotFound("slot-not-found")."""
        row = self.connection.execute(SLOT.where(SLOTS.c.id == slot_id), self._holder).one_or_none()
        if row is None:
            raise NotFound("slot-not-found")
        return slot_of(row)

    def named_slot(self, organisation: str, key: str | None) -> Slot | None:
        """The slot that its organisation calls by that key, if it has come."""
        if key is None:
            return None
        with contextlib.suppress(NotFound):
            return self.slot(_id("Slot", organisation, key))
        return None

    def book(self, appointment: Appointment) -> dict[str, Any]:
        """
        Store a booking made here and take its slot; returns what the citizen reads.

        Raises Conflict: `slot-taken` for the slot or its clinician, `appointment-overlaps` for the citizen's own time.
        """
        item = self._item(appointment, f"booking|{uuid.uuid4()}", None)
        item = replace(item, extra={**item.extra, "claim": item.id})
        self.take_turns(appointment.organisation, appointment.meeting.clinician)
        self.give_way(appointment.span)
        self._take_free(item.id, appointment.slot)
        with refused_by_constraint():
            keep(self, APPOINTMENTS, item)
        return item.finished

    def give_way(self, span: Span, but: str = "") -> None:
        """
        Let what is not there for whoever asks claim none of the citizen's time within a span; `but` is what they move.

        They get what they would get if it never had been. Its clinician's time and its slot stay its own, and what they
        take has the citizen's time from now on. What is there for them is in their way, whether it has a claim or not:
        it may have none only for what is not there. Raises Conflict("appointment-overlaps").
        """
        if self.is_unseen is None:
            return
        mine = sa.and_(
            APPOINTMENTS.c.owner == self._citizen,
            APPOINTMENTS.c.id != but,
            APPOINTMENTS.c.status == BOOKED,
            APPOINTMENTS.c.occurred_at < span.ends_at,
            APPOINTMENTS.c.ends_at > span.starts_at,
        )
        unseen = []
        for row in self.connection.execute(sa.select(*SHOWN).where(mine)):
            if not self.is_unseen(row):
                raise Conflict("appointment-overlaps")
            unseen.append(row.id)
        if unseen:
            claimed = sa.and_(APPOINTMENTS.c.id.in_(unseen), APPOINTMENTS.c.claim.is_not(None))
            these = sa.and_(APPOINTMENTS.c.owner == self._citizen, claimed)
            self.connection.execute(sa.update(APPOINTMENTS).where(these).values(gives_way=True))

    def claim_again(self, appointment_id: str) -> None:
        """Let an appointment that has another time claim that of its citizen; what it had given up was another."""
        this = sa.and_(APPOINTMENTS.c.owner == self._citizen, APPOINTMENTS.c.id == appointment_id)
        gave_way = sa.and_(this, APPOINTMENTS.c.gives_way)
        self.connection.execute(sa.update(APPOINTMENTS).where(gave_way).values(gives_way=False))

    @property
    def _citizen(self) -> str:
        if self.owner is None:
            raise ValueError("an appointment of nobody")
        return self.owner

    def _keep(self, table: sa.Table, row_id: str, values: Mapping[str, Any]) -> str:
        if self.connection.execute(insert_new(self.connection, table, {"id": row_id, **values})).rowcount:
            return "stored"
        differs = sa.or_(*(table.c[name].is_distinct_from(value) for name, value in values.items()))
        changed = self.connection.execute(sa.update(table).where(table.c.id == row_id, differs).values(**values))
        return "stored" if changed.rowcount else "unchanged"

    def _item(self, appointment: Appointment, key: str, record_key: str | None, told: str | None = None) -> Item:
        return Item(
            owner=self._citizen,
            organisation=appointment.organisation,
            key=key,
            occurred_at=appointment.span.starts_at,
            kind="appointment",
            body=schemas.body(appointment),
            setting=appointment.setting,
            visit_type=appointment.meeting.visit_type,
            access_limit=appointment.access_limit,
            extra={
                "ends_at": appointment.span.ends_at,
                "status": appointment.status,
                "slot": appointment.slot,
                "clinician": appointment.meeting.clinician,
                "record_key": record_key,
                "claim": None,
                "told": told,
                "tell": appointment.tell,
                "remind": appointment.remind,
                "flags": None if appointment.flags is None else " ".join(sorted(appointment.flags)),
            },
        )

    def take_turns(self, organisation: str, *clinicians: str) -> None:
        """
        Let the bookings of one clinician, and of one citizen, follow each other.

        The constraints alone let one of many in, but those that wait for each other inside them end in a deadlock after
        a second. Clinicians come in one order, and before the citizen. SQLite has one writer anyway.
        """
        if self.connection.dialect.name != "postgresql":
            return
        turns = [f"{organisation}|{clinician}" for clinician in sorted({*clinicians} - {""})]
        for turn in (*turns, self._citizen):
            self.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(turn, 0))))

    def _hold(self, appointment_id: str, slot: str | None) -> None:
        """Let an appointment hold this slot and no other, unless another has it."""
        others = sa.and_(SLOTS.c.taken_by == appointment_id, SLOTS.c.id.is_distinct_from(slot))
        self.connection.execute(sa.update(SLOTS).where(others).values(taken_by=None))
        if slot is not None:
            self._take(appointment_id, slot)

    def hold(self, slot: Slot, until: datetime) -> datetime:
        """
        Hold a free slot for whoever acts and no other of theirs; returns until when, which is earlier if it was held.

        Raises Conflict("slot-taken").
        """
        self.take_turns(slot.organisation)
        mine = sa.and_(SLOTS.c.held_by == self._holder["holder"], SLOTS.c.held_until > self.now)
        others = sa.and_(mine, SLOTS.c.id != slot.id)
        self.connection.execute(sa.update(SLOTS).where(others).values(held_by=None, held_until=None))
        held_until = sa.case((mine, SLOTS.c.held_until), else_=sa.literal(until, UtcDateTime))
        this = sa.and_(SLOTS.c.id == slot.id, SLOTS.c.taken_by.is_(None), SLOTS.c.status == "free", NOT_HELD)
        held = sa.update(SLOTS).where(this).values(held_by=self._holder["holder"], held_until=held_until)
        if not self.connection.execute(held, self._holder).rowcount:
            raise Conflict("slot-taken")
        known = sa.select(SLOTS.c.held_until).where(SLOTS.c.id == slot.id)
        found: datetime = self.connection.execute(known).scalar_one()
        return found

    def let_go(self, slot_id: str) -> datetime:
        """End a hold of whoever acts now; returns until when it was. Raises NotFound("hold-not-found")."""
        mine = sa.and_(SLOTS.c.id == slot_id, SLOTS.c.held_by == self._holder["holder"], SLOTS.c.held_until > self.now)
        held = self.connection.execute(sa.select(SLOTS.c.held_until).where(mine).with_for_update()).scalar()
        if held is None:
            raise NotFound("hold-not-found")
        self.connection.execute(sa.update(SLOTS).where(mine).values(held_by=None, held_until=None))
        until: datetime = held
        return until

    def release(self, slot_id: str) -> None:
        """Forget a hold that is over."""
        over = sa.and_(SLOTS.c.id == slot_id, SLOTS.c.held_until <= self.now)
        self.connection.execute(sa.update(SLOTS).where(over).values(held_by=None, held_until=None))

    @property
    def _holder(self) -> dict[str, Any]:
        return {"holder": holder(self.owner, self.acts), "moment": self.now}

    def _take_free(self, appointment_id: str, slot: str | None) -> None:
        """Take a slot that its organisation offers and nobody else holds. Raises Conflict("slot-taken")."""
        if not self._take(appointment_id, slot, SLOTS.c.status == "free", NOT_HELD):
            raise Conflict("slot-taken")

    def _take(self, appointment_id: str, slot: str | None, *only: sa.ColumnElement[bool]) -> bool:
        """Take a slot that nobody has taken; of two at once the second waits, and finds it taken."""
        free = sa.update(SLOTS).where(SLOTS.c.id == slot, SLOTS.c.taken_by.is_(None), *only)
        taken = free.values(taken_by=appointment_id, held_by=None, held_until=None)
        return bool(self.connection.execute(taken, self._holder).rowcount)


def holder(owner: str | None, acts: str | None = None) -> str:
    """Under what name a citizen, or who acts for them, holds slots: theirs alone, and none that anybody could read."""
    if owner is None:
        return ""
    return item_id(owner, NOBODYS, "holder" if acts is None else f"holder|{acts}")


def schedule_id(organisation: str, key: str) -> str:
    """The id of the schedule that an organisation calls by this key."""
    return _id("Schedule", organisation, key)


def slot_id(organisation: str, key: str) -> str:
    """The id of the slot that an organisation calls by this key."""
    return _id("Slot", organisation, key)


def _id(kind: str, organisation: str, key: str) -> str:
    return item_id(NOBODYS, organisation, f"{kind}|{key}")




@contextlib.contextmanager
def refused_by_constraint() -> Iterator[None]:
    """Turn the constraints that hold off double bookings into refusals; what they say of the other row stays here."""
    try:
        yield
    except IntegrityError as error:
        broken = _constraint(error)
        code = next((code for name, code in CONFLICTS.items() if name in broken), None)
        if code is None:
            raise
        raise Conflict(code) from None


def _constraint(error: IntegrityError) -> str:
    diagnosis = getattr(error.orig, "diag", None)
    return str(error.orig if diagnosis is None else diagnosis.constraint_name)
