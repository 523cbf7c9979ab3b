"""Where the bus meets shields: what citizens hide, and what is theirs alone to see (R68, R69, K23)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from helsami_consents.children.domain import ends_at as comes_of_age
from helsami_consents.grants.entrypoints import oneself
from helsami_consents.grants.schemas import Nothing
from helsami_consents.people import Person, is_at_least
from helsami_consents.register import Register
from helsami_consents.shielding import schemas
from helsami_consents.shielding.announcing import event_of
from helsami_consents.shielding.domain import (
    GROUPS,
    MOST_STANDING,
    OF_AGE,
    OPEN,
    PARENTS,
    STAFF,
    STANDING,
    Shield,
    ShieldingLifted,
    ShieldingRequested,
    State,
    begins_as,
    is_asked_too_soon,
    is_too_young,
    lifted_as,
    of_age_as,
)
from helsami_consents.shielding.storage import FORGET, NEWEST, Reads, Writes
from helsami_kernel import Event, Obligation, fulfils, handles, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Conflict, NotFound, Refused, load
from helsami_kernel.pages import Cursor
from helsami_kernel.store import OpenStore

END: Final = "end_shield"
COME_OF_AGE: Final = "shield_comes_of_age"
NO_SUCH: Final = "shield-not-found"

Json = dict[str, Any]


class Shielding(Register):
    """Part of consents: what citizens hide of their own. Representatives learn nothing of it, not even that it is."""

    store: OpenStore[Reads, Writes]
    clock: Callable[[], datetime]

    @rpc(scope="consents:act", answers=schemas.Shown)
    def shield(self, command: Json, access: AccessToken) -> Json:
        """
        Hide an item of one's own, from the next request on; whoever asks has seen to it that it is one's own.

        From parents, from all who act for one, or from one of them it is hidden here and at once; below 16 the
        organisation has its word afterwards. From staff it is for the organisation to hide. Raises
        NotFound("representation-not-found"), Refused `too-young-to-shield`, and Conflict `already-shielded`,
        `too-many-shields`, or `declined-lately` for what staff have declined below 16, and once more when asked anew.
        """
        wish, me = load(schemas.Conceal, command), oneself(access)
        person, now = self.people(me).get(me), self.clock()
        if person is None or is_too_young(person, now):
            raise Refused("too-young-to-shield")
        with self.store.transaction(me) as tx:
            if (done := tx.once(access.idempotency_key, ["shield", command])) is not None:
                return dict(done)
            reader = _reader(tx, wish["hidden_from"], person)
            tx.take_turn()
            if tx.count_standing() >= MOST_STANDING:
                raise Conflict("too-many-shields")
            what = schemas.hidden_of(wish)
            last = tx.last_decided(what, wish["hidden_from"])
            state = begins_as(wish["hidden_from"], person, now, last)
            if wish["hidden_from"] != STAFF and is_asked_too_soon(state, last, now):
                raise Conflict("declined-lately")
            parents = person.holders if wish["hidden_from"] == PARENTS else ()
            shielded = tx.shield(what, wish["hidden_from"], reader, state, parents)
            if shielded is None:
                raise Conflict("already-shielded")
            _promise_age(tx, shielded, person)
            tx.announce(event_of(ShieldingRequested, shielded))
            return dict(tx.remember(schemas.shown(shielded, protected=access.protected)))

    @rpc(scope="consents:act", answers=schemas.Shown)
    def lift_shield(self, command: Json, access: AccessToken) -> Json:
        """
        Hide something no longer, from the next request on; again is the same. Raises NotFound("shield-not-found").

        What an organisation has hidden from its staff, it is asked to show them again.
        """
        me, wanted = oneself(access), load(schemas.OneShield, command)["shield"]
        with self.store.transaction(me) as tx:
            shield = tx.own_shield(wanted)
            if shield is None:
                raise NotFound(NO_SUCH)
            lifted = lifted_as(shield.state)
            if shield.state in STANDING and shield.state is not lifted:
                shield = tx.settle_shield(shield, lifted, until=None)
                tx.announce(event_of(ShieldingLifted, shield))
        return schemas.shown(shield, protected=access.protected)

    @rpc(scope="consents:read", answers=schemas.Mine)
    def shields(self, question: Json, access: AccessToken) -> Json:
        """What one has hidden and how it stands, the newest first, with what is over. Raises Malformed."""
        wanted = load(schemas.Asked, question)
        reads = self.store.reading(oneself(access))
        found = reads.shields(Cursor.read(wanted["cursor"], NEWEST), wanted["limit"] + 1)
        page = found[: wanted["limit"]]
        more = str(Cursor(page[-1].asked_at, page[-1].id)) if len(found) > len(page) else None
        return {"shields": [schemas.shown(each, protected=access.protected) for each in page], "next": more}

    @handles("appointment_named", source="appointments")
    def hide_by_other_name(self, event: Event) -> None:
        """Hide what is about an appointment also where that was hidden before its record system had heard of it."""
        citizen, appointment, other = schemas.named(event)
        with self.store.transaction(citizen) as tx:
            tx.also_known_as(appointment, other)

    @rpc(scope="journal:write", answers=Nothing)
    def name_appointments(self, command: Json, access: AccessToken) -> Json:  # noqa: ARG002  whose it is, the owner said
        """
        Do the same before a delivery goes on: what it brings about an appointment is then hidden when it arrives.

        The gateway asks, between the owner of appointments and all others. What is hidden grows by it and nothing else.
        """
        told = load(schemas.Name, command)
        with self.store.transaction(told["citizen"]) as tx:
            for one in told["named"]:
                tx.also_known_as(one["appointment"], one["known_as"])
        return {}

    # Promises

    @fulfils(END)
    def end_shield(self, promised: Obligation) -> None:
        """
        Write down that what staff have declined hides no longer, and tell its citizen; it has not since.

        Who was of age by then hides it yet. Raises Unavailable while the register cannot be asked, and is tried again.
        """
        owner = str(promised.owner)
        person = self.people(owner).get(owner)
        with self.store.transaction(owner) as tx:
            shield = tx.own_shield(promised.payload["shield"])
            if shield is None or shield.state is not State.DECLINED or shield.until is None or shield.until > tx.now:
                return
            if person is None or not is_at_least(person, OF_AGE, shield.until):
                tx.announce(event_of(ShieldingLifted, tx.settle_shield(shield, State.ENDED)))

    @fulfils(COME_OF_AGE)
    def shield_comes_of_age(self, promised: Obligation) -> None:
        """From one's 16th birthday on nobody else has a word in what one hides: it stays hidden."""
        with self.store.transaction(promised.owner) as tx:
            shield = tx.own_shield(promised.payload["shield"])
            if shield is None or _is_over(shield, promised.due_at):
                return
            if (state := of_age_as(shield)) is not None:
                tx.settle_shield(shield, state, until=None)

    @fulfils(FORGET)
    def forget_shield(self, promised: Obligation) -> None:
        """
        Forget what has long been over; what staff have declined not before its citizen is of age.

        Raises Unavailable while the register cannot be asked, and is tried again.
        """
        owner = str(promised.owner)
        person, its = self.people(owner).get(owner), promised.payload["shield"]
        with self.store.transaction(owner) as tx:
            shield = tx.own_shield(its)
            if shield is None or shield.state in STANDING:
                return
            born = None if person is None else person.birth_date
            if shield.is_declined and born is not None and comes_of_age(born) > tx.now:
                tx.promise(FORGET, comes_of_age(born), {"shield": its}, key=f"{its} of age")
            else:
                tx.forget_shield(its)


def _reader(tx: Writes, hidden_from: str, person: Person) -> str | None:
    """Whom alone something is hidden from, None for one of GROUPS. Raises NotFound("representation-not-found")."""
    if hidden_from in GROUPS:
        return None
    by_register = (each.citizen for each in person.guardians if each.id == hidden_from)
    reader = tx.representative(hidden_from) or next(by_register, None)
    if reader is None:
        raise NotFound("representation-not-found")
    return reader


def _is_over(shield: Shield, now: datetime) -> bool:
    return shield.until is not None and shield.until <= now


def _promise_age(tx: Writes, shield: Shield, person: Person) -> None:
    theirs = shield.state in OPEN and shield.hidden_from != STAFF
    if theirs and person.birth_date is not None:
        tx.promise(COME_OF_AGE, comes_of_age(person.birth_date), {"shield": shield.id}, key=shield.id)
