"""Where the bus meets grants: offering, answering, changing, ending, and the two-way overview (R91-R95)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from helsami_consents.announcing import event_of
from helsami_consents.grants import schemas
from helsami_consents.grants.domain import (
    LEVELS,
    LONGEST,
    MOST_OPEN,
    WARNED_BEFORE,
    Grant,
    GrantAccepted,
    GrantChanged,
    GrantEnded,
    GrantExpiring,
    GrantOffered,
    GrantTold,
    State,
    objection,
    scopes_of,
)
from helsami_consents.grants.storage import Reads, Writes
from helsami_consents.people import Person
from helsami_consents.register import Register
from helsami_kernel import Obligation, fulfils, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.clock import written
from helsami_kernel.errors import Conflict, FieldProblem, Forbidden, Malformed, NotFound, Refusal, Refused, load
from helsami_kernel.store import OpenStore

EXPIRE: Final = "expire_grant"
WARN: Final = "warn_of_expiry"
TOLD: Final = {
    "giver-protected": "protected-address",
    "giver-too-young": "giver-too-young",
    "receiver-too-young": "receiver-too-young",
}
"""What a giver may know of why not."""

Json = dict[str, Any]


class Grants(Register):
    """Part of consents: what citizens let each other do."""

    store: OpenStore[Reads, Writes]
    clock: Callable[[], datetime]

    @rpc(scope="consents:act", answers=schemas.Shown)
    def offer_grant(self, command: Json, access: AccessToken) -> Json:
        """
        Let another citizen act for oneself once they have said yes (R91-R93).

        Raises Refused `grant-to-oneself`, `protected-address`, `giver-too-young` or `receiver-too-young`,
        NotFound("citizen-not-found") for a receiver who is not known, dead or at a protected address, and Conflict
        `already-granted`, `too-many-grants`, or `changed-too-often` where this receiver was offered it again and again.
        """
        wish = load(schemas.Offer, command)
        giver, receiver = oneself(access), wish["receiver"]
        if receiver == giver:
            raise Refused("grant-to-oneself")
        people = self.people(giver, receiver)
        against = objection(people.get(giver), people.get(receiver), self.clock())
        with self.store.transaction(giver) as tx:
            if (done := tx.once(access.idempotency_key, ["offer_grant", _plain(wish)])) is not None:
                return dict(done)
            if against is not None:
                raise _refusal(against)
            expires_at = _end_of(wish, tx.now)
            tx.take_turn()
            if tx.count_given() >= MOST_OPEN:
                raise Conflict("too-many-grants")
            _check_seldom(tx.grant_to(receiver), tx.now)
            offered = tx.offer(receiver, _scopes(wish), expires_at)
            if offered is None:
                raise Conflict("already-granted")
            _promise_end(tx, offered)
            _tell(tx, GrantOffered(offered.id, State.OFFERED), offered, receiver)
            return dict(tx.remember(self._shown(offered, giver, people)))

    @rpc(scope="consents:act", answers=schemas.Shown)
    def accept_grant(self, command: Json, access: AccessToken) -> Json:
        """Say yes to an offer; again is the same. Raises NotFound("grant-not-found") and Conflict("grant-ended")."""
        me, wanted = oneself(access), load(schemas.OneGrant, command)["grant"]
        people = self._sides(me, wanted)
        with self.store.transaction(me) as tx:
            grant = _in_force(tx, wanted, receiver=me)
            if objection(people.get(grant.giver), people.get(me), self.clock()) is not None:
                raise NotFound("grant-not-found")
            if grant.accepted_at is None:
                grant = tx.confirm(grant)
                _tell(tx, GrantAccepted(grant.id, State.ACTIVE), grant, grant.giver)
        return self._shown(grant, me, people)

    @rpc(scope="consents:act", answers=schemas.Shown)
    def change_grant(self, command: Json, access: AccessToken) -> Json:
        """
        Give a grant other terms, from the next question on.

        Raises NotFound("grant-not-found"), and Conflict `grant-ended` or `changed-too-often`.
        """
        wish, me = load(schemas.Change, command), oneself(access)
        with self.store.transaction(me) as tx:
            grant = _in_force(tx, wish["grant"], giver=me)
            scopes, expires_at = _scopes(wish), _end_of(wish, tx.now)
            if (grant.scopes, grant.expires_at) != (scopes, expires_at):
                _check_seldom(grant, tx.now)
                grant = tx.change(grant, scopes, expires_at)
                _promise_end(tx, grant)
                state = State.ACTIVE if grant.accepted_at else State.OFFERED
                _tell(tx, GrantChanged(grant.id, state), grant, grant.receiver)
        return self._shown(grant, me, self.names(me, grant.receiver))

    @rpc(scope="consents:act", answers=schemas.Shown)
    def confirm_grant(self, command: Json, access: AccessToken) -> Json:
        """Mean a grant anew that was suspended while one's account was not in use (K19); again is the same."""
        me, wanted = oneself(access), load(schemas.OneGrant, command)["grant"]
        people = self._sides(me, wanted)
        with self.store.transaction(me) as tx:
            grant = _in_force(tx, wanted)
            if me == grant.receiver and grant.accepted_at is None:
                raise Conflict("grant-not-accepted")
            if grant.state(tx.now, people.get(grant.giver), people.get(grant.receiver)) is State.SUSPENDED:
                grant = tx.confirm(grant)
        return self._shown(grant, me, people)

    @rpc(scope="consents:act", answers=schemas.Shown)
    def end_grant(self, command: Json, access: AccessToken) -> Json:
        """
        End a grant, from the next question on, at any time and by either side (R94); done twice, it is done.

        By its giver it is revoked; by its receiver declined while it is only offered, and renounced later. What others
        have granted about oneself ends by the same name.
        """
        me, wanted = oneself(access), load(schemas.OneGrant, command)["grant"]
        with self.store.transaction(me) as tx:
            grant = tx.grant(wanted)
            if grant is not None and grant.ended_at is None:
                ended_as = _ended_by(me, grant)
                grant = tx.end(grant, ended_as)
                _tell(tx, GrantEnded(grant.id, ended_as), grant, grant.other_side(me))
        if grant is None:
            return self.end_given_otherwise(me, wanted)
        return self._shown(grant, me, self.names(grant.other_side(me)))

    def given_otherwise(self, me: str, myself: Person | None) -> list[Json]:  # noqa: ARG002
        """Who else acts for somebody, whom they have not asked to: those parts of consents say that know of any."""
        return []

    def end_given_otherwise(self, me: str, wanted: str) -> Json:  # noqa: ARG002
        """End what somebody has not granted themselves. Raises NotFound."""
        raise NotFound("grant-not-found")

    @rpc(scope="consents:read", answers=schemas.Overview)
    def grants(self, command: Json, access: AccessToken) -> Json:
        """
        Who acts for me, and who has let me act (R95); what a rule forbids now is not among the latter.

        Among the former is what staff have granted about me, by its `basis`.
        """
        load(schemas.Nothing, command)
        me, now = oneself(access), self.clock()
        grants = self.store.reading(me).grants()
        people = self.people(me, *(side for grant in grants for side in (grant.giver, grant.receiver)))
        received = [grant for grant in grants if grant.receiver == me]
        allowed = [each for each in received if objection(people.get(each.giver), people.get(me), now) is None]
        return {
            "given": [
                *(self._shown(grant, me, people) for grant in grants if grant.giver == me),
                *self.given_otherwise(me, people.get(me)),
            ],
            "received": [self._shown(grant, me, people) for grant in allowed],
        }

    @fulfils(EXPIRE)
    def expire_grant(self, promised: Obligation) -> None:
        """Write down that a grant's time is up, and tell both; it has not held since."""
        with self.store.transaction(promised.owner) as tx:
            if (grant := _due(tx, promised)) is not None:
                ended = tx.end(grant, State.EXPIRED)
                for side in (grant.giver, grant.receiver):
                    _tell(tx, GrantEnded(ended.id, State.EXPIRED), ended, side)

    @fulfils(WARN)
    def warn_of_expiry(self, promised: Obligation) -> None:
        """Tell both sides in time that a grant ends."""
        with self.store.transaction(promised.owner) as tx:
            if (grant := _due(tx, promised)) is not None:
                for side in (grant.giver, grant.receiver):
                    _tell(tx, GrantExpiring(grant.id, State.ACTIVE), grant, side)

    def _sides(self, me: str, grant_id: str) -> dict[str, Person]:
        """What the register says of both sides of a grant of mine. Raises NotFound."""
        grant = self.store.reading(me).grant(grant_id)
        if grant is None:
            raise NotFound("grant-not-found")
        return self.people(grant.giver, grant.receiver)

    def _shown(self, grant: Grant, me: str, people: Mapping[str, Person]) -> Json:
        state = grant.state(self.clock(), people.get(grant.giver), people.get(grant.receiver))
        return schemas.shown(grant, state, me, people.get(grant.other_side(me)))


def oneself(access: AccessToken) -> str:
    """The citizen who asks about themselves: nobody grants, revokes or reads the log on another's behalf."""
    if access.basis != "self" or access.subject is None:
        raise Forbidden("not-permitted")
    return access.subject


def _in_force(tx: Writes, grant_id: str, giver: str = "", receiver: str = "") -> Grant:
    """A grant that has not ended, of this giver or receiver. Raises NotFound and Conflict."""
    grant = tx.grant(grant_id)
    if grant is None or grant.giver != (giver or grant.giver) or grant.receiver != (receiver or grant.receiver):
        raise NotFound("grant-not-found")
    if grant.ended_at is not None or (grant.expires_at is not None and grant.expires_at <= tx.now):
        raise Conflict("grant-ended")
    return grant


def _check_seldom(grant: Grant | None, now: datetime) -> None:
    """Let nobody be told of one grant without end, whoever ends it in between. Raises Conflict."""
    if grant is not None and grant.changes_too_often(now):
        raise Conflict("changed-too-often")


def _due(tx: Writes, promised: Obligation) -> Grant | None:
    """The grant of an obligation, unless it has ended or got another end meanwhile."""
    grant = tx.grant(promised.payload["grant"])
    if grant is None or grant.ended_at is not None or grant.expires_at is None:
        return None
    return grant if written(grant.expires_at) == promised.payload["expires_at"] else None


def _promise_end(tx: Writes, grant: Grant) -> None:
    if grant.expires_at is None:
        return
    ends = {"grant": grant.id, "expires_at": written(grant.expires_at)}
    key = f"{grant.id} {grant.version}"
    tx.promise(EXPIRE, grant.expires_at, ends, key)
    if grant.expires_at - WARNED_BEFORE > tx.now:
        tx.promise(WARN, grant.expires_at - WARNED_BEFORE, ends, key)


def _tell(tx: Writes, happened: GrantTold, grant: Grant, whom: str) -> None:
    tx.announce(event_of(happened, whom, grant.version))


def _ended_by(citizen: str, grant: Grant) -> State:
    if citizen == grant.giver:
        return State.REVOKED
    return State.DECLINED if grant.accepted_at is None else State.RENOUNCED


def _scopes(wish: Mapping[str, Any]) -> frozenset[str]:
    return scopes_of(wish["areas"] or LEVELS[wish["level"]])


def _end_of(wish: Mapping[str, Any], now: datetime) -> datetime | None:
    """Until when a grant is wished to hold. Raises Malformed."""
    expires_at: datetime | None = wish["expires_at"]
    if expires_at is not None and not now < expires_at <= now + LONGEST:
        raise Malformed("malformed", FieldProblem("expires_at", "a time to come, at most ten years ahead"))
    return expires_at


def _plain(wish: Mapping[str, Any]) -> Json:
    return {**wish, "expires_at": None if wish["expires_at"] is None else written(wish["expires_at"])}


def _refusal(against: str) -> Refusal:
    """Why not, as far as a giver may know: a receiver who is protected, dead or unknown is not found, all the same."""
    return Refused(TOLD[against]) if against in TOLD else NotFound("citizen-not-found")
