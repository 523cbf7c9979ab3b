"""Where the bus meets visits: checking in, arriving, what is to be done before, and being reminded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from helsami_appointments.booked import Reads as AnyReads
from helsami_appointments.booked import Writes as AnyWrites
from helsami_appointments.booked import known_of
from helsami_appointments.changes import CATEGORY, Changes, origin_of
from helsami_appointments.domain import CANCELLED, Known
from helsami_appointments.offers import NOT_DELEGATED, TO_ACT
from helsami_appointments.schemas import OneAppointment
from helsami_appointments.visits import schemas
from helsami_appointments.visits.asking import arrival_shown, asked_of, check_in_shown
from helsami_appointments.visits.domain import (
    CheckInOpened,
    ReminderDue,
    State,
    Visited,
    arrival_of,
    check_in_of,
    is_expected,
)
from helsami_appointments.visits.storage import OPEN_CHECK_IN, REMIND, Reads, Writes
from helsami_kernel import Event, Obligation, fulfils, rpc
from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.clock import written
from helsami_kernel.delegation import Delegation
from helsami_kernel.errors import Conflict, FieldProblem, Malformed, NotFound, Refused, load
from helsami_kernel.news import ASKED_AGAIN_AFTER
from helsami_kernel.notes import note_all
from helsami_kernel.showing import Showing, is_open
from helsami_kernel.store import OpenStore
from helsami_sdk.answers import CheckIn
from helsami_sdk.lifecycle import AWAY

NO_CHECK_IN: Final = "no-check-in"
NO_BUTTON: Final = "no-arrival-button"

Json = dict[str, Any]


class Visits(Changes):
    """Part of appointments: what happens between booking a visit and sitting in the waiting room."""

    store: OpenStore[Reads, Writes]
    clock: Callable[[], datetime]

    def particulars(self, reads: AnyReads, known: Known, access: AccessToken) -> Json:
        """Check-in, arrival and tasks, beside what other parts say."""
        mine: Any = reads
        now = self.clock()
        visited = mine.visited(known)
        decided = asked_of(self.rules, known.appointment, now, access)
        limits = Showing(CATEGORY, self.rules, access).limits
        return {
            **super().particulars(reads, known, access),
            "check_in": check_in_shown(decided.answer, known, visited, now),
            "arrival": arrival_shown(decided.answer, known, visited, now),
            "tasks": schemas.tasks_shown(task for task in mine.tasks_of(known.id) if task.access_limit in limits),
        }

    @rpc(scope="appointments:act", answers=schemas.CheckInShown)
    def check_in(self, command: Json, access: AccessToken) -> Json:
        """
        Check in for a visit whose unit asks for it (R36); to do so again is to have done so.

        Raises NotFound("appointment-not-found"); Conflict `appointment-cancelled`, `check-in-not-open` or
        `check-in-closed`; Malformed for a form that is not asked for; Refused `forms-not-answered`, or with the
        organisation's reason where it asks for no check-in.
        """
        wish = load(schemas.CheckIn, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"check_in": wish})) is not None:
                return dict(done)
            known, asked = self._asked(tx, wish["appointment"], access)
            step = check_in_of(asked, known.appointment.span, tx.visited(known))
            state = step.state(known.appointment.status, tx.now)
            if state is State.NOT_ASKED:
                raise self._refusal(known, asked.reason or NO_CHECK_IN)
            if state is State.NOT_OPEN:
                raise Conflict("check-in-not-open", FieldProblem("opens_at", written(step.opens_at or tx.now)))
            if state is State.CLOSED:
                raise Conflict("check-in-closed")
            if state is State.OPEN:
                check_forms(asked, wish["forms"])
                tx.check_in(known, wish["forms"])
            return dict(tx.remember(check_in_shown(asked, known, tx.visited(known), tx.now)))

    @rpc(scope="appointments:act", answers=schemas.Step)
    def arrive(self, command: Json, access: AccessToken) -> Json:
        """
        Say that one is here, where the unit has that button (R37); to do so again is to have done so.

        Raises NotFound("appointment-not-found"); Conflict `appointment-cancelled`, `arrival-not-open` or
        `arrival-closed`; Refused where there is no button.
        """
        wish = load(OneAppointment, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"arrive": wish})) is not None:
                return dict(done)
            known, asked = self._asked(tx, wish["appointment"], access)
            step = arrival_of(asked, known.appointment.span, tx.visited(known))
            state = step.state(known.appointment.status, tx.now)
            if state is State.NOT_ASKED:
                raise self._refusal(known, asked.reason or NO_BUTTON)
            if state is State.NOT_OPEN:
                raise Conflict("arrival-not-open", FieldProblem("opens_at", written(step.opens_at or tx.now)))
            if state is State.CLOSED:
                raise Conflict("arrival-closed")
            tx.arrive(known)
            return dict(tx.remember(arrival_shown(asked, known, tx.visited(known), tx.now)))

    @rpc(scope="appointments:act", answers=schemas.Task)
    def mark_task(self, command: Json, access: AccessToken) -> Json:
        """
        Say that something to be done before a visit is done, or not after all (R41).

        Raises NotFound `appointment-not-found` or `task-not-found`; Conflict `appointment-past` or
        `appointment-cancelled`; Refused("not-delegated").
        """
        wish = load(schemas.MarkTask, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"mark_task": wish})) is not None:
                return dict(done)
            known = self._to_come(tx, wish["appointment"], access)
            if not Delegation(self.rules, access).holds(known.appointment.organisation, TO_ACT):
                raise self._refusal(known, NOT_DELEGATED)
            limits = Showing(CATEGORY, self.rules, access).limits
            return dict(tx.remember(schemas.task_shown(tx.mark_task(known, wish["task"], limits, done=wish["done"]))))

    def _asked(self, tx: AnyWrites, appointment_id: str, access: AccessToken) -> tuple[Known, CheckIn]:
        """An appointment that this reader sees and that takes place, and what is asked for before it."""
        known = self._shown(tx.appointment_row(appointment_id), access)
        if known.appointment.status == CANCELLED:
            raise Conflict("appointment-cancelled")
        decided = asked_of(self.rules, known.appointment, tx.now, access)
        note_all(tx, decided, known.id)
        return known, decided.answer

    def _refusal(self, known: Known, reason: str) -> Refused:
        phone = self.rules[known.appointment.organisation].manifest.phone_of(known.appointment.meeting.unit)
        return Refused(reason, FieldProblem("way", "phone"), FieldProblem("phone", phone))

    # Promises

    def followed(self, tx: AnyWrites) -> None:
        """Promise to tell when check-in opens for what this transaction has kept or changed, where it is asked for."""
        super().followed(tx)
        mine: Any = tx
        for appointment_id, appointment in mine.expected:
            decided = asked_of(self.rules, appointment, tx.now)
            step = check_in_of(decided.answer, appointment.span, Visited())
            if step.opens_at is not None:
                mine.promise_opening(appointment_id, appointment.span.starts_at, max(step.opens_at, tx.now))

    @fulfils(REMIND)
    def remind(self, promised: Obligation) -> None:
        """Remind a citizen of an appointment that they are still expected for at the same time, and shown (R39)."""
        with self.store.transaction(owner=promised.owner) as tx:
            known = self._still(tx, REMIND, promised)
            if known is not None and known.appointment.remind:
                told = schemas.ReminderDue().dump(ReminderDue(known.id))
                tx.announce(Event.of("reminder_due", subject=tx.owner, data=told), of=origin_of(tx, known.id))

    @fulfils(OPEN_CHECK_IN)
    def open_check_in(self, promised: Obligation) -> None:
        """Tell a citizen that they can check in, as their organisation asks for it now (R36)."""
        with self.store.transaction(owner=promised.owner) as tx:
            known = self._still(tx, OPEN_CHECK_IN, promised)
            if known is None:
                return
            decided = asked_of(self.rules, known.appointment, tx.now)
            note_all(tx, decided, known.id)
            step = check_in_of(decided.answer, known.appointment.span, tx.visited(known))
            state = step.state(known.appointment.status, tx.now)
            if state is State.NOT_OPEN and step.opens_at is not None:  # later than when this was promised
                tx.promise_opening(known.id, known.appointment.span.starts_at, step.opens_at)
            if state is State.OPEN and tx.tell_open(known):
                told = schemas.CheckInOpened().dump(CheckInOpened(known.id))
                tx.announce(Event.of("check_in_opened", subject=tx.owner, data=told), of=origin_of(tx, known.id))

    def _still(self, tx: Writes, kind: str, promised: Obligation) -> Known | None:
        """
        The appointment of a promise, if its citizen is still expected at the same time and is shown it themselves.

        Of an organisation that is paused, closed or not heard of yet, nobody is told anything: the promise is put off.
        """
        try:
            row = tx.appointment_row(promised.payload["appointment"])
        except NotFound:
            return None
        known = known_of(row)
        starts_at = known.appointment.span.starts_at
        same = written(starts_at) == promised.payload["starts_at"]
        if not same or starts_at <= tx.now or not is_expected(known.appointment):
            return None
        rules = self.rules[row.organisation]
        if rules.state in AWAY:
            tx.postpone(kind, promised.payload, tx.now + ASKED_AGAIN_AFTER)
            return None
        return known if is_open(row, CATEGORY, rules) else None


def check_forms(asked: CheckIn, answered: Sequence[str]) -> None:
    """
    Refuse a check-in that names a form which is not asked for, or leaves one out.

    There is no service of forms yet: that a form is answered, the citizen says.
    """
    expected = FieldProblem("forms", f"each of {', '.join(asked.forms)}" if asked.forms else "none")
    if len(set(answered)) != len(answered) or not set(answered) <= set(asked.forms):
        raise Malformed("malformed", expected)
    if set(answered) != set(asked.forms):
        raise Refused("forms-not-answered", expected)
