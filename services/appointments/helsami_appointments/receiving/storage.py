"""How what record systems send is stored: an appointment once, whoever has told of it first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_appointments import booked, schemas
from helsami_appointments.domain import BOOKED, HOLDING, Appointment, Opening, Schedule
from helsami_appointments.models import APPOINTMENTS
from helsami_appointments.storage import refused_by_constraint
from helsami_kernel.database import fingerprint
from helsami_kernel.errors import Conflict
from helsami_kernel.items import item_id, keep, withdraw
from helsami_kernel.journal import Entry

RECORD_SYSTEM: Final = "record-system"
"""The one claimant for all that record systems send: they may overlap each other, since they tell what is so."""

CONFIRMED: Final = sa.and_(
    APPOINTMENTS.c.slot == sa.bindparam("slot", type_=sa.String),
    APPOINTMENTS.c.record_key.is_(None),
    APPOINTMENTS.c.status == BOOKED,
)
KEPT_AS: Final = (
    sa.select(
        APPOINTMENTS.c.key,
        APPOINTMENTS.c.told,
        (APPOINTMENTS.c.claim == APPOINTMENTS.c.id).label("decided_here"),
    )
    .where(
        APPOINTMENTS.c.owner == sa.bindparam("owner"),
        APPOINTMENTS.c.organisation == sa.bindparam("organisation"),
        sa.or_(APPOINTMENTS.c.record_key == sa.bindparam("record_key"), CONFIRMED),
    )
    .order_by(APPOINTMENTS.c.record_key.is_(None))
    .limit(1)
)


class Writes(booked.Writes):
    """One transaction, in which something may also come from a record system."""

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
        return self.withdraw(organisation, entry.key)

    def receive(self, appointment: Appointment, record_key: str) -> str:
        """
        Store an appointment as its record system tells it, or find it `unchanged`.

        One that names the slot of a booking made here is that booking's confirmation, and keeps its id. What overlaps a
        booking made here is stored all the same, without a claim on the time: the citizen must see both. What was moved
        or cancelled here stays so, until its record system tells something else than it has told before.
        """
        kept = self._kept_as(appointment.organisation, record_key, appointment.slot)
        known = None if kept is None else str(kept.key)
        told = fingerprint([schemas.body(appointment), appointment.slot])
        if kept is not None and kept.decided_here and kept.told == told:
            return "unchanged"
        item = self._item(appointment, known or _own_key(record_key), record_key, told)
        slot = appointment.slot if appointment.status in HOLDING else None
        if known or slot:  # a new one holds nothing that it would have to let go
            self._hold(item.id, slot)
        claiming = replace(item, extra={**item.extra, "claim": RECORD_SYSTEM})
        try:
            with self.connection.begin_nested(), refused_by_constraint():
                return keep(self, APPOINTMENTS, claiming)
        except Conflict:
            return keep(self, APPOINTMENTS, item)

    def withdraw(self, organisation: str, record_key: str) -> str:
        """Remove an appointment that was entered in error, and free its slot; `unchanged` when it is not there."""
        kept = self._kept_as(organisation, record_key, None)
        key = _own_key(record_key) if kept is None else kept.key
        self._hold(item_id(self._citizen, organisation, key), None)
        return withdraw(self, APPOINTMENTS, organisation, key)

    def _kept_as(self, organisation: str, record_key: str, slot: str | None) -> Row[Any] | None:
        """The key under which an appointment is kept, its booking's where it was made here; None for a new one."""
        this = {"owner": self._citizen, "organisation": organisation, "record_key": record_key, "slot": slot}
        return self.connection.execute(KEPT_AS, this).one_or_none()


def _own_key(record_key: str) -> str:
    return f"Appointment|{record_key}"
