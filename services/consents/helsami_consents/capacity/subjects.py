"""Those for whom others act because they cannot consent: they see who does, and end it whenever they want."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from helsami_consents.capacity import schemas
from helsami_consents.capacity.domain import Application, holds, objection
from helsami_consents.capacity.telling import tell
from helsami_consents.children.entrypoints import Children
from helsami_consents.grants import domain as grants
from helsami_consents.people import Person
from helsami_kernel.store import OpenStore

Json = dict[str, Any]


class Represented(Children):
    """Part of consents: what staff have granted others about oneself, beside what one has granted (R95, R101)."""

    store: OpenStore[Any, Any]  # the service's own, which also logs
    clock: Callable[[], datetime]

    def given_otherwise(self, me: str, myself: Person | None) -> list[Json]:
        """Who acts for one because staff have decided so, until it is looked at anew."""
        now = self.clock()
        about_me = [each for each in self.store.reading(me).granted_about() if holds(each, now)]
        people = self.people(me, *(each.applicant for each in about_me)) if about_me else {}
        known = [_given(each, people, now) for each in about_me]
        return [*super().given_otherwise(me, myself), *known]

    def end_given_otherwise(self, me: str, wanted: str) -> Json:
        """
        Let somebody act for one no longer, whom staff have let, from the next question on; again is the same.

        Nobody needs capacity to say no: staff who think otherwise decide about a new application. Raises NotFound.
        """
        with self.store.transaction(me) as tx:
            application, ended = tx.revoke(wanted)
            if ended:
                tell(tx, application)
        if application is None:
            return super().end_given_otherwise(me, wanted)
        applicant = self.names(application.applicant).get(application.applicant)
        return schemas.given(application, schemas.AMONG_GRANTS[application.state], applicant)


def _given(application: Application, people: Mapping[str, Person], now: datetime) -> Json:
    applicant = people.get(application.applicant)
    against = objection(people.get(application.subject), applicant, now)
    state = grants.State.ACTIVE if against is None else grants.State.SUSPENDED
    return schemas.given(application, state.value, applicant)
