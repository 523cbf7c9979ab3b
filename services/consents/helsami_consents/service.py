"""Consents on the bus."""

from __future__ import annotations

from typing import Any, Final

from helsami_consents import domain, log, schemas, storage
from helsami_consents.domain import Asked, Grant, Person
from helsami_kernel import Clock, FromKeys, RemoteService, Store, rpc
from helsami_kernel.access import AccessToken, Issuer, age_band
from helsami_kernel.clock import written
from helsami_kernel.errors import Forbidden, NotFound, Refusal, Refused, Unavailable, load

NAMES_WITHIN: Final = 1.0
# What a giver may know of why not.
TOLD: Final = {
    "giver-protected": "protected-address",
    "giver-too-young": "giver-too-young",
    "receiver-too-young": "receiver-too-young",
}


class ConsentsService:
    """Owns who may act for whom: everything on another's behalf is decided, logged and signed here."""

    name = "consents"

    store = Store(storage.Reads, storage.Writes)
    directory = RemoteService("directory")
    issuer = FromKeys(lambda keys: Issuer("consents", keys.signing("consents")))
    clock = Clock()

    @rpc(scope="consents:decide", answers=schemas.Decided)
    def decide(self, command: object, access: AccessToken) -> dict[str, Any]:  # noqa: ARG002
        """
        Tokens for an actor who may act for a subject now; the log says so before anybody reads.

        Raises NotFound, the same whether the subject is foreign, missing, protected or has taken the grant back: the
        reason stands in the log alone. Raises Forbidden where there is a grant, but not for this. Raises Unavailable
        while the register cannot be asked (fail closed).
        """
        asked = load(schemas.Decide, command)
        actor, subject = asked["actor"], asked["subject"]
        if not domain.is_citizen_id(subject):
            raise NotFound("citizen-not-found")
        people, now = self._people(actor, subject), self.clock()
        giver = people.get(subject)
        wanted = [(audience, asked["purpose"]) for audience in asked["audiences"]]
        with self.store.transaction(subject) as tx:
            decision = domain.decide(tx.grant_to(actor), giver, people.get(actor), now, wanted)
            tx.log(Asked(now, actor, "grant", asked["purpose"], decision.outcome, decision.reason, decision.version))
        if decision.reason == domain.BEYOND:
            raise Forbidden("not-permitted")
        if not decision.allowed or giver is None or giver.birth_date is None:
            raise NotFound("citizen-not-found")
        band = age_band(giver.birth_date, now)
        return {
            "tokens": {
                audience: self.issuer.issue(
                    audience=audience,
                    actor=actor,
                    subject=subject,
                    scopes=decision.scopes,
                    basis="grant",
                    age_band=band,
                    consent_version=decision.version,
                )
                for audience in asked["audiences"]
            },
            "basis": "grant",
        }

    @rpc(scope="consents:act", answers=schemas.Given)
    def grant(self, command: object, access: AccessToken) -> dict[str, Any]:
        """Let another citizen act for oneself (R91-R93); given again, it replaces what was granted before."""
        wish = load(schemas.Give, command)
        giver, receiver = _oneself(access), wish["receiver"]
        if receiver == giver:
            raise Refused("grant-to-oneself")
        people = self._people(giver, receiver)
        against = domain.objection(people.get(giver), people.get(receiver), self.clock())
        with self.store.transaction(giver) as tx:
            if (done := tx.once(access.idempotency_key, ["grant", wish])) is not None:
                return dict(done)
            if against is not None:
                raise _refusal(against)
            given = tx.give(receiver, wish["scopes"])
            return dict(tx.remember(_shown(given, receiver, people.get(receiver))))

    @rpc(scope="consents:act", answers=schemas.Given)
    def revoke(self, command: object, access: AccessToken) -> dict[str, Any]:
        """Take a grant back (R94); it holds from the next question on. Done twice, it is done. Raises NotFound."""
        wish = load(schemas.Revoke, command)
        with self.store.transaction(_oneself(access)) as tx:
            revoked = tx.revoke(wish["grant"])
            if revoked is None:
                raise NotFound("grant-not-found")
        return _shown(revoked, revoked.receiver, self._known(revoked.receiver).get(revoked.receiver))

    @rpc(scope="consents:read", answers=schemas.Overview)
    def grants(self, command: object, access: AccessToken) -> dict[str, Any]:
        """Who may act for me, and for whom may I act now (R95); what a rule forbids now is not among the latter."""
        load(schemas.Nothing, command)
        me = _oneself(access)
        grants = self.store.reading(me).grants()
        people = self._people(me, *(person for grant in grants for person in (grant.giver, grant.receiver)))
        now = self.clock()
        received = [one for one in grants if one.receiver == me]
        usable = [one for one in received if domain.decide(one, people.get(one.giver), people.get(me), now).allowed]
        return {
            "given": [_shown(one, one.receiver, people.get(one.receiver)) for one in grants if one.giver == me],
            "received": [_shown(one, one.giver, people.get(one.giver)) for one in usable],
        }

    @rpc(scope="access-log:read")
    def access_log(self, command: object, access: AccessToken) -> bytes:
        """Who has asked to act for me, newest first, as a finished section (R89). Raises Malformed."""
        page = load(schemas.Page, command)
        before = log.read_cursor(page["cursor"])
        entries = self.store.reading(_oneself(access)).log(before, page["limit"] + 1)
        return log.finished(entries, page["limit"], self.clock(), self._known(*(one.asked.actor for one in entries)))

    def _known(self, *citizens: str) -> dict[str, Person]:
        """As `_people`, for their names alone: while the register is away, nobody is known and all else goes on."""
        try:
            return self._people(*citizens, within=NAMES_WITHIN) if citizens else {}
        except Unavailable:
            return {}

    def _people(self, *citizens: str, within: float | None = None) -> dict[str, Person]:
        """What the register says of these people now; who is not known is absent. Raises Unavailable."""
        token = self.issuer.issue(audience="directory", actor="consents", scopes=["directory:facts"], basis="service")
        answer = self.directory.facts({"citizens": sorted(set(citizens))}, token=token, within=within)
        return {person.id: person for person in schemas.FactsFound().load(answer)["facts"]}


def _oneself(access: AccessToken) -> str:
    """The citizen who asks about themselves: nobody grants, revokes or reads the log on another's behalf."""
    if access.basis != "self" or access.subject is None:
        raise Forbidden("not-permitted")
    return access.subject


def _refusal(against: str) -> Refusal:
    """Why not, as far as a giver may know: a receiver who is protected, dead or unknown is not found, all the same."""
    return Refused(TOLD[against]) if against in TOLD else NotFound("citizen-not-found")


def _shown(grant: Grant, other: str, person: Person | None) -> dict[str, Any]:
    """A grant with its other side, as JSON."""
    return {
        "id": grant.id,
        "citizen": other,
        "name": None if person is None else person.name,
        "scopes": sorted(grant.scopes),
        "version": grant.version,
        "granted_at": written(grant.granted_at),
        "revoked_at": None if grant.revoked_at is None else written(grant.revoked_at),
    }
