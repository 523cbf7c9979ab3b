"""What can be done with an appointment; asking for what one cannot do oneself, and answering it (R21)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from helsami_appointments.actions import Desk, of_appointment
from helsami_appointments.booked import known_of
from helsami_appointments.changes import Changes, announce_cancellation, announce_change, origin_of, to_come
from helsami_appointments.domain import Known
from helsami_appointments.offers import Offers, refused
from helsami_appointments.requests import domain, schemas
from helsami_appointments.requests.domain import Request, RequestAnswered, RequestExpired
from helsami_appointments.requests.storage import Reads, Writes
from helsami_appointments.schemas import OneAppointment, actions_shown, placed
from helsami_appointments.video.domain import VIDEO
from helsami_appointments.video.doors import NOT_SET_UP
from helsami_appointments.video.providers import Conferences
from helsami_appointments.video.switching import WAYS, can_be_held, check_can_be, is_so, switch
from helsami_kernel import Event, Obligation, fulfils, rpc
from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.errors import Conflict, FieldProblem, Malformed, NotFound, load
from helsami_kernel.notes import note_all
from helsami_kernel.pages import Cursor
from helsami_kernel.staff import key_of_staff, organisation_of
from helsami_kernel.store import OpenStore
from helsami_sdk.answers import BookingDecision, Tier

EXPIRE: Final = "expire_request"
OLDEST: Final = Cursor(datetime.min.replace(tzinfo=UTC), "")

Json = dict[str, Any]


class Requests(Changes):
    """Part of appointments: what citizens ask of organisations about their appointments."""

    store: OpenStore[Reads, Writes]
    clock: Callable[[], datetime]
    conferences: Conferences

    @rpc(scope="appointments:read", answers=schemas.ShownAppointment)
    def show(self, question: Json, access: AccessToken) -> Json:
        """
        An appointment, with everything that can be done with it and how, and what was asked about it (R21).

        Raises NotFound("appointment-not-found"), also for what is somebody else's or not shown to this reader.
        """
        wanted = load(OneAppointment, question)
        reads = self.store.reading(subject_of(access))
        row = reads.appointment_row(wanted["appointment"])
        known = self._shown(row, access)
        offers = Offers(self.rules, access, self.clock(), self.store.decisions)

        def decide(action: str) -> BookingDecision:
            if action == VIDEO and not can_be_held(known, self.conferences):
                return BookingDecision.phone(NOT_SET_UP)
            decided = offers.decided(action, known.appointment)
            if decided.answer.tier is not Tier.DIRECT:
                note_all(self.store.decisions, decided, known.id)
            return decided.answer

        desk = Desk.of(self.rules[row.organisation].manifest, known.appointment.meeting.unit)
        resolved = of_appointment(known.appointment, self.clock(), decide, desk)
        asked = [schemas.shown(one) for one in reads.requests_of(known.id)]
        particulars = self.particulars(reads, known, access)
        shown = placed(orjson.loads(row.body), access)
        return {**shown, "actions": actions_shown(resolved), "requests": asked, **particulars}

    @rpc(scope="appointments:act", answers=schemas.Request)
    def ask(self, command: Json, access: AccessToken) -> Json:
        """
        Ask for a change that one cannot make oneself, if the organisation takes requests for it.

        Raises NotFound("appointment-not-found"); Conflict `appointment-past`, `appointment-cancelled`, `already-asked`,
        and `can-be-done-directly`; Refused with the organisation's reason where there is the phone alone.
        """
        wish = load(schemas.Ask, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"ask": wish})) is not None:
                return dict(done)
            known = self._to_come(tx, wish["appointment"], access)
            if wish["action"] in WAYS:
                check_can_be(known, wish["action"], self.conferences, self.rules)
            self._check_takes_requests(tx, known, wish["action"], access)
            starts_at = known.appointment.span.starts_at
            asked = tx.ask(
                Request(
                    id="",
                    organisation=known.appointment.organisation,
                    appointment=known.id,
                    action=wish["action"],
                    wish=wish["wish"],
                    state=domain.ASKED,
                    asked_at=tx.now,
                    expires_at=domain.expires_at(tx.now, starts_at),
                )
            )
            tx.promise(EXPIRE, asked.expires_at, {"request": asked.id}, key=asked.id)
            return dict(tx.remember(schemas.shown(asked)))

    @rpc(scope="appointments:act", answers=schemas.Request)
    def withdraw_request(self, command: Json, access: AccessToken) -> Json:
        """
        Take a request back.

        Raises NotFound("request-not-found"), Conflict("request-ended"), and Refused("not-delegated") for whom the
        organisation lets not act.
        """
        wish = load(schemas.OneRequest, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"withdraw_request": wish})) is not None:
                return dict(done)
            if access.on_behalf and (asked := tx.request(wish["request"])) is not None:
                self._check_may_withdraw(tx, asked, access)
            return dict(tx.remember(schemas.shown(_ended(tx, wish["request"], domain.WITHDRAWN))))

    @rpc(scope="organisations:manage", answers=schemas.Requests)
    def open_requests(self, question: Json, access: AccessToken) -> Json:
        """What the organisation whose staff asks has not answered yet, the oldest first."""
        wanted = load(schemas.OpenRequests, question)
        start = Cursor.read(wanted["cursor"], OLDEST)
        found = self.store.reading(None).open_requests(organisation_of(access), start, wanted["limit"] + 1)
        page = found[: wanted["limit"]]
        read = ((owner, self.store.reading(owner).request(request_id)) for request_id, owner, _ in page)
        waiting = [(owner, one) for owner, one in read if one is not None and one.state == domain.ASKED]
        return {
            "requests": [schemas.shown(one) for _, one in waiting],
            "about": sorted({owner for owner, _ in waiting}),
            "next": str(page[-1][2]) if len(found) > len(page) else None,
        }

    @rpc(scope="organisations:manage", answers=schemas.Request)
    def answer_request(self, command: Json, access: AccessToken) -> Json:
        """
        Accept a request, which changes or cancels the appointment where that was asked for, or decline it.

        Raises NotFound `request-not-found`, also for another organisation's, or `slot-not-found`; Malformed where a
        change is accepted without a slot; Conflict `request-ended`, or as `move` and `cancel` do.
        """
        answer = load(schemas.Answer, command)
        with self.store.transaction(owner=None) as tx:
            owner = tx.asker(answer["request"], organisation_of(access))
        with self.store.transaction(owner=owner) as tx:
            if (done := tx.once(key_of_staff(access), {"answer_request": answer})) is not None:
                return dict(done)
            accepted = answer["answer"] == schemas.ACCEPT
            ended = _ended(tx, answer["request"], domain.ACCEPTED if accepted else domain.DECLINED, answer["reason"])
            if accepted:
                self._carry_out(tx, ended, answer["slot"])
            told = schemas.RequestAnswered().dump(RequestAnswered(ended.id, ended.appointment))
            event = Event.of("request_answered", subject=owner, data=told)
            tx.announce(event, of=origin_of(tx, ended.appointment))
            return dict(tx.remember(schemas.shown(ended)))

    @fulfils(EXPIRE)
    def expire_request(self, obligation: Obligation) -> None:
        """Nobody has answered in time: the citizen is told, and can phone."""
        with self.store.transaction(owner=obligation.owner) as tx:
            expired = tx.settle(obligation.payload["request"], domain.EXPIRED)
            if expired is not None:
                told = schemas.RequestExpired().dump(RequestExpired(expired.id, expired.appointment))
                event = Event.of("request_expired", subject=tx.owner, data=told)
                tx.announce(event, of=origin_of(tx, expired.appointment))

    def _check_may_withdraw(self, tx: Writes, request: Request, access: AccessToken) -> None:
        """What was asked about an appointment that this representative is not shown is not there."""
        try:
            known = self._shown(tx.appointment_row(request.appointment), access)
        except NotFound:
            raise NotFound("request-not-found") from None
        self.check_may_act(known, access)

    def _check_takes_requests(self, tx: Writes, known: Known, action: str, access: AccessToken) -> None:
        decides = VIDEO if action in WAYS else action
        decided = Offers(self.rules, access, self.clock(), tx).decided(decides, known.appointment)
        note_all(tx, decided, known.id)
        if decided.answer.tier is Tier.DIRECT:
            raise Conflict("can-be-done-directly")
        if decided.answer.tier is Tier.PHONE:
            manifest = self.rules[known.appointment.organisation].manifest
            raise refused(decided.answer, manifest.phone_of(known.appointment.meeting.unit))

    def _carry_out(self, tx: Writes, request: Request, slot_id: object) -> None:
        """Do what was asked for, unless it is so by now; the waitlist is for the organisation's own systems."""
        if request.action in WAYS:
            known = to_come(known_of(tx.appointment_row(request.appointment)), self.clock())
            if not is_so(known, request.action):
                check_can_be(known, request.action, self.conferences, self.rules)
                switch(tx, known, request.action)
                self.followed(tx)
        if request.action == "cancel":
            known = to_come(known_of(tx.appointment_row(request.appointment)), self.clock())
            announce_cancellation(tx, known, tx.cancel(known)[1])
        if request.action == "change":
            if slot_id is None:
                raise Malformed("malformed", FieldProblem("slot", "the id of a slot, to accept a change"))
            known = to_come(known_of(tx.appointment_row(request.appointment)), self.clock())
            slot = tx.slot(str(slot_id))
            if slot.organisation != request.organisation:
                raise NotFound("slot-not-found")
            if slot.span.starts_at <= self.clock():
                raise Conflict("slot-past")
            if slot.id == known.appointment.slot:
                raise Conflict("same-slot")
            announce_change(tx, known, tx.move(known, slot)[1])
            self.followed(tx)


def _ended(tx: Writes, request_id: str, state: str, reason: str = "") -> Request:
    """A request that ends here and now, or the refusal to end what is ended or is not there."""
    ended = tx.settle(request_id, state, reason)
    if ended is None:
        if tx.request(request_id) is None:
            raise NotFound("request-not-found")
        raise Conflict("request-ended")
    tx.discharge(EXPIRE, ended.id)
    return ended
