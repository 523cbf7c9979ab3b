"""How what record systems send is stored: an appointment once, whoever has told of it first."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_appointments import booked, schemas
from helsami_appointments.booked import known_of
from helsami_appointments.domain import BOOKED, HOLDING, TO_COME, Appointment, Known, Opening, Schedule, Slot, Span
from helsami_appointments.models import APPOINTMENTS, LEFT_SLOTS, RETRACTED
from helsami_appointments.receiving.domain import LATE, Received, is_outdated
from helsami_appointments.storage import refused_by_constraint
from helsami_appointments.video.models import VIDEOS
from helsami_kernel import fhir
from helsami_kernel.database import UtcDateTime, fingerprint, insert_new
from helsami_kernel.errors import Conflict, NotFound
from helsami_kernel.items import item_id, keep, withdraw
from helsami_kernel.journal import STORED, UNCHANGED, Entry

RECORD_SYSTEM: Final = "record-system"
"""The one claimant for all that record systems send: they may overlap each other, since they tell what is so."""

NAMED: Final = sa.bindparam("slot", type_=sa.String)
STARTING: Final = sa.bindparam("starts_at", type_=UtcDateTime)


def _names(slot: sa.Column[Any], starts_at: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Whether a word of a record system is about a slot; Helsenorge's profile names none, and is known by its time."""
    return sa.or_(slot == NAMED, sa.and_(NAMED.is_(None), starts_at == STARTING))


LEFT: Final = (
    sa.select(LEFT_SLOTS.c.appointment)
    .where(
        LEFT_SLOTS.c.owner == sa.bindparam("owner"),
        LEFT_SLOTS.c.appointment == APPOINTMENTS.c.id,
        LEFT_SLOTS.c.left_at > sa.bindparam("recently", type_=UtcDateTime),
        _names(LEFT_SLOTS.c.slot, LEFT_SLOTS.c.starts_at),
    )
    .exists()
)
HELD: Final = sa.and_(APPOINTMENTS.c.status == BOOKED, _names(APPOINTMENTS.c.slot, APPOINTMENTS.c.occurred_at))
UNCONFIRMED: Final = sa.and_(APPOINTMENTS.c.record_key.is_(None), sa.or_(HELD, LEFT))
KEPT_AS: Final[sa.Select[Any]] = (
    sa.select(
        *booked.ONE.selected_columns,
        APPOINTMENTS.c.told_at,
        (APPOINTMENTS.c.claim == APPOINTMENTS.c.id).label("decided_here"),
        LEFT.label("has_left"),
        sa.func.coalesce(VIDEOS.c.decided, sa.false()).label("decided_video"),
    )
    .join_from(APPOINTMENTS, VIDEOS, VIDEOS.c.appointment == APPOINTMENTS.c.id, isouter=True)
    .where(
        APPOINTMENTS.c.owner == sa.bindparam("owner"),
        APPOINTMENTS.c.organisation == sa.bindparam("organisation"),
        sa.or_(APPOINTMENTS.c.record_key == sa.bindparam("record_key"), UNCONFIRMED),
    )
    .order_by(APPOINTMENTS.c.record_key.is_(None), LEFT)
    .limit(1)
)


class Writes(booked.Writes):
    """One transaction, in which something may also come from a record system."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.received: list[Received] = []
        """What record systems have changed in this transaction, for whoever decides what citizens are told of."""
        self.named: dict[str, str] = {}
        """The other id by which others know what was booked here, where its record system has just given it one."""
        self.first: set[str] = set()
        """What the last word has stored for the first time: nothing else is known of it that were to be looked for."""

    def keep(
        self, organisation: str, read: Sequence[tuple[Entry, Schedule | Opening | Appointment | None]]
    ) -> list[str]:
        """Keep what was read of a delivery, or find it `unchanged`; None takes an appointment back."""
        return [self._received(organisation, entry, told) for entry, told in read]

    def _received(self, organisation: str, entry: Entry, told: Schedule | Opening | Appointment | None) -> str:
        match told:
            case Schedule():
                return self.keep_schedule(organisation, told)
            case Opening():
                return self.keep_slot(organisation, told)
            case Appointment():
                return self.receive(told, entry.key)
        return self._retract(organisation, entry.key, fhir.moment(entry.resource, "meta.lastUpdated"))

    def receive(self, appointment: Appointment, record_key: str) -> str:
        """
        Store an appointment as its record system tells it, or find it `unchanged`.

        One that names the slot of a booking made here, or that begins with it, is that booking's confirmation, and
        keeps its id. What overlaps a booking made here is stored all the same, without a claim on the time: the citizen
        must see both. What was moved or cancelled here stays so, until its record system tells something else than it
        has told before; what was decided of video here also then, as long as it says nothing of the setting. Of two
        words of a record system the later one counts, whichever comes first.
        """
        self.first.clear()
        self.take_turns(appointment.organisation)
        row = self._kept_as(appointment.organisation, record_key, appointment)
        told = fingerprint([schemas.body(appointment), appointment.slot])
        if row is None:
            return self._receive_new(appointment, record_key, told)
        if is_outdated(appointment.told_at, row.told_at):
            return UNCHANGED
        if row.record_key is None:
            self.named[row.id] = self._id_of(appointment.organisation, record_key)
        if (row.decided_here or row.decided_video) and (row.told == told or _is_late(row, appointment)):
            self._confirm(row.id, record_key, told, appointment.told_at)
            return self._limit(row, appointment.access_limit)
        known = known_of(row)
        if row.decided_video and not appointment.setting:
            appointment = replace(appointment, setting=known.appointment.setting)
        return self._store(known, self._at_slot_of(known, appointment), record_key, told)

    def _receive_new(self, appointment: Appointment, record_key: str, told: str) -> str:
        gone = self._gone(appointment.organisation, record_key)
        if gone is not None and is_outdated(appointment.told_at, gone.told_at):
            return UNCHANGED
        outcome = self._store(None, appointment, record_key, told)
        if gone is not None:
            again = sa.update(APPOINTMENTS).where(APPOINTMENTS.c.owner == self.owner, APPOINTMENTS.c.id == gone.id)
            self.connection.execute(again.values(sequence=gone.sequence + 1))
            self._forget_retraction(appointment.organisation, record_key)
        return outcome

    def _store(self, known: Known | None, appointment: Appointment, record_key: str, told: str) -> str:
        item = self._item(appointment, _own_key(record_key) if known is None else known.key, record_key, told)
        slot = appointment.slot if appointment.status in HOLDING else None
        if known or slot:  # a new one holds nothing that it would have to let go
            self._hold(item.id, slot)
        claiming = replace(item, extra={**item.extra, "claim": RECORD_SYSTEM})
        try:
            with self.connection.begin_nested(), refused_by_constraint():
                outcome = keep(self, APPOINTMENTS, claiming)
                if known is not None and known.appointment.span != appointment.span:
                    self.claim_again(known.id)
        except Conflict:
            outcome = keep(self, APPOINTMENTS, item)
        self._told_at(item.id, appointment.told_at)
        if outcome == STORED:
            self.note_received(Received(item.id, None if known is None else known.appointment, appointment))
        return outcome

    def note_received(self, received: Received) -> None:
        """Remember what a record system has changed."""
        self.received.append(received)
        if received.before is None:
            self.first.add(received.id)

    def is_first(self, organisation: str, record_key: str) -> bool:
        """Whether the last word has stored what a record system calls so for the first time."""
        return self._id_of(organisation, record_key) in self.first

    def withdraw(self, organisation: str, record_key: str) -> str:
        """Remove an appointment that was entered in error, and free its slot; `unchanged` when it is not there."""
        row = self._kept_as(organisation, record_key)
        if row is None:
            return UNCHANGED
        self._hold(row.id, None)
        outcome = withdraw(self, APPOINTMENTS, organisation, row.key)
        self.note_received(Received(row.id, known_of(row).appointment, None))
        return outcome

    def _retract(self, organisation: str, record_key: str, told_at: datetime | None) -> str:
        """Withdraw an appointment, and remember it: an older word of it that comes later does not bring it back."""
        self.take_turns(organisation)
        row = self._kept_as(organisation, record_key)
        gone = self._gone(organisation, record_key)
        known = row or gone
        if known is not None and is_outdated(told_at, known.told_at):
            return UNCHANGED
        outcome = self.withdraw(organisation, record_key)
        self._forget_retraction(organisation, record_key)
        this = {"id": self._id_of(organisation, record_key), "owner": self.owner, "told_at": told_at}
        self.connection.execute(sa.insert(RETRACTED).values(**this, sequence=known.sequence if known else 0))
        return outcome

    def booked_here(self, organisation: str, record_keys: Sequence[str]) -> dict[str, str]:
        """The ids of what was booked here, by which record systems call so, each with that by which others know it."""
        mine = sa.and_(APPOINTMENTS.c.owner == self.owner, APPOINTMENTS.c.organisation == organisation)
        these = sa.select(APPOINTMENTS.c.id, APPOINTMENTS.c.record_key).where(
            mine, APPOINTMENTS.c.record_key.in_(record_keys)
        )
        found = {row.id: self._id_of(organisation, row.record_key) for row in self.connection.execute(these)}
        return {its: other for its, other in found.items() if its != other}

    def next_sequence(self, received: Received) -> int:
        """The number of the next event about an appointment; of a new one, its first."""
        mine = sa.and_(APPOINTMENTS.c.owner == self.owner, APPOINTMENTS.c.id == received.id)
        if received.before is not None and received.after is not None:
            self.connection.execute(sa.update(APPOINTMENTS).where(mine).values(sequence=APPOINTMENTS.c.sequence + 1))
        if received.after is None:
            mine = sa.and_(RETRACTED.c.owner == self.owner, RETRACTED.c.id == received.id)
            self.connection.execute(sa.update(RETRACTED).where(mine).values(sequence=RETRACTED.c.sequence + 1))
        table = APPOINTMENTS if received.after is not None else RETRACTED
        found = self.connection.execute(sa.select(table.c.sequence).where(mine)).scalar()
        return int(found or 1)

    # What was decided here

    def move(self, known: Known, slot: Slot) -> tuple[dict[str, Any], int]:
        """Move an appointment as before; its record system may not have heard of its old slot yet."""
        moved = super().move(known, slot)
        self._leave(known)
        return moved

    def cancel(self, known: Known) -> tuple[dict[str, Any], int]:
        """Cancel an appointment as before; its record system may not have heard of it yet."""
        cancelled = super().cancel(known)
        self._leave(known)
        return cancelled

    def _leave(self, known: Known) -> None:
        mine = LEFT_SLOTS.c.owner == self.owner
        self.connection.execute(sa.delete(LEFT_SLOTS).where(mine, LEFT_SLOTS.c.left_at <= self.now - LATE))
        if known.appointment.slot is None:
            return
        this = {"appointment": known.id, "slot": known.appointment.slot, "owner": self.owner}
        values = {"starts_at": known.appointment.span.starts_at, "left_at": self.now}
        if not self.connection.execute(insert_new(self.connection, LEFT_SLOTS, {**this, **values})).rowcount:
            again = sa.and_(mine, *(LEFT_SLOTS.c[name] == this[name] for name in ("appointment", "slot")))
            self.connection.execute(sa.update(LEFT_SLOTS).where(again).values(**values))

    def _confirm(self, appointment_id: str, record_key: str, told: str, told_at: datetime | None) -> None:
        """Remember what a record system calls what was decided here, and what it has told of it."""
        mine = sa.and_(APPOINTMENTS.c.owner == self.owner, APPOINTMENTS.c.id == appointment_id)
        self.connection.execute(sa.update(APPOINTMENTS).where(mine).values(record_key=record_key, told=told))
        self._told_at(appointment_id, told_at)

    def _limit(self, row: Row[Any], limit: str) -> str:
        """Hide what was decided here from whom its record system says by now: that is no word about the time of it."""
        known = known_of(row)
        if known.access_limit == limit:
            return UNCHANGED
        mine = sa.and_(APPOINTMENTS.c.owner == self.owner, APPOINTMENTS.c.id == known.id)
        values = {"access_limit": limit, "digest": fingerprint([known.digest, limit])}
        self.connection.execute(sa.update(APPOINTMENTS).where(mine).values(**values))
        self.relimited[known.id] = limit
        self.note_received(Received(known.id, known.appointment, replace(known.appointment, access_limit=limit)))
        return STORED

    # What is known

    def span_of(self, organisation: str, record_key: str) -> Span | None:
        """When an appointment is, of which a record system has told before."""
        row = self._kept_as(organisation, record_key)
        return None if row is None else known_of(row).appointment.span

    def _kept_as(self, organisation: str, record_key: str, appointment: Appointment | None = None) -> Row[Any] | None:
        """The row of an appointment, or of the booking here that this word of it confirms; None for a new one."""
        this = {
            "owner": self._citizen,
            "organisation": organisation,
            "record_key": record_key,
            "slot": None if appointment is None else appointment.slot,
            "starts_at": None if appointment is None or appointment.window else appointment.span.starts_at,
            "recently": ((appointment and appointment.told_at) or self.now) - LATE,
        }
        row: Row[Any] | None = self.connection.execute(KEPT_AS, this).one_or_none()
        return row

    def _at_slot_of(self, known: Known, appointment: Appointment) -> Appointment:
        """What names no slot, at the time at which it had one, keeps it; what it does not say, that says."""
        same = known.appointment.slot is not None and known.appointment.span.starts_at == appointment.span.starts_at
        if appointment.slot is not None or not same:
            return appointment
        with contextlib.suppress(NotFound):
            slot = self.slot(str(known.appointment.slot))
            return replace(appointment, slot=slot.id, meeting=appointment.meeting.or_else(slot.meeting))
        return appointment

    def _told_at(self, appointment_id: str, told_at: datetime | None) -> None:
        """Remember when a record system had last changed what it tells: beside the rest, which may be the same."""
        if told_at is not None:
            mine = sa.and_(APPOINTMENTS.c.owner == self.owner, APPOINTMENTS.c.id == appointment_id)
            self.connection.execute(sa.update(APPOINTMENTS).where(mine).values(told_at=told_at))

    def _gone(self, organisation: str, record_key: str) -> Row[Any] | None:
        this = sa.and_(RETRACTED.c.owner == self.owner, RETRACTED.c.id == self._id_of(organisation, record_key))
        return self.connection.execute(sa.select(RETRACTED).where(this)).one_or_none()

    def _forget_retraction(self, organisation: str, record_key: str) -> None:
        this = sa.and_(RETRACTED.c.owner == self.owner, RETRACTED.c.id == self._id_of(organisation, record_key))
        self.connection.execute(sa.delete(RETRACTED).where(this))

    def _id_of(self, organisation: str, record_key: str) -> str:
        return item_id(self._citizen, organisation, _own_key(record_key))


def _is_late(row: Row[Any], appointment: Appointment) -> bool:
    """Whether a record system tells of a slot that was left here, and has not heard of that; a cancellation is news."""
    return bool(row.has_left) and (row.record_key is None or appointment.status in TO_COME)


def _own_key(record_key: str) -> str:
    return f"Appointment|{record_key}"
