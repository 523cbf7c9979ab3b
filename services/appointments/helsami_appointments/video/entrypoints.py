"""Where the bus meets video: ordering it, taking it back, and joining."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from helsami_appointments import schemas as appointments
from helsami_appointments.booked import Reads
from helsami_appointments.changes import Changes
from helsami_appointments.domain import TO_COME, Appointment, Known
from helsami_appointments.offers import NOT_DELEGATED, TO_ACT, Offers
from helsami_appointments.schemas import OneAppointment, placed
from helsami_appointments.video import schemas, storage
from helsami_appointments.video.domain import IN_PERSON, PAYMENT, VIDEO, VIRTUAL, Standing, State
from helsami_appointments.video.doors import Doors, phone_instead
from helsami_appointments.video.providers import Conferences
from helsami_appointments.video.switching import check_can_be, switch
from helsami_kernel import rpc
from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.delegation import Delegation
from helsami_kernel.errors import load
from helsami_kernel.journal import Entry
from helsami_kernel.notes import note_all
from helsami_kernel.store import OpenStore
from helsami_sdk.answers import Tier

Json = dict[str, Any]


class Videos(Changes):
    """Part of appointments: consultations by video, as citizens order, join and leave them (R16, R33, R34)."""

    store: OpenStore[Any, Any]
    clock: Callable[[], datetime]
    conferences: Conferences

    @rpc(scope="appointments:act", answers=appointments.Appointment)
    def order_video(self, command: Json, access: AccessToken) -> Json:
        """
        Let an appointment take place by video, if its organisation lets the citizen decide that (R33).

        Raises NotFound("appointment-not-found"); Conflict `appointment-past`, `appointment-cancelled`,
        `already-by-video`, `appointment-changed`; Refused `video-not-set-up`, or with the organisation's reason. A
        refusal changes and tells nothing.
        """
        return self._switched(VIDEO, load(OneAppointment, command), access)

    @rpc(scope="appointments:act", answers=appointments.Appointment)
    def meet_in_person(self, command: Json, access: AccessToken) -> Json:
        """Take video back, as far as one may order it. Raises as `order_video`, `already-in-person` among it."""
        return self._switched(IN_PERSON, load(OneAppointment, command), access)

    def _switched(self, way: str, wish: Json, access: AccessToken) -> Json:
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {way: wish})) is not None:
                return dict(done)
            known = self._to_come(tx, wish["appointment"], access)
            check_can_be(known, way, self.conferences, self.rules)
            decided = Offers(self.rules, access, self.clock(), tx).agree(VIDEO, known.appointment, known.id)
            shown = switch(tx, known, way)
            self.followed(tx)
            note_all(tx, decided, known.id)
            return dict(tx.remember(placed(shown, access)))

    @rpc(scope="appointments:read", answers=schemas.Video)
    def video(self, question: Json, access: AccessToken) -> Json:
        """How the door of an appointment's room stands. Raises NotFound("appointment-not-found")."""
        wanted = load(OneAppointment, question)
        reads = self.store.reading(subject_of(access))
        known = self._shown(reads.appointment_row(wanted["appointment"]), access)
        return schemas.shown(Standing.of(known.appointment, self.clock()))

    @rpc(scope="appointments:act", answers=schemas.Joined)
    def join_video(self, question: Json, access: AccessToken) -> Json:
        """
        How the door stands, and while it is open a link that is this reader's own; it is kept nowhere, nor made twice.

        Raises NotFound("appointment-not-found"); Refused `not-delegated` for whom the organisation lets not act,
        `video-not-set-up`, `video-link-unreadable`.
        """
        wanted = load(OneAppointment, question)
        reads = self.store.reading(subject_of(access))
        known = self._shown(reads.appointment_row(wanted["appointment"]), access)
        rules = self.rules[known.appointment.organisation]
        if not Delegation(self.rules, access).holds(known.appointment.organisation, TO_ACT):
            raise phone_instead(NOT_DELEGATED, rules, known.appointment.meeting.unit)
        doors = Doors(self.conferences, rules, access.actor, self.clock(), moderator=False)
        return schemas.joined(*doors.of_appointment(known, storage.kept(reads, known.id)))

    def particulars(self, reads: Reads, known: Known, access: AccessToken) -> Json:
        """How the door stands, and what is to be known of paying, beside what other parts say."""
        standing = Standing.of(known.appointment, self.clock())
        return {
            **super().particulars(reads, known, access),
            "video": None if standing.state is State.NONE else schemas.shown(standing),
            "payment": {"message": PAYMENT} if self._may_be_by_video(known, access) else None,
        }

    def _may_be_by_video(self, known: Known, access: AccessToken) -> bool:
        """Whether an appointment is held by video, or this reader may order or ask for that."""
        appointment, now = known.appointment, self.clock()
        if appointment.setting == VIRTUAL:
            return True
        if appointment.status not in TO_COME or appointment.span.starts_at <= now:
            return False
        if self.conferences.of(appointment.organisation) is None:
            return False
        decided = Offers(self.rules, access, now, self.store.decisions).decided(VIDEO, appointment)
        return decided.answer.tier is not Tier.PHONE

    def keep_with_links(self, tx: Any, organisation: str, read: Sequence[tuple[Entry, Any]]) -> list[str]:
        """Keep what a record system has sent, and of an appointment the link that came with it."""
        outcomes: list[str] = tx.keep(organisation, read)
        for position, (entry, told) in enumerate(read):
            if told is None:
                storage.forget_withdrawn(tx)
            elif isinstance(told, Appointment) and (told.link or not tx.is_first(organisation, entry.key)):
                outcome = outcomes[position]
                outcomes[position] = storage.keep_delivered(tx, self.conferences, entry.key, told, outcome)
        return outcomes
