"""What becomes of a citizen's appointment once it is stored: found again, moved, cancelled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_appointments import storage
from helsami_appointments.domain import Appointment, Known, Meeting, Slot, Span
from helsami_appointments.models import APPOINTMENTS
from helsami_kernel.errors import Conflict, NotFound
from helsami_kernel.items import SHARING_COLUMNS, keep

LONGEST_ID: Final = 36
ONE: Final = sa.select(
    *(APPOINTMENTS.c[name] for name in ("id", "organisation", "key", "occurred_at", *SHARING_COLUMNS, "body")),
    sa.literal("").label("category"),
    *(APPOINTMENTS.c[name] for name in ("ends_at", "status", "slot", "clinician", "record_key", "told")),
    *(APPOINTMENTS.c[name] for name in ("tell", "remind", "flags")),
    APPOINTMENTS.c.sequence,
    APPOINTMENTS.c.digest,
).where(APPOINTMENTS.c.owner == sa.bindparam("owner"), APPOINTMENTS.c.id == sa.bindparam("id", type_=sa.String))
"""One appointment of its owner, with what `Showing` asks rules about."""


class Reads(storage.Reads):
    """What is read for one citizen, down to a single appointment."""

    def appointment_row(self, appointment_id: str) -> Row[Any]:
        """A row of ONE. Raises NotFound("appointment-not-found")."""
        return the_one(self.fetch(ONE, id=plausible(appointment_id)))


class Writes(storage.Writes):
    """One transaction, in which an appointment may also be moved or cancelled."""

    def appointment_row(self, appointment_id: str) -> Row[Any]:
        """A row of ONE. Raises NotFound("appointment-not-found")."""
        return the_one(self.connection.execute(ONE, {"owner": self.owner, "id": plausible(appointment_id)}).all())

    def move(self, known: Known, slot: Slot) -> tuple[dict[str, Any], int]:
        """
        Take another slot for an appointment and free its old one; returns what the citizen reads, and the sequence.

        Raises Conflict: `appointment-changed` when it has changed since it was read, `slot-taken` for the slot or its
        clinician, `appointment-overlaps` for the citizen's own time.
        """
        moved = known.appointment.moved_to(slot)
        self.take_turns(slot.organisation, known.appointment.meeting.clinician, moved.meeting.clinician)
        self.give_way(slot.span, but=known.id)
        sequence = self._advance(known)
        self._take_free(known.id, slot.id)
        self._hold(known.id, slot.id)
        return self._decide(known, moved), sequence

    def cancel(self, known: Known) -> tuple[dict[str, Any], int]:
        """
        Cancel an appointment and free its slot; returns what the citizen reads, and the sequence.

        Raises Conflict("appointment-changed") when it has changed since it was read.
        """
        self.take_turns(known.appointment.organisation, known.appointment.meeting.clinician)
        sequence = self._advance(known)
        self._hold(known.id, None)
        return self._decide(known, known.appointment.cancelled()), sequence

    def _advance(self, known: Known) -> int:
        """Of two who decide on the same state of an appointment, let one go on."""
        as_read = sa.and_(
            APPOINTMENTS.c.owner == self.owner,
            APPOINTMENTS.c.id == known.id,
            APPOINTMENTS.c.sequence == known.sequence,
            APPOINTMENTS.c.digest == known.digest,
        )
        advanced = sa.update(APPOINTMENTS).where(as_read).values(sequence=known.sequence + 1)
        if not self.connection.execute(advanced).rowcount:
            raise Conflict("appointment-changed")
        return known.sequence + 1

    def _decide(self, known: Known, appointment: Appointment) -> dict[str, Any]:
        """Store what was decided here, with a claim on the time of its own."""
        item = self._item(appointment, known.key, known.record_key, known.told)
        with storage.refused_by_constraint():
            keep(self, APPOINTMENTS, replace(item, extra={**item.extra, "claim": item.id}))
            if appointment.span != known.appointment.span:
                self.claim_again(known.id)
        return item.finished


def plausible(named: str) -> str:
    """What somebody names as an id, as a database can be asked for it; what cannot be one is nothing."""
    return named if len(named) <= LONGEST_ID and named.isascii() and named.isprintable() else ""


def the_one(rows: Any) -> Row[Any]:
    """The one row that there is. Raises NotFound("appointment-not-found")."""
    if not rows:
        raise NotFound("appointment-not-found")
    row: Row[Any] = rows[0]
    return row


def known_of(row: Row[Any]) -> Known:
    """The appointment of a row of ONE."""
    body = orjson.loads(row.body)
    meeting = Meeting(
        visit_type=row.visit_type,
        kind=body["kind"] or "",
        unit=body["unit"] or "",
        place=body["place"] or "",
        clinician=row.clinician,
        clinician_name=body["clinician"] or "",
    )
    appointment = Appointment(
        organisation=row.organisation,
        meeting=meeting,
        span=Span(row.occurred_at, row.ends_at),
        status=row.status,
        slot=row.slot,
        setting=row.setting,
        tell=row.tell,
        remind=row.remind,
        instructions=body.get("instructions") or "",
        cancelled_because=body.get("cancelled_because") or "",
        window=body.get("window", False),
        flags=None if row.flags is None else frozenset(row.flags.split()),
        access_limit=row.access_limit,
    )
    return Known(row.id, row.key, appointment, row.record_key, row.told, row.sequence, row.digest)
