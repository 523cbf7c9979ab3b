"""Moving and cancelling an appointment: one transaction each, as its organisation lets the citizen (R21)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy.engine import Row

from helsami_appointments import schemas
from helsami_appointments.booked import Reads, Writes, known_of
from helsami_appointments.domain import (
    CANCELLED,
    TO_COME,
    Appointment,
    AppointmentCancelled,
    AppointmentChanged,
    Known,
    Slot,
)
from helsami_appointments.offers import NOT_DELEGATED, TO_ACT, Offers, acts_for, refused
from helsami_appointments.receiving.domain import Received
from helsami_kernel import Event, rpc
from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.delegation import Delegation
from helsami_kernel.errors import Conflict, NotFound, Refused, load
from helsami_kernel.notes import note_all
from helsami_kernel.origins import Origin
from helsami_kernel.showing import Showing
from helsami_kernel.store import OpenStore
from helsami_sdk.answers import BookingDecision
from helsami_sdk.organisations import Organisations

CATEGORY: Final = "appointments"

Json = dict[str, Any]


class Changes:
    """Part of appointments: what a citizen does with an appointment that they have."""

    store: OpenStore[Reads, Writes]
    rules: Organisations
    clock: Callable[[], datetime]

    @rpc(scope="appointments:act", answers=schemas.Appointment)
    def move(self, command: Json, access: AccessToken) -> Json:
        """
        Take another free time for an appointment, and give its own back (R21, R22).

        Raises NotFound `appointment-not-found` or `slot-not-found`; Conflict as `book` does, and `appointment-past`,
        `appointment-cancelled`, `same-slot` or `appointment-changed`; Refused("other-kind-of-slot"), or with the
        organisation's reason. A refusal changes and tells nothing.
        """
        wish = load(schemas.MoveAppointment, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"move": wish})) is not None:
                return dict(done)
            known = self._to_come(tx, wish["appointment"], access)
            tx.acts = acts_for(access)
            slot = tx.slot(str(wish["slot"]))
            if slot.id == known.appointment.slot:
                raise Conflict("same-slot")
            tx.is_unseen = self.unseen_by(access)
            offers = Offers(self.rules, access, self.clock(), tx)
            offers.check_free(slot)
            if not is_like(known.appointment, slot):
                raise Refused("other-kind-of-slot")
            decided = offers.agree("change", known.appointment, known.id)
            offers.agree("change", known.appointment.moved_to(slot), known.id)  # the new time has its own deadline
            offers.check_offered(slot)
            moved, sequence = tx.move(known, slot)
            note_all(tx, decided, known.id)
            announce_change(tx, known, sequence)
            self.followed(tx)
            return dict(tx.remember(schemas.placed(moved, access)))

    @rpc(scope="appointments:act", answers=schemas.Appointment)
    def cancel(self, command: Json, access: AccessToken) -> Json:
        """
        Give an appointment up, and its time back (R21).

        Raises NotFound("appointment-not-found"), Conflict `appointment-past`, `appointment-cancelled` or
        `appointment-changed`, and Refused with the organisation's reason. A refusal changes and tells nothing.
        """
        wish = load(schemas.OneAppointment, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"cancel": wish})) is not None:
                return dict(done)
            known = self._to_come(tx, wish["appointment"], access)
            decided = Offers(self.rules, access, self.clock(), tx).agree("cancel", known.appointment, known.id)
            cancelled, sequence = tx.cancel(known)
            note_all(tx, decided, known.id)
            announce_cancellation(tx, known, sequence)
            return dict(tx.remember(schemas.placed(cancelled, access)))

    def particulars(self, reads: Any, known: Known, access: AccessToken) -> Json:  # noqa: ARG002  each part adds its own
        """
        What each part of appointments has to say of an appointment that this reader is shown, by its key in `show`.

        A part that has something adds it to what `super()` says; `reads` are those of the whole service.
        """
        return {}

    def followed(self, tx: Writes) -> None:
        """What each part has to do about the appointments that a transaction has kept or changed, before it ends."""

    def _to_come(self, tx: Writes, appointment_id: str, access: AccessToken) -> Known:
        """An appointment that this reader sees and that has not begun."""
        return to_come(self._shown(tx.appointment_row(appointment_id), access), self.clock())

    def _shown(self, row: Row[Any], access: AccessToken) -> Known:
        """An appointment that this reader sees. What they are not shown is not there."""
        if not Showing(CATEGORY, self.rules, access, self.store.decisions).may_show(row):
            raise NotFound("appointment-not-found")
        return known_of(row)

    def unseen_by(self, access: AccessToken) -> Callable[[Row[Any]], bool] | None:
        """
        Say of the citizen's appointments which are not there for whoever books: their time gives way (R69, K23).

        A citizen's own booking gives way to what only a rule withholds, since they may be told of that; from an adult
        nothing else is kept.
        """
        if not access.on_behalf and access.age_band == "16+":
            return None
        showing = Showing(CATEGORY, self.rules, access)
        return (lambda row: not showing.may_show(row)) if access.on_behalf else showing.passes_over

    def check_may_act(self, known: Known, access: AccessToken) -> None:
        """Refuse whom the organisation lets do nothing here on another's behalf: Refused("not-delegated") (R93)."""
        appointment = known.appointment
        if not Delegation(self.rules, access).holds(appointment.organisation, TO_ACT):
            phone = self.rules[appointment.organisation].manifest.phone_of(appointment.meeting.unit)
            raise refused(BookingDecision.phone(NOT_DELEGATED), phone)


def to_come(known: Known, now: datetime) -> Known:
    """An appointment that can still be changed. Raises Conflict `appointment-cancelled` or `appointment-past`."""
    if known.appointment.status == CANCELLED:
        raise Conflict("appointment-cancelled")
    if known.appointment.status not in TO_COME or known.appointment.span.starts_at <= now:
        raise Conflict("appointment-past")
    return known


def announce_change(tx: Writes, known: Known, sequence: int) -> None:
    """Tell that an appointment has another time."""
    tx.announce(changed(tx, known, sequence), of=origin_of(tx, known.id))


def announce_cancellation(tx: Writes, known: Known, sequence: int) -> None:
    """Tell that an appointment will not take place."""
    tx.announce(cancelled(tx, known, sequence), of=origin_of(tx, known.id))


def changed(tx: Writes, known: Known | Received, sequence: int) -> Event:
    """The news that an appointment has another time."""
    told = schemas.AppointmentChanged().dump(AppointmentChanged(known.id, known.access_limit))
    return Event.of("appointment_changed", subject=tx.owner, data=told, sequence=sequence)


def cancelled(tx: Writes, known: Known | Received, sequence: int) -> Event:
    """The news that an appointment will not take place."""
    told = schemas.AppointmentCancelled().dump(AppointmentCancelled(known.id, known.access_limit))
    return Event.of("appointment_cancelled", subject=tx.owner, data=told, sequence=sequence)


def origin_of(tx: Writes, appointment_id: str) -> Origin | None:
    """Whose an appointment is, as it is stored by now; None for what was taken back: what was told last holds."""
    try:
        return Origin.of_item(tx.appointment_row(appointment_id), CATEGORY)
    except NotFound:
        return None


def is_like(appointment: Appointment, slot: Slot) -> bool:
    """Whether a slot is of the appointment's organisation, and of its visit type as far as both are known."""
    types = {appointment.meeting.visit_type, slot.meeting.visit_type} - {""}
    return appointment.organisation == slot.organisation and len(types) <= 1
