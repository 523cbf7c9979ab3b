"""How slots and appointments are stored; the only module that knows a database session."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError

from helsami_appointments import schemas
from helsami_appointments.domain import Appointment, Meeting, Opening, Schedule, Slot, Span
from helsami_appointments.models import APPOINTMENTS, SCHEDULES, SLOTS
from helsami_appointments.slots import overlaps
from helsami_kernel import database
from helsami_kernel.database import UtcDateTime, insert_new
from helsami_kernel.errors import Conflict, NotFound
from helsami_kernel.items import Item, item_id, keep
from helsami_kernel.pages import Cursor
from helsami_kernel.sections import Section

SECTION: Final = Section(APPOINTMENTS, "appointments")
FAR: Final = datetime(9999, 12, 31, tzinfo=UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NOBODYS: Final = ""
CONFLICTS: Final = {
    "appointments_one_a_slot": "slot-taken",
    "appointments.slot": "slot-taken",  # SQLite names the column of a unique index
    "appointments_clinician_time": "slot-taken",
    "appointments_owner_time": "appointment-overlaps",
}

NOT_HELD: Final = sa.or_(
    SLOTS.c.held_until.is_(None),
    SLOTS.c.held_until <= sa.bindparam("moment", EPOCH, type_=UtcDateTime),
    SLOTS.c.held_by == sa.bindparam("holder", "", type_=sa.String),
)
"""Held by nobody but the holder, at a moment; for whoever says neither, what was ever held is not free."""

FREE: Final = sa.and_(SLOTS.c.status == "free", SLOTS.c.taken_by.is_(None), NOT_HELD, SCHEDULES.c.active)
SLOT: Final = sa.select(
    SLOTS.c.id,
    SLOTS.c.organisation,
    SLOTS.c.starts_at,
    SLOTS.c.ends_at,
    FREE.label("free"),
    sa.func.coalesce(sa.func.nullif(SLOTS.c.visit_type, ""), SCHEDULES.c.visit_type).label("visit_type"),
    sa.func.coalesce(sa.func.nullif(SLOTS.c.kind, ""), SCHEDULES.c.kind).label("kind"),
    SCHEDULES.c.unit,
    SCHEDULES.c.place,
    SCHEDULES.c.clinician,
    SCHEDULES.c.clinician_name,
).join_from(SLOTS, SCHEDULES, SLOTS.c.schedule == SCHEDULES.c.id)


def _is_or_any(column: sa.ColumnElement[str], name: str) -> sa.ColumnElement[bool]:
    wanted = sa.bindparam(name, type_=sa.String)
    return sa.or_(wanted == "", column == wanted)


FREE_TIMES: Final = (
    SLOT.where(
        FREE,
        sa.tuple_(SLOTS.c.starts_at, SLOTS.c.id)
        > sa.tuple_(sa.bindparam("from_at", type_=UtcDateTime), sa.bindparam("from_id", type_=sa.String)),
        SLOTS.c.starts_at < sa.bindparam("until", type_=UtcDateTime),
        _is_or_any(SLOTS.c.organisation, "organisation"),
        _is_or_any(SCHEDULES.c.unit, "unit"),
        _is_or_any(sa.func.coalesce(sa.func.nullif(SLOTS.c.visit_type, ""), SCHEDULES.c.visit_type), "visit_type"),
    )
    .order_by(SLOTS.c.starts_at, SLOTS.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
class Reads(database.Reads):
    """What is read for one citizen."""

    def free_times(self, search: Mapping[str, Any], start: Cursor, limit: int, now: datetime) -> list[Slot]:
        """Free slots beyond a place in time, soonest first; `search` as in schemas.Search."""
        wanted = {name: search[name] for name in ("organisation", "unit", "visit_type")}
        wanted |= {"until": search["until"] or FAR, "limit": limit, "holder": holder(self.owner), "moment": now}
        rows = self.fetch(FREE_TIMES, from_at=start.at, from_id=start.id, **wanted)
        return [_slot(row) for row in rows]


class Writes(database.Writes):
    """One transaction, for one citizen or for nobody."""

    def keep_schedule(self, organisation: str, schedule: Schedule) -> str:
        """Store a schedule, or find it `unchanged`."""
        values = {"organisation": organisation, "key": schedule.key, "active": schedule.active}
        return self._keep(SCHEDULES, _id("Schedule", organisation, schedule.key), values | asdict(schedule.meeting))

    def has_schedule(self, organisation: str, key: str) -> bool:
        """Whether the organisation's schedule of that key has come."""
        known = sa.select(SCHEDULES.c.id).where(SCHEDULES.c.id == _id("Schedule", organisation, key))
        return self.connection.execute(known).first() is not None

    def keep_slot(self, organisation: str, opening: Opening) -> str:
        """Store a slot of a known schedule, or find it `unchanged`; whoever has taken it here keeps it."""
        values = {
            "organisation": organisation,
            "key": opening.key,
            "schedule": _id("Schedule", organisation, opening.schedule),
            "visit_type": opening.visit_type,
            "kind": opening.kind,
            "starts_at": opening.span.starts_at,
            "ends_at": opening.span.ends_at,
            "status": "free" if opening.free else "busy",
            "withdrawn_at": None,
        }
        return self._keep(SLOTS, _id("Slot", organisation, opening.key), values)

    def overlapping_slot(self, organisation: str, opening: Opening) -> str | None:
        """
        The id of another slot of an opening's schedule that overlaps it; None where there is none.

        Until this transaction ends, nobody else adds a slot to that schedule.
        """
        schedule, own = _id("Schedule", organisation, opening.schedule), _id("Slot", organisation, opening.key)
        return overlaps.overlapping(self.connection, schedule, opening.span, but=own)

    def slot(self, slot_id: str) -> Slot:
        """The slot of that id. Raises NotFound("slot-not-found")."""
        row = self.connection.execute(SLOT.where(SLOTS.c.id == slot_id), self._holder).one_or_none()
        if row is None:
            raise NotFound("slot-not-found")
        return _slot(row)

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
        self._take_free(item.id, appointment.slot)
        with refused_by_constraint():
            keep(self, APPOINTMENTS, item)
        return item.finished

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
        Hold a free slot for the citizen and no other of theirs; returns until when, which is earlier if it was held.

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

    def release(self, slot_id: str) -> None:
        """Forget a hold of the citizen's that is over."""
        mine = sa.and_(SLOTS.c.id == slot_id, SLOTS.c.held_by == self._holder["holder"])
        over = sa.and_(mine, SLOTS.c.held_until <= self.now)
        self.connection.execute(sa.update(SLOTS).where(over).values(held_by=None, held_until=None))

    @property
    def _holder(self) -> dict[str, Any]:
        return {"holder": holder(self.owner), "moment": self.now}

    def _take_free(self, appointment_id: str, slot: str | None) -> None:
        """Take a slot that its organisation offers and nobody else holds. Raises Conflict("slot-taken")."""
        if not self._take(appointment_id, slot, SLOTS.c.status == "free", NOT_HELD):
            raise Conflict("slot-taken")

    def _take(self, appointment_id: str, slot: str | None, *only: sa.ColumnElement[bool]) -> bool:
        """Take a slot that nobody has taken; of two at once the second waits, and finds it taken."""
        free = sa.update(SLOTS).where(SLOTS.c.id == slot, SLOTS.c.taken_by.is_(None), *only)
        taken = free.values(taken_by=appointment_id, held_by=None, held_until=None)
        return bool(self.connection.execute(taken, self._holder).rowcount)


def holder(owner: str | None) -> str:
    """Under what name a citizen holds slots: theirs alone, and none that anybody could read."""
    return "" if owner is None else item_id(owner, NOBODYS, "holder")


def _id(kind: str, organisation: str, key: str) -> str:
    return item_id(NOBODYS, organisation, f"{kind}|{key}")


def _slot(row: Row[Any]) -> Slot:
    meeting = Meeting(row.visit_type, row.kind, row.unit, row.place, row.clinician, row.clinician_name)
    return Slot(row.id, row.organisation, meeting, Span(row.starts_at, row.ends_at), free=bool(row.free))


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
