"""Consents on the bus."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from helsami_consents import domain, schemas, storage
from helsami_consents.access_log.anchors import FILE, AnchorFile, Signer
from helsami_consents.access_log.domain import Access, kinds_of
from helsami_consents.access_log.entrypoints import AccessLog
from helsami_consents.capacity.entrypoints import Capacity
from helsami_consents.deciding import grounds
from helsami_consents.domain import Decision
from helsami_consents.grants.domain import State
from helsami_consents.grants.entrypoints import oneself
from helsami_consents.grants.schemas import Nothing
from helsami_consents.people import Person, is_citizen_id
from helsami_consents.shielding.staff import StaffShielding
from helsami_consents.storage import Between
from helsami_kernel import Clock, FromKeys, FromSettings, RemoteService, Store, rpc
from helsami_kernel.access import AccessToken, Issuer, age_band
from helsami_kernel.errors import Forbidden, NotFound, load


class ConsentsService(StaffShielding, Capacity, AccessLog):
    """Owns who may act for whom: everything on another's behalf is decided, logged and signed here."""

    name = "consents"

    store = Store(storage.Reads, storage.Writes)
    directory = RemoteService("directory")
    issuer = FromKeys(lambda keys: Issuer("consents", keys.signing("consents")))
    sealing = FromKeys(lambda keys: keys.secret("access-log"))
    signer = FromKeys(lambda keys: Signer(keys.signing("consents")))
    copies = FromSettings(lambda settings: AnchorFile(settings.data / FILE))
    clock = Clock()

    @rpc(scope="consents:decide", answers=schemas.Decided)
    def decide(self, command: object, access: AccessToken) -> dict[str, Any]:  # noqa: ARG002
        """
        Tokens for an actor who may act for a subject now; the log says so before anybody reads.

        They say as well what the subject hides from this actor, so that it holds everywhere from this request on (R69).

        Raises NotFound, the same whether the subject is foreign, missing, protected or has taken the grant back: the
        reason stands in the log alone. Raises Forbidden where there is a grant, but not for this. Raises Unavailable
        while the register cannot be asked (fail closed).
        """
        asked = load(schemas.Decide, command)
        actor, subject = asked["actor"], asked["subject"]
        if not is_citizen_id(subject):
            raise NotFound("citizen-not-found")
        people, now = self.people(actor, subject), self.clock()
        giver = people.get(subject)
        wanted = [(audience, asked["purpose"]) for audience in asked["audiences"]]
        with self.store.transaction(subject) as tx:
            between = tx.between(actor, giver)
            decision = domain.decide(grounds(between, giver, people.get(actor), now), wanted)
            looked = _looked(now, asked, decision)
            if giver is not None:
                tx.log(looked, self.sealing, between.head)
            else:  # nobody has no log: of an id that is nobody's nothing stays, after as long
                tx.log_of_nobody(looked, self.sealing)
        if decision.reason == domain.BEYOND:
            raise Forbidden("not-permitted")
        if not decision.allowed or giver is None or giver.birth_date is None:
            raise NotFound("citizen-not-found")
        band = age_band(giver.birth_date, now)
        parent = _is_parent(decision, giver, between)
        return {
            "tokens": {
                audience: self.issuer.issue(
                    audience=audience,
                    actor=actor,
                    subject=subject,
                    scopes=decision.scopes,
                    basis=decision.basis,
                    age_band=band,
                    consent_version=decision.version,
                    hidden=between.hides(as_parent=parent),
                    parent=parent,
                )
                for audience in asked["audiences"]
            },
            "basis": decision.basis,
        }

    @rpc(scope="consents:read", answers=schemas.ActingFor)
    def acting_for(self, command: object, access: AccessToken) -> dict[str, Any]:
        """For whom one may act at this moment, on what ground, and in which areas (R9)."""
        load(Nothing, command)
        received = self.grants({}, access)["received"]
        granted = [{**each, "until": each["expires_at"]} for each in received if each["state"] == State.ACTIVE]
        me = oneself(access)
        guarded = self.acted_for_as_guardian(me)
        return {"acting_for": [*self.acted_for_as_parent(me), *self.acted_for_by_capacity(me), *guarded, *granted]}


def _is_parent(decision: Decision, child: Person, between: Between) -> bool:
    """
    Whether the actor is a parent, or was one who acted as such: also who acts on another ground by now (K23).

    So is who never acted, but was one when the child hid something from its parents.
    """
    by_now = decision.basis == domain.PARENTAL or between.actor in child.holders
    return by_now or between.parenthood is not None or between.held_responsibility


def _looked(now: datetime, asked: Mapping[str, Any], decision: Decision) -> Access:
    """What the log says of a question to act for somebody: who, why and which areas, before anybody looks."""
    return Access(
        at=now,
        actor=asked["actor"],
        basis=decision.basis,
        purpose=asked["purpose"],
        outcome=decision.outcome,
        reason=decision.reason,
        consent_version=decision.version,
        kinds=kinds_of(asked["audiences"]),
    )
