"""How the waitlist is stored, and how it follows whatever becomes of slots and appointments."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_appointments.domain import HOLDING, TO_COME, Appointment, Known, Meeting, Opening, Schedule, Slot, Span
from helsami_appointments.models import APPOINTMENTS, OFFERS, SCHEDULES, SLOTS, WAITING
from helsami_appointments.requests import storage as requests
from helsami_appointments.storage import SHOWN, schedule_id
from helsami_appointments.waitlist import offering
from helsami_appointments.waitlist.domain import Facts, OfferState
from helsami_appointments.waitlist.offering import MOST_LISTED, facts_in, facts_of
from helsami_kernel.access import MOST_HIDDEN
from helsami_kernel.database import insert_new
from helsami_kernel.errors import NotFound
from helsami_kernel.items import item_id
from helsami_kernel.journal import STORED

MOST_READ: Final = MOST_LISTED + MOST_HIDDEN
"""What a reader is not shown takes no place of what they are."""

END_WAIT: Final = "end_wait"
OFFERED: Final = tuple(OFFERS.c[name].label(f"offer_{name}") for name in ("id", "state", "offered_at", "expires_at"))
SLOT_OFFERED: Final = (
    SLOTS.c.id.label("slot_id"),
    SLOTS.c.starts_at.label("slot_starts_at"),
    SLOTS.c.ends_at.label("slot_ends_at"),
    sa.func.coalesce(sa.func.nullif(SLOTS.c.visit_type, ""), SCHEDULES.c.visit_type).label("slot_visit_type"),
    sa.func.coalesce(sa.func.nullif(SLOTS.c.kind, ""), SCHEDULES.c.kind).label("slot_kind"),
    *(SCHEDULES.c[name].label(f"slot_{name}") for name in ("unit", "place", "clinician", "clinician_name")),
)
OWN_OFFERS: Final = (
    sa.select(*SHOWN, *OFFERED, *SLOT_OFFERED)
    .join_from(OFFERS, APPOINTMENTS, OFFERS.c.appointment == APPOINTMENTS.c.id)
    .join(SLOTS, OFFERS.c.slot == SLOTS.c.id)
    .join(SCHEDULES, SLOTS.c.schedule == SCHEDULES.c.id)
    .where(OFFERS.c.owner == sa.bindparam("owner"), APPOINTMENTS.c.owner == sa.bindparam("owner"))
    .order_by(OFFERS.c.offered_at.desc(), OFFERS.c.id)
    .limit(MOST_READ)
)
OWN_WAITING: Final = (
    sa.select(*SHOWN, WAITING.c.joined_at)
    .join_from(WAITING, APPOINTMENTS, WAITING.c.appointment == APPOINTMENTS.c.id)
    .where(WAITING.c.owner == sa.bindparam("owner"), APPOINTMENTS.c.owner == sa.bindparam("owner"))
    .order_by(WAITING.c.joined_at, WAITING.c.id)
    .limit(MOST_READ)
)


class Reads(requests.Reads):
    """What is read for one citizen, of the waitlist as well."""

    def waiting(self) -> Sequence[Row[Any]]:
        """The citizen's entries, first come first, with what `Showing` asks rules about."""
        return self.fetch(OWN_WAITING)

    def offers(self) -> Sequence[Row[Any]]:
        """The citizen's offers, newest first, with the appointment's and the slot's columns."""
        return self.fetch(OWN_OFFERS)


class Writes(offering.Writes):
    """
    One transaction, which the waitlist follows: what it frees is offered on, and what it changes is withdrawn.

    Locks come in one order, so that none waits for another in a circle: clinicians, the citizen, slots, who waits, and
    offers by their ids.
    """

    # What others do to slots and appointments

    def book(self, appointment: Appointment) -> dict[str, Any]:
        """Take a slot as before; whoever was offered it comes too late."""
        taken = super().book(appointment)
        self._follow(taken["id"], appointment)
        return taken

    def keep_slot(self, organisation: str, opening: Opening) -> str:
        """Store a slot as before; one that is free now is offered, and one that has changed is offered no longer."""
        outcome = super().keep_slot(organisation, opening)
        if outcome == "stored" and (slot := self.named_slot(organisation, opening.key)) is not None:
            self._end(self._open(OFFERS.c.slot == slot.id), OfferState.WITHDRAWN, go_on=False)
            self.offer_freed(slot)
        return outcome

    def receive(self, appointment: Appointment, record_key: str) -> str:
        """Store what a record system sends as before; what was stored is followed, with all that its slot says."""
        outcome = super().receive(appointment, record_key)
        if outcome == STORED:
            self._follow(self.received[-1].id, self.received[-1].after)
        return outcome

    def withdraw(self, organisation: str, record_key: str) -> str:
        """Remove what was entered in error as before."""
        kept = self._kept_as(organisation, record_key)
        outcome = super().withdraw(organisation, record_key)
        if kept is not None:
            self._follow(item_id(self._citizen, organisation, kept.key), None)
        return outcome

    def _decide(self, known: Known, appointment: Appointment) -> dict[str, Any]:
        shown = super()._decide(known, appointment)
        self._follow(known.id, appointment)
        return shown

    def _hold(self, appointment_id: str, slot: str | None) -> None:
        held = sa.select(SLOTS.c.id).where(SLOTS.c.taken_by == appointment_id, SLOTS.c.id.is_distinct_from(slot))
        freed = self.connection.execute(held).scalars().all()
        super()._hold(appointment_id, slot)
        for each in freed:
            self.offer_freed(self.slot(each))

    def keep_schedule(self, organisation: str, schedule: Schedule) -> str:
        """Store a schedule as before; what was offered under it is offered as it is now, or no longer."""
        outcome = super().keep_schedule(organisation, schedule)
        if outcome == "stored":
            under = schedule_id(organisation, schedule.key)
            slots = sa.select(SLOTS.c.id).where(SLOTS.c.schedule == under)
            self.withdraw_offers(OFFERS.c.slot.in_(slots))
            self.offer_awaited(SLOTS.c.schedule == under)
        return outcome

    def let_go(self, slot_id: str) -> datetime:
        """End a hold early, as before; the time is offered to those who wait."""
        until = super().let_go(slot_id)
        self.offer_freed(self.slot(slot_id))
        return until

    def release(self, slot_id: str) -> None:
        """End a hold as before; while it lasted, the time could be offered to nobody who waits."""
        super().release(slot_id)
        self.offer_freed(self.slot(slot_id))

    def _follow(self, appointment_id: str, appointment: Appointment | None) -> None:
        """End the offers that an appointment's new state makes void (K15, K17); None when it is gone."""
        entry = None if appointment_id in self.first else self._entry_of(appointment_id)
        facts = None if appointment is None else self._facts_to_wait_with(appointment)
        changed = entry is not None and facts_in(entry) != facts
        slot = appointment.slot if appointment is not None and appointment.status in HOLDING else None
        if slot is None and appointment_id in self.first:
            return
        mine = OFFERS.c.appointment == appointment_id
        ended = self._open(sa.or_(OFFERS.c.slot == slot, sa.and_(mine, sa.literal(changed))))
        lost = [row for row in ended if row.appointment != appointment_id]
        self._end(lost, OfferState.TOO_LATE)
        self._end([row for row in ended if row.appointment == appointment_id], OfferState.WITHDRAWN)
        if entry is None or not changed:
            return
        if facts is None:
            self.connection.execute(sa.delete(WAITING).where(WAITING.c.id == entry.id))
            return
        self.connection.execute(sa.update(WAITING).where(WAITING.c.id == entry.id).values(**_columns(facts)))
        self._promise_end(appointment_id, facts.starts_at)

    # Waiting

    def join(self, known: Known, age_band: str, *, digital: bool = True, priority: str = "") -> datetime:
        """Let somebody wait for something earlier than an appointment; since when, also where they did before."""
        facts = facts_of(known.appointment.meeting, known.appointment.span.starts_at)
        values = {
            "id": str(uuid.uuid4()),
            "owner": self.owner,
            "organisation": known.appointment.organisation,
            "appointment": known.id,
            "joined_at": self.now,
            "age_band": age_band,
            "digital": digital,
            "priority": priority,
            **_columns(facts),
        }
        if self.connection.execute(insert_new(self.connection, WAITING, values)).rowcount:
            self._promise_end(known.id, facts.starts_at)
        entry = self._entry_of(known.id)
        return self.now if entry is None else entry.joined_at

    def leave(self, appointment_id: str) -> None:
        """Wait no longer; what was offered is withdrawn. Raises NotFound("not-waiting")."""
        entry = self._entry_of(appointment_id)
        if entry is None:
            raise NotFound("not-waiting")
        self._end(self._open(OFFERS.c.appointment == appointment_id), OfferState.WITHDRAWN)
        self.connection.execute(sa.delete(WAITING).where(WAITING.c.id == entry.id))

    def stop_waiting(self) -> None:
        """Let the citizen wait for nothing any longer; what they were offered is withdrawn, and goes to the next."""
        mine = sa.select(WAITING.c.id).where(WAITING.c.owner == self.owner).order_by(WAITING.c.id).with_for_update()
        entries = self.connection.execute(mine).scalars().all()
        self._end(self._open(OFFERS.c.owner == self.owner), OfferState.WITHDRAWN)
        self.connection.execute(sa.delete(WAITING).where(WAITING.c.id.in_(entries)))

    def forget_begun(self, appointment_id: str) -> None:
        """Let nobody wait for something earlier than what has begun."""
        begun = sa.and_(WAITING.c.appointment == appointment_id, WAITING.c.starts_at <= self.now)
        self.connection.execute(sa.delete(WAITING).where(begun))

    def _promise_end(self, appointment_id: str, starts_at: datetime) -> None:
        key = f"{appointment_id} {starts_at.isoformat()}"
        self.promise(END_WAIT, starts_at, {"appointment": appointment_id}, key)

    def _facts_to_wait_with(self, appointment: Appointment) -> Facts | None:
        if appointment.status not in TO_COME or appointment.span.starts_at <= self.now:
            return None
        return facts_of(appointment.meeting, appointment.span.starts_at)


def slot_of(row: Row[Any]) -> Slot:
    """The slot of a row of OWN_OFFERS; whether it is free is not asked."""
    names = (row.slot_clinician, row.slot_clinician_name)
    meeting = Meeting(row.slot_visit_type, row.slot_kind, row.slot_unit, row.slot_place, *names)
    span = Span(row.slot_starts_at, row.slot_ends_at)
    return Slot(row.slot_id, row.organisation, meeting, span, free=False)


def _columns(facts: Facts) -> Mapping[str, Any]:
    return {name: getattr(facts, name) for name in Facts.__slots__}
