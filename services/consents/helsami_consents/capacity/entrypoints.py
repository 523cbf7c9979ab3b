"""Where the bus meets applications: applying with documents, deciding, and looking at it anew (R101, R102)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from helsami_consents.access_log.domain import ALLOWED, STAFF, Access, source_of
from helsami_consents.access_log.entrypoints import HERE
from helsami_consents.access_log.storage import LogWrites
from helsami_consents.announcing import event_of
from helsami_consents.capacity import schemas
from helsami_consents.capacity.domain import (
    DOCUMENTS_KEPT,
    MOST_APPLICATIONS,
    RELATIONS,
    WARNED_BEFORE,
    Application,
    CapacityDecided,
    CapacityReviewDue,
    State,
    holds,
    objection,
)
from helsami_consents.capacity.storage import Writes
from helsami_consents.children.entrypoints import Children
from helsami_consents.grants.domain import LEVELS, areas_of, scopes_of
from helsami_consents.grants.entrypoints import oneself
from helsami_consents.grants.schemas import Nothing
from helsami_consents.people import OSLO
from helsami_kernel import Obligation, fulfils, rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.clock import written
from helsami_kernel.errors import Conflict, Forbidden, NotFound, load
from helsami_kernel.pages import Cursor
from helsami_kernel.store import OpenStore

END: Final = "end_capacity"
WARN: Final = "warn_of_capacity_review"
FORGET: Final = "forget_capacity_documents"
LONGEST_KEY: Final = 120
OLDEST: Final = Cursor(datetime.min.replace(tzinfo=UTC), "")
BY_REVIEW: Final = "review-has-come"

Json = dict[str, Any]


class Capacity(Children):
    """Part of consents: those who act for adults that cannot consent themselves."""

    store: OpenStore[Any, Any]  # the service's own, which also logs
    clock: Callable[[], datetime]
    sealing: bytes

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
        if wish["subject"] == me or objection(subject, people.get(me), now) is not None:
            raise NotFound("citizen-not-found")
        with self.store.transaction(me) as tx:
            if (done := tx.once(access.idempotency_key, ["apply_for_capacity", _digest(wish)])) is not None:
                return dict(done)
            if tx.count_applied() >= MOST_APPLICATIONS:
                raise Conflict("too-many-applications")
            applied = tx.apply_for(_application(wish, me, now), schemas.documents_of(wish["documents"]))
            if applied is None:
                raise Conflict("already-applied")
            return dict(tx.remember(schemas.shown(applied, subject)))

    @rpc(scope="consents:act", answers=schemas.Shown)
    def withdraw_capacity(self, command: Json, access: AccessToken) -> Json:
        """Take an application back, or act no longer for somebody; again is the same. Raises NotFound."""
        me = oneself(access)
        with self.store.transaction(me) as tx:
            application = tx.application(load(schemas.OneApplication, command)["application"])
            if application is None:
                raise NotFound("application-not-found")
            if application.state in {State.APPLIED, State.GRANTED}:
                application = tx.settle(application, State.WITHDRAWN, decided_at=tx.now)
                tx.forget_documents(application.id)
        return schemas.shown(application, self.names(application.subject).get(application.subject))

    @rpc(scope="consents:read", answers=schemas.Mine)
    def capacity_applications(self, command: Json, access: AccessToken) -> Json:
        """One's own applications, the newest first, and how each stands."""
        load(Nothing, command)
        mine = self.store.reading(oneself(access)).applications()
        people = self.names(*(each.subject for each in mine))
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

    # What staff do

    @rpc(scope="organisations:manage", answers=schemas.Applications)
    def open_capacity_applications(self, question: Json, access: AccessToken) -> Json:
        """What the organisation whose staff ask has to decide, the oldest first; a day's first look at it is logged."""
        wanted, organisation = load(schemas.Received, question), staff_of(access)
        with self.store.transaction(None) as tx:
            found = tx.received(organisation, Cursor.read(wanted["cursor"], OLDEST), wanted["limit"] + 1)
        page = found[: wanted["limit"]]
        more = str(Cursor(page[-1][2], page[-1][0])) if len(found) > len(page) else None
        some = [self._application_of(applicant, each) for each, applicant, _ in page]
        self._log_listed(some, organisation)
        return {"applications": [self._for_staff(each) for each in some], "next": more}

    @rpc(scope="organisations:manage", answers=schemas.DocumentShown)
    def capacity_document(self, question: Json, access: AccessToken) -> Json:
        """One document of an application to this organisation; that it was opened is in the subject's access log."""
        wanted = load(schemas.OneDocument, question)
        application = self._received(wanted["application"], access)
        with self.store.transaction(application.applicant) as tx:
            document = tx.document(application.id, wanted["number"])
            if document is None:
                raise NotFound("document-not-found")
            self._log_staff(tx, application, access)
        content = base64.b64encode(document.content).decode()
        named = {"number": document.number, "title": document.title, "content_type": document.content_type}
        return {**named, "content": content}

    @rpc(scope="organisations:manage", answers=schemas.Shown)
    def decide_capacity(self, command: Json, access: AccessToken) -> Json:
        """
        Grant an application until its review, decline it, or end what was granted; the applicant is told.

        Raises NotFound("application-not-found"), also for another organisation's, and Conflict("already-decided").
        """
        decision = load(schemas.Decide, command)
        received = self._received(decision["application"], access)
        with self.store.transaction(received.applicant) as tx:
            # The transaction is the applicant's, whose own keys are no business of staff's.
            key = access.idempotency_key and f"staff|{access.organisation}|{access.idempotency_key}"[:LONGEST_KEY]
            if (done := tx.once(key, ["decide_capacity", decision])) is not None:
                return dict(done)
            application = tx.application(received.id)
            expected = State.GRANTED if decision["decision"] == "end" else State.APPLIED
            if application is None or application.state is not expected:
                raise Conflict("already-decided")
            settled = _settled(tx, application, decision)
            _tell(tx, settled)
            self._log_staff(tx, settled, access)
            return dict(tx.remember(schemas.shown(settled, None)))

    def _received(self, application_id: str, access: AccessToken) -> Application:
        """An application to the organisation whose staff ask. Raises NotFound."""
        with self.store.transaction(None) as tx:
            applicant = tx.applicant_of(staff_of(access), application_id)
        if applicant is not None:
            with self.store.transaction(applicant) as tx:
                application: Application | None = tx.application(application_id)
            if application is not None:
                return application
        raise NotFound("application-not-found")

    def _application_of(self, applicant: str, application_id: str) -> Application:
        mine: list[Application] = self.store.reading(applicant).applications()
        return next(each for each in mine if each.id == application_id)

    def _for_staff(self, application: Application) -> Json:
        applicant, subject = application.applicant, application.subject
        people, enclosed = self.people(applicant, subject), self.store.reading(applicant).enclosed(application.id)
        return schemas.for_staff(application, people.get(subject), people.get(applicant), enclosed)

    def _log_listed(self, applications: list[Application], organisation: str) -> None:
        """Log about each subject that staff see who they are, once a day: a list of what waits is looked at often."""
        day = f"capacity {organisation} {self.clock().astimezone(OSLO).date()}"
        sources = {each.subject: source_of(HERE, each.subject, day) for each in applications}
        with self.store.transaction(None) as tx:
            heads, known = tx.heads_of(sorted(sources)), tx.known(list(sources.values()))
            new = {subject: source for subject, source in sources.items() if source not in known}
            looked = {subject: [self._looked(organisation, source)] for subject, source in new.items()}
            tx.log_all(looked, heads, self.sealing)

    def _log_staff(self, tx: LogWrites, application: Application, access: AccessToken) -> None:
        """Log about the subject in a transaction of the applicant's: what is not logged is neither read nor decided."""
        subject = application.subject
        tx.log_all({subject: [self._looked(staff_of(access))]}, tx.heads_of([subject]), self.sealing)

    def _looked(self, organisation: str, source: str | None = None) -> Access:
        return Access(
            at=self.clock(),
            actor=organisation,
            basis=STAFF,
            purpose="administration",
            outcome=ALLOWED,
            reason="capacity",
            organisation=organisation,
            kinds="profile",
            source=source,
        )

    # Promises

    @fulfils(END)
    def end_capacity(self, promised: Obligation) -> None:
        """Write down that a review has come: whoever is to act on has it looked at anew; it has not held since."""
        with self.store.transaction(promised.owner) as tx:
            application = tx.application(promised.payload["application"])
            if application is not None and application.state is State.GRANTED and not holds(application, tx.now):
                _tell(tx, tx.settle(application, State.ENDED, reason=BY_REVIEW))

    @fulfils(WARN)
    def warn_of_capacity_review(self, promised: Obligation) -> None:
        """Tell the applicant in time that what was granted is to be looked at anew."""
        with self.store.transaction(promised.owner) as tx:
            application = tx.application(promised.payload["application"])
            if application is not None and holds(application, tx.now):
                due = CapacityReviewDue(application.id)
                tx.announce(event_of(due, application.applicant, application.version))

    @fulfils(FORGET)
    def forget_capacity_documents(self, promised: Obligation) -> None:
        """Remove the documents of an application that was decided long enough ago."""
        with self.store.transaction(promised.owner) as tx:
            tx.forget_documents(promised.payload["application"])


def staff_of(access: AccessToken) -> str:
    """The organisation whose staff ask. Raises Forbidden."""
    if access.organisation is None:
        raise Forbidden("not-permitted")
    return access.organisation


def _settled(tx: Writes, application: Application, decision: Mapping[str, Any]) -> Application:
    about = {"application": application.id}
    tx.promise(FORGET, tx.now + DOCUMENTS_KEPT, about, key=f"{application.id} {application.version}")
    if decision["decision"] != "grant":
        state = State.DECLINED if decision["decision"] == "decline" else State.ENDED
        return _settle(tx, application, state, decision)
    review_at = tx.now + timedelta(days=decision["review_days"])
    tx.promise(END, review_at, about, key=application.id)
    if review_at - WARNED_BEFORE > tx.now:
        tx.promise(WARN, review_at - WARNED_BEFORE, about, key=application.id)
    return _settle(tx, application, State.GRANTED, decision, review_at=review_at)


def _settle(
    tx: Writes, application: Application, state: State, decision: Mapping[str, Any], review_at: datetime | None = None
) -> Application:
    return tx.settle(application, state, decided_at=tx.now, reason=decision["reason"], review_at=review_at)


def _tell(tx: Writes, application: Application) -> None:
    decided = CapacityDecided(application.id, application.state)
    tx.announce(event_of(decided, application.applicant, application.version))


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
        reason="",
    )


def _digest(wish: Mapping[str, Any]) -> Json:
    """An application as its idempotency key knows it: documents by their digests."""
    documents = [hashlib.sha256(each["content"]).hexdigest() for each in wish["documents"]]
    return {**wish, "documents": documents}
