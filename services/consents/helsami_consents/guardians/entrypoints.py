"""Where guardians by the register are seen: by themselves among whom they act for, and by whom they act for."""

from __future__ import annotations

from typing import Any

from helsami_consents.domain import CAPACITY
from helsami_consents.grants.domain import State, areas_of, level_of
from helsami_consents.grants.entrypoints import Grants
from helsami_consents.guardians.domain import CODE, objection, scopes
from helsami_consents.people import Appointed, Person
from helsami_kernel.clock import written
from helsami_kernel.errors import Refused

Json = dict[str, Any]


class Guardians(Grants):
    """Part of consents: those whom the register names as guardians; they apply for nothing, and nothing is stored."""

    def acted_for_as_guardian(self, me: str) -> list[Json]:
        """The adults whose guardian one is at this moment."""
        now = self.clock()
        myself = self.people(me).get(me)
        wards = self.people(*myself.wards) if myself is not None and myself.wards else {}
        mine = [each for _, each in sorted(wards.items()) if objection(each, myself, now) is None]
        return [_acted_for(ward, each) for ward in mine for each in ward.guardians if each.citizen == me]

    def given_otherwise(self, me: str, myself: Person | None) -> list[Json]:
        """One's guardians, beside whoever else acts for one."""
        now = self.clock()
        appointed = () if myself is None else myself.guardians
        known = self.people(*(each.citizen for each in appointed)) if appointed else {}
        shown = []
        for each in appointed:
            against = objection(myself, known.get(each.citizen), now)
            if against != "guardianship-over":
                shown.append(_given(each, known.get(each.citizen), State.SUSPENDED if against else State.ACTIVE))
        return [*super().given_otherwise(me, myself), *shown]

    def end_given_otherwise(self, me: str, wanted: str) -> Json:
        """
        A guardian is not taken leave of here: who appoints them ends it.

        Raises Refused("guardian-by-register") for one of one's own, NotFound for all else, and Unavailable while the
        register cannot say which it is.
        """
        myself = self.people(me).get(me)
        if myself is not None and any(each.id == wanted for each in myself.guardians):
            raise Refused("guardian-by-register")
        return super().end_given_otherwise(me, wanted)


def _acted_for(ward: Person, appointed: Appointed) -> Json:
    return {
        "citizen": ward.id,
        "name": ward.name,
        "basis": CAPACITY,
        "code": CODE,
        "areas": areas_of(scopes(appointed.mandates)),
        "until": None if appointed.until is None else written(appointed.until),
    }


def _given(appointed: Appointed, guardian: Person | None, state: State) -> Json:
    allowed, since = scopes(appointed.mandates), written(appointed.since)
    return {
        "id": appointed.id,
        "citizen": appointed.citizen,
        "name": None if guardian is None or guardian.protected else guardian.name,
        "basis": CAPACITY,
        "code": CODE,
        "areas": areas_of(allowed),
        "level": level_of(allowed),
        "state": state.value,
        "version": 1,
        "granted_at": since,
        "accepted_at": since,
        "expires_at": None if appointed.until is None else written(appointed.until),
        "ended_at": None,
    }
