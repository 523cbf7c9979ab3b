"""Those for whom others act because they cannot consent: they see who does, and end it whenever they want."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from helsami_consents.capacity import schemas
from helsami_consents.capacity.domain import BY_REGISTER, Application, State, holds, is_over, objection
from helsami_consents.capacity.telling import tell
from helsami_consents.children.entrypoints import Children
from helsami_consents.grants import domain as grants
from helsami_consents.people import Person
from helsami_kernel import Event, Obligation, fulfils
from helsami_kernel.store import OpenStore

LOOK_AGAIN: Final = "look_again_at_capacity"

Json = dict[str, Any]


class Represented(Children):
    """Part of consents: what staff have granted others about oneself, beside what one has granted (R95, R101)."""

    store: OpenStore[Any, Any]  # the service's own, which also logs
    clock: Callable[[], datetime]

    def promise_to_look_again(self, tx: Any, event: Event) -> None:
        """As of children, of what is granted to the event's subject or about them."""
        super().promise_to_look_again(tx, event)
        for its, applicant in tx.granted_between():
            told = {"application": its, "applicant": applicant}
            tx.promise(LOOK_AGAIN, tx.now, told, key=f"{its} {event.id}")

    @fulfils(LOOK_AGAIN)
    def look_again_at_capacity(self, promised: Obligation) -> None:
        """End what a death or a protected address rules out, and tell both; it has not held since."""
        its, applicant = promised.payload["application"], promised.payload["applicant"]
        # Read, and not in a transaction: the first that commits keeps the promise, and the register can be away.
        subject = next(each.subject for each in self.store.reading(applicant).applications() if each.id == its)
        people = self.people(subject, applicant)
        with self.store.transaction(applicant) as tx:
            application = tx.application(its)
            over = is_over(people.get(subject), people.get(applicant), tx.now)
            if over and application.state is State.GRANTED:
                tell(tx, tx.settle(application, State.ENDED, ended_at=tx.now, reason=BY_REGISTER))

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
