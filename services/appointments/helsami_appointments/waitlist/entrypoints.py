"""Where the bus meets the waitlist: joining and leaving, offers, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy.engine import Row

from helsami_appointments import schemas as appointments
from helsami_appointments.booked import known_of
from helsami_appointments.changes import CATEGORY, Changes, announce_change, origin_of
from helsami_appointments.domain import Known
from helsami_appointments.offers import Offers, acts_for
from helsami_appointments.waitlist import schemas
from helsami_appointments.waitlist.domain import OfferState, ended_as, stands
from helsami_appointments.waitlist.matching import Matching, terms_of
from helsami_appointments.waitlist.offering import LOOK_AGAIN, MATCH, MOST_LISTED
from helsami_appointments.waitlist.retention import FORGET
from helsami_appointments.waitlist.storage import END_WAIT, Reads, Writes, slot_of
from helsami_kernel import Event, Obligation, fulfils, goes_live, handles, rpc
from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.access_limits import AccessLimitChanged, AccessLimitTold
from helsami_kernel.clock import written
from helsami_kernel.errors import Conflict, FieldProblem, Malformed, NotFound, Refused, load
from helsami_kernel.notes import note_all
from helsami_kernel.showing import Showing
from helsami_kernel.store import OpenStore

JOIN: Final = "join-waitlist"

Json = dict[str, Any]


class Waitlist(Changes):
    """Part of appointments: waiting for an earlier time, and being offered one."""

    store: OpenStore[Reads, Writes]
    clock: Callable[[], datetime]

    @rpc(scope="appointments:act", answers=schemas.Waiting)
    def join_waitlist(self, command: Json, access: AccessToken) -> Json:
        """
        Wait for something earlier than an appointment (R23); to do so twice is to wait once.

        Raises NotFound("appointment-not-found"), Conflict `appointment-past` or `appointment-cancelled`, and Refused
        with the organisation's reason.
        """
        wish = load(schemas.JoinWaitlist, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"join_waitlist": wish})) is not None:
                return dict(done)
            known = self._to_come(tx, wish["appointment"], access)
            return dict(tx.remember(self.enter(tx, known, access)))

    def enter(self, tx: Writes, known: Known, access: AccessToken) -> Json:
        """Let the citizen wait, if the organisation agrees and has a waitlist. Raises Refused."""
        offers = Offers(self.rules, access, self.clock(), tx)
        note_all(tx, offers.agree(JOIN, known.appointment, known.id), known.id)
        self._check_waitlist(tx, known)
        since = tx.join(known, access.age_band or "16+")
        tell_whose(tx, known)
        return {"appointment": known.id, "since": written(since)}

    def _check_waitlist(self, tx: Writes, known: Known) -> None:
        rules = self.rules[known.appointment.organisation]
        decided = terms_of(rules, known.appointment, tx)
        note_all(tx, decided, known.id)
        if not decided.answer.enabled:
            phone = rules.manifest.phone_of(known.appointment.meeting.unit)
            raise Refused(decided.answer.reason, FieldProblem("way", "phone"), FieldProblem("phone", phone))

    @rpc(scope="appointments:act", answers=schemas.JoinWaitlist)
    def leave_waitlist(self, command: Json, access: AccessToken) -> Json:
        """Wait no longer; what was offered is withdrawn. Raises NotFound("not-waiting")."""
        wish = load(schemas.LeaveWaitlist, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"leave_waitlist": wish})) is not None:
                return dict(done)
            if access.on_behalf:
                self._check_may_leave(tx, wish["appointment"], access)
            tx.leave(wish["appointment"])
            return dict(tx.remember({"appointment": wish["appointment"]}))

    @rpc(scope="appointments:read", answers=schemas.WaitingList)
    def waitlist(self, question: Json, access: AccessToken) -> Json:
        """What the citizen waits for, first come first."""
        load(schemas.Nothing, question)
        rows = self._visible(self.store.reading(subject_of(access)).waiting(), access)[:MOST_LISTED]
        return {"waiting": [{"appointment": row.id, "since": written(row.joined_at)} for row in rows]}

    @rpc(scope="appointments:read", answers=schemas.Offers)
    def waitlist_offers(self, question: Json, access: AccessToken) -> Json:
        """What the citizen was offered, newest first, and how each offer stands (R24, R27)."""
        load(schemas.Nothing, question)
        rows = self._visible(self.store.reading(subject_of(access)).offers(), access)[:MOST_LISTED]
        shown = [offer_shown(row, self.clock()) for row in rows]
        return {"offers": [{**one, "slot": appointments.placed(one["slot"], access)} for one in shown]}

    def _visible(self, rows: Any, access: AccessToken) -> list[Row[Any]]:
        showing = Showing(CATEGORY, self.rules, access, self.store.decisions)
        return [row for row in rows if showing.may_show(row)]

    @rpc(scope="appointments:act", answers=appointments.Appointment)
    def accept_offer(self, command: Json, access: AccessToken) -> Json:
        """
        Take the time that was offered, and give the old one back (R25, R28); again is the same.

        Raises NotFound("offer-not-found"); Conflict `offer-too-late` when somebody else was first, `offer-expired`,
        `offer-declined`, `offer-withdrawn`, or `appointment-overlaps`; Refused with the organisation's reason where it
        has no waitlist any longer. Whoever loses keeps what they have, and waits on.
        """
        wish = load(schemas.AnswerOffer, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"accept_offer": wish})) is not None:
                return dict(done)
            offer = tx.own_offer(wish["offer"])
            self._check_may_answer(tx, offer, access)
            tx.acts, tx.is_unseen = acts_for(access), self.unseen_by(access)
            return dict(tx.remember(appointments.placed(self.take_offer(tx, offer), access)))

    def take_offer(self, tx: Writes, offer: Row[Any]) -> Json:
        """Move an appointment to what was offered, in one transaction with the end of all other offers."""
        while (moved := accepted(tx, offer)) is None and not tx.alone_with(offer.slot):
            offer = tx.own_offer(offer.id)
        if moved is not None:
            return moved
        known = known_of(tx.appointment_row(offer.appointment))
        slot = tx.slot(offer.slot)
        tx.take_turns(offer.organisation, known.appointment.meeting.clinician, slot.meeting.clinician)
        slot = tx.slot_in_turn(offer.slot)
        tx.lock_offers(offer.slot, offer.appointment)
        offer = tx.own_offer(offer.id)
        if (moved := accepted(tx, offer)) is not None:
            return moved
        self._check_waitlist(tx, known)
        known = known_of(tx.appointment_row(offer.appointment))
        if not slot.free or not tx.answer(offer, OfferState.ACCEPTED):
            raise Conflict("offer-too-late")
        moved, sequence = tx.move(known, slot)
        tx.leave(known.id)
        announce_change(tx, known, sequence)
        self.followed(tx)
        return moved

    @rpc(scope="appointments:act", answers=schemas.Declined)
    def decline_offer(self, command: Json, access: AccessToken) -> Json:
        """
        Say no to an offer: nothing else changes, and one waits on (R26); again is the same.

        Raises NotFound("offer-not-found") and Conflict as `accept_offer` does, `offer-accepted` among them.
        """
        wish = load(schemas.AnswerOffer, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"decline_offer": wish})) is not None:
                return dict(done)
            offer = tx.own_offer(wish["offer"])
            self._check_may_answer(tx, offer, access)
            declined = {"id": offer.id, "state": OfferState.DECLINED.value}
            if offer.state != OfferState.DECLINED:
                check_open(offer, tx.now)
                if not tx.answer(offer, OfferState.DECLINED):
                    raise Conflict(ended_as(OfferState(tx.own_offer(offer.id).state)))
            return dict(tx.remember(declined))

    def _check_may_answer(self, tx: Writes, offer: Row[Any], access: AccessToken) -> None:
        """An offer about an appointment that this reader is not shown is not there. Raises NotFound and Refused."""
        try:
            row = tx.appointment_row(offer.appointment)
        except NotFound:
            raise NotFound("offer-not-found") from None
        if not self._visible([row], access):
            raise NotFound("offer-not-found")
        self.check_may_act(known_of(row), access)

    def _check_may_leave(self, tx: Writes, appointment: str, access: AccessToken) -> None:
        """To a representative who is not shown an appointment, nobody waits for anything earlier than that."""
        try:
            row = tx.appointment_row(appointment)
        except NotFound:
            raise NotFound("not-waiting") from None
        if not self._visible([row], access):
            raise NotFound("not-waiting")
        self.check_may_act(known_of(row), access)

    @fulfils(MATCH)
    def match_slot(self, promised: Obligation) -> None:
        """Offer a slot that came free to those who wait, or to the next of them (R24, R27)."""
        with self.store.transaction(owner=None) as tx:
            Matching(self.rules, tx).run(promised.payload["slot"], promised.payload["round"])

    @goes_live()
    def resume(self, organisations: frozenset[str], version: int) -> None:
        """Offer what came free while an organisation was not live, whichever process hears first that it is."""
        with self.store.transaction(owner=None) as tx:
            tx.promise_to_look_again(organisations, version)

    @fulfils(LOOK_AGAIN)
    def look_again(self, promised: Obligation) -> None:
        """Offer the free times of an organisation that somebody waits for."""
        with self.store.transaction(owner=None) as tx:
            tx.look_again(promised.payload["organisation"], promised.payload["cursor"], promised.id)

    @fulfils(END_WAIT)
    def end_wait(self, promised: Obligation) -> None:
        """Nobody waits for something earlier than what has begun."""
        with self.store.transaction(owner=None) as tx:
            tx.forget_begun(promised.payload["appointment"])

    @fulfils(FORGET)
    def forget_offers(self, promised: Obligation) -> None:
        """Count offers of long ago, and forget whose they were."""
        with self.store.transaction(owner=None) as tx:
            tx.forget_offers(promised.id)

    @handles("account_deactivated", source="directory")
    def stop_waiting(self, event: Event) -> None:
        """Whoever has no account waits for nothing here, and is offered nothing (K17); what they asked for stays."""
        if event.subject is None:
            raise Malformed("malformed-event")
        with self.store.transaction(owner=event.subject) as tx:
            tx.stop_waiting()


def accepted(tx: Writes, offer: Row[Any]) -> Json | None:
    """The appointment as accepting an offer has left it; None while it may be accepted. Raises Conflict."""
    if offer.state == OfferState.ACCEPTED:
        return dict(orjson.loads(tx.appointment_row(offer.appointment).body))
    check_open(offer, tx.now)
    return None


def check_open(offer: Row[Any], now: datetime) -> None:
    """Refuse to answer an offer that has ended. Raises Conflict."""
    state = stands(OfferState(offer.state), offer.expires_at, now)
    if state is not OfferState.OPEN:
        raise Conflict(ended_as(state))


def offer_shown(row: Row[Any], now: datetime) -> Json:
    """Give an offer of a row of OWN_OFFERS as its citizen reads it."""
    return {
        "id": row.offer_id,
        "appointment": row.id,
        "state": stands(OfferState(row.offer_state), row.offer_expires_at, now).value,
        "offered_at": written(row.offer_offered_at),
        "expires_at": written(row.offer_expires_at),
        "slot": appointments.slot_shown(slot_of(row)),
    }


def tell_whose(tx: Writes, known: Known) -> None:
    """Tell whose an appointment is before anything is offered for it: that is done by others, who do not see it."""
    told = AccessLimitTold().dump(AccessLimitChanged(known.id, known.access_limit))
    tx.announce(Event.of("access_limit_changed", subject=tx.owner, data=told), of=origin_of(tx, known.id))
