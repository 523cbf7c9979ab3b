"""Where the bus meets who applies to act for somebody: with documents, and until it is looked at anew (R101, R102)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from helsami_consents.announcing import event_of
from helsami_consents.capacity import schemas
from helsami_consents.capacity.domain import (
    MOST_APPLICATIONS,
    RELATIONS,
    STANDING,
    UNDECIDED_FOR,
    Application,
    CapacityReviewDue,
    State,
    holds,
    objection,
)
from helsami_consents.capacity.staff import END, FORGET, WARN, Decides
from helsami_consents.capacity.telling import tell
from helsami_consents.grants.domain import LEVELS, areas_of, scopes_of
from helsami_consents.grants.entrypoints import oneself
from helsami_consents.grants.schemas import Nothing
from helsami_kernel import Obligation, fulfils, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.clock import written
from helsami_kernel.errors import Conflict, NotFound, load

LAPSE: Final = "lapse_capacity"
BY_REVIEW: Final = "review-has-come"

Json = dict[str, Any]


class Capacity(Decides):
    """Part of consents: those who act for adults that cannot consent themselves."""

    @rpc(scope="consents:act", answers=schemas.Shown)
    def apply_for_capacity(self, command: Json, access: AccessToken) -> Json:
        """
        Ask an organisation to let one act for an adult who cannot consent, with documents that show one's right.

        Raises NotFound("citizen-not-found") for a subject who is not known, dead, protected or too young, or oneself,
        Conflict `already-applied` while another application stands or `too-many-applications`, and Malformed for
        documents that cannot be read.
        """
        wish, me = load(schemas.Apply, command), oneself(access)
        people, now = self.people(me, wish["subject"]), self.clock()
        subject = people.get(wish["subject"])
        ruled_out = wish["subject"] == me or objection(subject, people.get(me), now) is not None
        with self.store.transaction(me) as tx:
            if (done := tx.once(access.idempotency_key, ["apply_for_capacity", _digest(wish)])) is not None:
                return dict(done)
            if ruled_out:
                raise NotFound("citizen-not-found")
            tx.take_turn()
            if tx.count_applied() >= MOST_APPLICATIONS:
                raise Conflict("too-many-applications")
            applied = tx.apply_for(_application(wish, me, now), schemas.documents_of(wish["documents"]))
            if applied is None:
                raise Conflict("already-applied")
            tx.promise(LAPSE, tx.now + UNDECIDED_FOR, {"application": applied.id}, key=applied.id)
            return dict(tx.remember(schemas.shown(applied, subject)))

    @rpc(scope="consents:act", answers=schemas.Shown)
    def withdraw_capacity(self, command: Json, access: AccessToken) -> Json:
        """Take an application back, or act no longer for somebody, who is told; again is the same. Raises NotFound."""
        me = oneself(access)
        with self.store.transaction(me) as tx:
            application = tx.application(load(schemas.OneApplication, command)["application"])
            if application is None:
                raise NotFound("application-not-found")
            if application.state in STANDING:
                application = tx.settle(application, State.WITHDRAWN, ended_at=tx.now)
                tx.forget_documents(application.id)
                tell(tx, application)
        known = self.names(application.subject) if application.was_granted else {}
        return schemas.shown(application, known.get(application.subject))

    @rpc(scope="consents:read", answers=schemas.Mine)
    def capacity_applications(self, command: Json, access: AccessToken) -> Json:
        """One's own applications, the newest first, and how each stands."""
        load(Nothing, command)
        mine = self.store.reading(oneself(access)).applications()
        people = self.names(*(each.subject for each in mine if each.was_granted))
        return {"applications": [schemas.shown(each, people.get(each.subject)) for each in mine]}

    def acted_for_by_capacity(self, me: str) -> list[Json]:
        """The adults for whom one may act at this moment."""
        now = self.clock()
        mine = [each for each in self.store.reading(me).applications() if holds(each, now)]
        people = self.people(me, *(each.subject for each in mine)) if mine else {}
        allowed = [each for each in mine if objection(people.get(each.subject), people.get(me), now) is None]
        return [
            {
                "citizen": each.subject,
                "name": people[each.subject].name,
                "basis": "capacity",
                "code": RELATIONS[each.relation],
                "areas": areas_of(each.scopes),
                "until": None if each.review_at is None else written(each.review_at),
            }
            for each in allowed
        ]

    # Promises

    @fulfils(END)
    def end_capacity(self, promised: Obligation) -> None:
        """Write down that a review has come: whoever is to act on has it looked at anew; it has not held since."""
        with self.store.transaction(promised.owner) as tx:
            application = tx.application(promised.payload["application"])
            if application is not None and application.state is State.GRANTED and not holds(application, tx.now):
                tell(tx, tx.settle(application, State.ENDED, ended_at=tx.now, reason=BY_REVIEW))

    @fulfils(WARN)
    def warn_of_capacity_review(self, promised: Obligation) -> None:
        """Tell the applicant in time that what was granted is to be looked at anew."""
        with self.store.transaction(promised.owner) as tx:
            application = tx.application(promised.payload["application"])
            if application is not None and holds(application, tx.now):
                due = CapacityReviewDue(application.id)
                tx.announce(event_of(due, application.applicant, application.version))

    @fulfils(LAPSE)
    def lapse_capacity(self, promised: Obligation) -> None:
        """Let what nobody has decided in all that time end, with its documents; its applicant may apply anew."""
        with self.store.transaction(promised.owner) as tx:
            application = tx.application(promised.payload["application"])
            if application is not None and application.state is State.APPLIED:
                tx.forget_documents(application.id)
                tell(tx, tx.settle(application, State.LAPSED, ended_at=tx.now))

    @fulfils(FORGET)
    def forget_capacity_documents(self, promised: Obligation) -> None:
        """Remove the documents of an application that was decided long enough ago."""
        with self.store.transaction(promised.owner) as tx:
            tx.forget_documents(promised.payload["application"])


def _application(wish: Mapping[str, Any], me: str, now: datetime) -> Application:
    return Application(
        id="",
        applicant=me,
        subject=wish["subject"],
        organisation=wish["organisation"],
        relation=wish["relation"],
        scopes=scopes_of(wish["areas"] or LEVELS[wish["level"]]),
        state=State.APPLIED,
        version=1,
        applied_at=now,
        decided_at=None,
        review_at=None,
        ended_at=None,
        reason="",
    )


def _digest(wish: Mapping[str, Any]) -> Json:
    """An application as its idempotency key knows it: documents by their digests."""
    documents = [hashlib.sha256(each["content"]).hexdigest() for each in wish["documents"]]
    return {**wish, "documents": documents}
