"""Holding a free time while one confirms (R22)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from helsami_appointments import schemas
from helsami_appointments.booked import plausible
from helsami_appointments.offers import Offers, acts_for
from helsami_appointments.storage import Reads, Writes
from helsami_kernel import Obligation, fulfils, rpc
from helsami_kernel.access import AccessToken, subject_of
from helsami_kernel.clock import written
from helsami_kernel.errors import load
from helsami_kernel.store import OpenStore
from helsami_sdk.organisations import Organisations

HELD_FOR: Final = timedelta(minutes=5)
RELEASE: Final = "release_hold"

Json = dict[str, Any]


class Holds:
    """Part of appointments: a time that a citizen is about to take is offered to nobody else."""

    store: OpenStore[Reads, Writes]
    rules: Organisations
    clock: Callable[[], datetime]

    @rpc(scope="appointments:act", answers=schemas.Hold)
    def hold(self, command: Json, access: AccessToken) -> Json:
        """
        Keep a free time for five minutes, from the first time it is asked for; one holds one time at once.

        Whoever acts for a citizen holds it themselves: for the citizen and others who act for them it is taken.
        Raises what `book` raises but `appointment-overlaps`: what could not be booked is not held.
        """
        wish = load(schemas.BookSlot, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"hold": wish})) is not None:
                return dict(done)
            tx.acts = acts_for(access)
            slot = tx.slot(str(wish["slot"]))
            offers = Offers(self.rules, access, self.clock(), tx)
            offers.check_free(slot)
            offers.agree("book", slot, slot.id)
            offers.check_offered(slot)
            until = tx.hold(slot, tx.now + HELD_FOR)
            tx.promise(RELEASE, until, {"slot": slot.id}, key=_key(slot.id, until))
            return dict(tx.remember({"slot": slot.id, "held_until": written(until)}))

    @rpc(scope="appointments:act", answers=schemas.Released)
    def release(self, command: Json, access: AccessToken) -> Json:
        """
        Let a time go that one holds, before its five minutes are over: it is offered to whoever waits.

        Raises NotFound("hold-not-found"), also for what somebody else holds, or is over.
        """
        wish = load(schemas.OneSlot, command)
        with self.store.transaction(owner=subject_of(access)) as tx:
            if (done := tx.once(access.idempotency_key, {"release": wish})) is not None:
                return dict(done)
            tx.acts = acts_for(access)
            until = tx.let_go(plausible(wish["slot"]))
            tx.discharge(RELEASE, _key(wish["slot"], until))
            return dict(tx.remember({"slot": wish["slot"]}))

    @fulfils(RELEASE)
    def release_hold(self, obligation: Obligation) -> None:
        """Tidy up after a hold, which has ended by itself."""
        with self.store.transaction(owner=obligation.owner) as tx:
            tx.release(obligation.payload["slot"])


def _key(slot_id: str, until: datetime) -> str:
    return f"{slot_id} {written(until)}"
