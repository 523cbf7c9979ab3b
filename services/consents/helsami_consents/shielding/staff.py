"""What an organisation's staff do about what citizens hide: see what waits for their word, and say it (R68, R69)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from helsami_consents.access_log.domain import ALLOWED, STAFF, Access
from helsami_consents.capacity.staff import OLDEST
from helsami_consents.capacity.storage import office
from helsami_consents.shielding import schemas
from helsami_consents.shielding.announcing import event_of
from helsami_consents.shielding.domain import (
    DECLINED_AS,
    DECLINED_STAYS,
    OPEN,
    Shield,
    ShieldingDecided,
    State,
    confirmed_as,
)
from helsami_consents.shielding.entrypoints import END, NO_SUCH, Shielding
from helsami_consents.shielding.storage import Writes
from helsami_kernel import rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Conflict, FieldProblem, Malformed, NotFound, load
from helsami_kernel.pages import Cursor
from helsami_kernel.staff import key_of_staff, organisation_of
from helsami_kernel.store import OpenStore

REASON: Final = "shielding"

Json = dict[str, Any]


class StaffShielding(Shielding):
    """Part of consents: an organisation's word on what is hidden of its own."""

    store: OpenStore[Any, Any]  # the service's own, which also logs
    clock: Callable[[], datetime]
    sealing: bytes

    @rpc(scope="organisations:manage", answers=schemas.Open)
    def open_shields(self, question: Json, access: AccessToken) -> Json:
        """What waits for the word of the asking organisation, the oldest first; a day's first look is logged."""
        wanted, organisation = load(schemas.Asked, question), organisation_of(access)
        with self.store.transaction(office(organisation)) as tx:
            found = tx.open_shields(organisation, Cursor.read(wanted["cursor"], OLDEST), wanted["limit"] + 1)
        page = found[: wanted["limit"]]
        more = str(Cursor(page[-1][2], page[-1][0])) if len(found) > len(page) else None
        waiting = [shield for each, owner, _ in page if (shield := self._of(owner, each)) is not None]
        people = self.people(*(each.owner for each in waiting)) if waiting else {}
        with self.store.transaction(None) as tx:
            owners = {each.owner for each in waiting}
            tx.log_staff_once_a_day(self._seen(organisation), owners, self.sealing)
        return {"shields": [schemas.for_staff(each, people.get(each.owner)) for each in waiting], "next": more}

    @rpc(scope="organisations:manage", answers=schemas.Settled)
    def decide_shield(self, command: Json, access: AccessToken) -> Json:
        """
        Confirm what a citizen hides or asks for, or decline it; they are told at once.

        What is declined stays hidden for DECLINED_STAYS, so that nobody is exposed unprepared. Raises
        NotFound("shield-not-found"), also for another organisation's, Conflict("already-decided"), and Malformed for
        a refusal to lift what the citizen wants no longer.
        """
        decision, organisation = load(schemas.Decide, command), organisation_of(access)
        with self.store.transaction(office(organisation)) as tx:
            owner = tx.shield_owner(organisation, decision["shield"])
        if owner is None:
            raise NotFound(NO_SUCH)
        with self.store.transaction(owner) as tx:
            # The transaction is the citizen's, whose own keys are no business of staff's.
            if (done := tx.once(key_of_staff(access), ["decide_shield", decision])) is not None:
                return dict(done)
            shield = tx.own_shield(decision["shield"])
            if shield is None or shield.state not in OPEN:
                raise Conflict("already-decided")
            settled = _settled(tx, shield, decision)
            tx.announce(event_of(ShieldingDecided, settled))
            tx.log_all({owner: [self._seen(organisation)]}, tx.heads_of([owner]), self.sealing)
            return dict(tx.remember(schemas.settled(settled)))

    def _of(self, owner: str, shield_id: str) -> Shield | None:
        with self.store.transaction(owner) as tx:
            shield: Shield | None = tx.own_shield(shield_id)
        return shield

    def _seen(self, organisation: str) -> Access:
        return Access(
            at=self.clock(),
            actor=organisation,
            basis=STAFF,
            purpose="patient-request",
            outcome=ALLOWED,
            reason=REASON,
            organisation=organisation,
            kinds="profile",
        )


def _settled(tx: Writes, shield: Shield, decision: Json) -> Shield:
    if decision["decision"] == "confirm":
        return tx.settle_shield(shield, confirmed_as(shield), decided_at=tx.now)
    declined = DECLINED_AS.get(shield.state)
    if declined is None:
        raise Malformed("malformed", FieldProblem("decision", "confirm: it is lifted because its citizen wants that"))
    until = tx.now + DECLINED_STAYS if declined is State.DECLINED else None
    settled = tx.settle_shield(shield, declined, decided_at=tx.now, until=until, reason=decision["reason"])
    if until is not None:
        tx.promise(END, until, {"shield": shield.id}, key=f"{shield.id} {settled.version}")
    return settled
