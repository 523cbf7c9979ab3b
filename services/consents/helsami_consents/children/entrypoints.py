"""Where the bus meets parents: applying for a child, and what a change in the register ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from helsami_consents.announcing import event_of
from helsami_consents.children import schemas
from helsami_consents.children.domain import BY_REGISTER, GIVEN_UP, RepresentationEnded, is_over, objection
from helsami_consents.children.storage import Reads, Writes
from helsami_consents.grants.entrypoints import oneself
from helsami_consents.grants.schemas import Nothing
from helsami_consents.guardians.entrypoints import Guardians
from helsami_consents.people import Person
from helsami_kernel import Event, Obligation, fulfils, handles, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import NotFound, Refused, load
from helsami_kernel.store import OpenStore

LOOK_AGAIN: Final = "look_again_at_child"

Json = dict[str, Any]


class Children(Guardians):
    """Part of consents: parents who act for their children."""

    store: OpenStore[Reads, Writes]
    clock: Callable[[], datetime]

    @rpc(scope="consents:act", answers=schemas.Child)
    def apply_for_child(self, command: Json, access: AccessToken) -> Json:
        """
        Act for a child from now on, if the register says so (R96, R97, K4); again is the same.

        Raises Refused("no-parental-access"), the same for a child that is not known and for whatever rules it out.
        """
        wish, me = load(schemas.ApplyForChild, command), oneself(access)
        people, now = self.people(me, wish["child"]), self.clock()
        child = people.get(wish["child"])
        if child is None or objection(child, people.get(me), now) is not None:
            raise Refused("no-parental-access")
        with self.store.transaction(me) as tx:
            return schemas.shown(tx.begin_parenthood(child.id), child, now)

    @rpc(scope="consents:act", answers=schemas.OneChild)
    def leave_child(self, command: Json, access: AccessToken) -> Json:
        """Act for a child no longer, from the next question on; again is the same. Raises NotFound."""
        wish, me = load(schemas.OneChild, command), oneself(access)
        with self.store.transaction(me) as tx:
            ended = tx.end_parenthood(wish["child"], GIVEN_UP)
            if ended is None or ended.parent != me:
                raise NotFound("child-not-found")
        return {"child": ended.id}

    @rpc(scope="consents:read", answers=schemas.Children)
    def children(self, command: Json, access: AccessToken) -> Json:
        """The children whom one acts for now, and what one may do for each at its age (R95, K3)."""
        load(Nothing, command)
        return {"children": self.acted_for_as_parent(oneself(access))}

    def acted_for_as_parent(self, me: str) -> list[Json]:
        """The children whom a parent may act for at this moment, as the parent reads it."""
        mine, now = self.store.reading(me).children(), self.clock()
        people = self.people(me, *(each.child for each in mine)) if mine else {}
        allowed = [each for each in mine if objection(people.get(each.child), people.get(me), now) is None]
        return [schemas.shown(each, people[each.child], now) for each in allowed]

    def given_otherwise(self, me: str, myself: Person | None) -> list[Json]:
        """The parents who act for one, beside whoever else does (R95); something can be hidden from one of them."""
        now, holding = self.clock(), self.store.reading(me).parents()
        known = self.people(*(each.parent for each in holding)) if holding else {}
        mine = [each for each in holding if not is_over(myself, known.get(each.parent), now)]
        shown = [schemas.given(each, myself, known.get(each.parent), now) for each in mine]
        return [*super().given_otherwise(me, myself), *shown]

    def end_given_otherwise(self, me: str, wanted: str) -> Json:
        """
        A parent is not taken leave of here: what the register says ends it, and they themselves.

        Raises Refused("parent-by-register") for one of one's own, NotFound for all else.
        """
        if any(each.id == wanted for each in self.store.reading(me).parents()):
            raise Refused("parent-by-register")
        return super().end_given_otherwise(me, wanted)

    @handles("parental_responsibility_changed", source="directory")
    def look_again_at_responsibility(self, event: Event) -> None:
        """End what a change in parental responsibility rules out, and tell the parent."""
        self._look_again(event)

    @handles("address_changed", source="directory")
    def look_again_at_address(self, event: Event) -> None:
        """End what a move rules out, for all who have responsibility for the same child (K5), and tell them."""
        self._look_again(event)

    @handles("protection_changed", source="directory")
    def look_again_at_protection(self, event: Event) -> None:
        """End what a protected address rules out (K24), and tell the parent; nothing says why."""
        self._look_again(event)

    @handles("citizen_died", source="directory")
    def look_again_at_death(self, event: Event) -> None:
        """End what a death rules out, and tell those who are left."""
        self._look_again(event)

    def _look_again(self, event: Event) -> None:
        """Promise to decide anew, all in one transaction: the first that commits has handled the event."""
        if event.subject is None:
            return
        with self.store.transaction(event.subject) as tx:
            self.promise_to_look_again(tx, event)

    def promise_to_look_again(self, tx: Writes, event: Event) -> None:
        """Promise to decide anew about every child that the event's subject is, or acts for."""
        for child in sorted({each.child for each in tx.parenthoods()}):
            tx.promise(LOOK_AGAIN, tx.now, {"child": child}, key=f"{child} {event.id}")

    @fulfils(LOOK_AGAIN)
    def look_again_at_child(self, promised: Obligation) -> None:
        """End what the register rules out for a child now, and tell each parent whose access that was."""
        child = promised.payload["child"]
        holding = self.store.reading(child).parents()
        people, now = self.people(child, *(each.parent for each in holding)), self.clock()
        over = [each for each in holding if is_over(people.get(child), people.get(each.parent), now)]
        with self.store.transaction(child) as tx:
            for each in over:
                if (ended := tx.rule_out(each, BY_REGISTER)) is not None:
                    tx.announce(event_of(RepresentationEnded(ended.id), ended.parent, ended.version))
