"""What an organisation's staff do for those who do not answer here, and how its offers have ended."""

from __future__ import annotations

from typing import Any

from helsami_appointments import schemas as appointments
from helsami_appointments.booked import known_of
from helsami_appointments.domain import TO_COME
from helsami_appointments.waitlist import schemas
from helsami_appointments.waitlist.entrypoints import Waitlist, offer_shown, tell_whose
from helsami_kernel import rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.clock import written
from helsami_kernel.errors import Conflict, Refused, load
from helsami_kernel.staff import key_of_staff, organisation_of

Json = dict[str, Any]


class StaffWaitlist(Waitlist):
    """Part of appointments: the waitlist of one organisation, for its staff (requirements.md 2, idea 12)."""

    @rpc(scope="organisations:manage", answers=schemas.Waiting)
    def join_waitlist_for(self, command: Json, access: AccessToken) -> Json:
        """
        Let somebody who does not answer here wait for something earlier than an appointment with this organisation.

        Raises NotFound("appointment-not-found"), also for another organisation's; Conflict `appointment-past`; Refused
        where the organisation has no waitlist. Its staff need nobody's leave to join.
        """
        wish = load(schemas.JoinFor, command)
        organisation = organisation_of(access)
        with self.store.transaction(owner=wish["citizen"]) as tx:
            if (done := tx.once(key_of_staff(access), {"join_waitlist_for": [organisation, wish]})) is not None:
                return dict(done)
            known = known_of(tx.appointment_with(organisation, wish["appointment"]))
            if known.appointment.status not in TO_COME or known.appointment.span.starts_at <= tx.now:
                raise Conflict("appointment-past")
            self._check_waitlist(tx, known)
            since = tx.join(known, wish["age_band"], digital=False, priority=wish["priority"])
            tell_whose(tx, known)
            return dict(tx.remember({"appointment": known.id, "since": written(since)}))

    @rpc(scope="organisations:manage", answers=schemas.OffersForStaff)
    def waitlist_offers_for(self, question: Json, access: AccessToken) -> Json:
        """The open offers of this organisation to those who do not answer here, the first to expire first."""
        load(schemas.Nothing, question)
        with self.store.transaction(owner=None) as tx:
            found = tx.undigital_offers(organisation_of(access))
        shown = [(offer.owner, one) for offer in found for one in self._for_staff(offer.owner, offer.id)]
        return {"offers": [one for _, one in shown], "about": sorted({owner for owner, _ in shown})}

    def _for_staff(self, owner: str, offer_id: str) -> list[Json]:
        reads = self.store.reading(owner)
        rows = [row for row in reads.offers() if row.offer_id == offer_id]
        return [
            {**offer_shown(row, self.clock()), "record_key": reads.appointment_row(row.id).record_key} for row in rows
        ]

    @rpc(scope="organisations:manage", answers=appointments.Appointment)
    def accept_offer_for(self, command: Json, access: AccessToken) -> Json:
        """
        Accept an offer for somebody who does not answer here, on their word; as `accept_offer` otherwise.

        Raises NotFound("offer-not-found"), also for another organisation's, and Refused("answers-themselves").
        """
        wish = load(schemas.AnswerOffer, command)
        with self.store.transaction(owner=None) as tx:
            offer = tx.offer_of(organisation_of(access), wish["offer"])
        if offer.digital:
            raise Refused("answers-themselves")
        with self.store.transaction(owner=offer.owner) as tx:
            if (done := tx.once(key_of_staff(access), {"accept_offer_for": wish})) is not None:
                return dict(done)
            return dict(tx.remember(self.take_offer(tx, tx.own_offer(offer.id))))

    @rpc(scope="organisations:manage", answers=schemas.Outcomes)
    def waitlist_outcomes(self, question: Json, access: AccessToken) -> Json:
        """How this organisation's offers stand, by age band and by whether they are answered here."""
        load(schemas.Nothing, question)
        with self.store.transaction(owner=None) as tx:
            counted = tx.outcomes(organisation_of(access))
        names = ("state", "age_band", "digital", "count")
        return {"outcomes": [dict(zip(names, row, strict=True)) for row in counted]}
