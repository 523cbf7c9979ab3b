"""Where an organisation's staff meet applications: what waits, what is enclosed, and what they decide (R101, R102)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from helsami_consents.access_log.domain import ALLOWED, STAFF, Access
from helsami_consents.access_log.storage import LogWrites
from helsami_consents.capacity import schemas
from helsami_consents.capacity.domain import DOCUMENTS_KEPT, WARNED_BEFORE, Application, State
from helsami_consents.capacity.storage import Writes, office
from helsami_consents.capacity.subjects import Represented
from helsami_consents.capacity.telling import tell
from helsami_consents.people import Person
from helsami_kernel import rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Conflict, NotFound, load
from helsami_kernel.pages import Cursor
from helsami_kernel.staff import key_of_staff, organisation_of
from helsami_kernel.store import OpenStore

END: Final = "end_capacity"
WARN: Final = "warn_of_capacity_review"
FORGET: Final = "forget_capacity_documents"
OLDEST: Final = Cursor(datetime.min.replace(tzinfo=UTC), "")

Json = dict[str, Any]


class Decides(Represented):
    """Part of consents: what staff decide about who may act for somebody."""

    store: OpenStore[Any, Any]  # the service's own, which also logs
    clock: Callable[[], datetime]
    sealing: bytes

    @rpc(scope="organisations:manage", answers=schemas.Applications)
    def open_capacity_applications(self, question: Json, access: AccessToken) -> Json:
        """What the organisation whose staff ask has to decide, the oldest first; a day's first look at it is logged."""
        wanted, organisation = load(schemas.Received, question), organisation_of(access)
        with self.store.transaction(office(organisation)) as tx:
            found = tx.received(organisation, Cursor.read(wanted["cursor"], OLDEST), wanted["limit"] + 1)
        page = found[: wanted["limit"]]
        more = str(Cursor(page[-1][2], page[-1][0])) if len(found) > len(page) else None
        some = [self._application_of(applicant, each) for each, applicant, _ in page]
        with self.store.transaction(None) as tx:
            subjects = {each.subject for each in some}
            tx.log_staff_once_a_day(self._looked(organisation), subjects, self.sealing)
        # Asked once for a page, however many it names; without anybody, not at all.
        people = self.people(*(side for each in some for side in (each.applicant, each.subject))) if some else {}
        return {"applications": [self._for_staff(each, people) for each in some], "next": more}

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
        Grant an application until its review, decline it, or end what was granted; both whom it is between are told.

        Raises NotFound("application-not-found"), also for another organisation's, and Conflict("already-decided").
        """
        decision = load(schemas.Decide, command)
        received = self._received(decision["application"], access)
        with self.store.transaction(received.applicant) as tx:
            # The transaction is the applicant's, whose own keys are no business of staff's.
            if (done := tx.once(key_of_staff(access), ["decide_capacity", decision])) is not None:
                return dict(done)
            application = tx.application(received.id)
            expected = State.GRANTED if decision["decision"] == "end" else State.APPLIED
            if application is None or application.state is not expected:
                raise Conflict("already-decided")
            settled = _settled(tx, application, decision)
            tell(tx, settled)
            self._log_staff(tx, settled, access)
            return dict(tx.remember(schemas.as_decided(settled)))

    def _received(self, application_id: str, access: AccessToken) -> Application:
        """An application to the organisation whose staff ask. Raises NotFound."""
        organisation = organisation_of(access)
        with self.store.transaction(office(organisation)) as tx:
            applicant = tx.applicant_of(organisation, application_id)
        if applicant is not None:
            with self.store.transaction(applicant) as tx:
                application: Application | None = tx.application(application_id)
            if application is not None:
                return application
        raise NotFound("application-not-found")

    def _application_of(self, applicant: str, application_id: str) -> Application:
        mine: list[Application] = self.store.reading(applicant).applications()
        return next(each for each in mine if each.id == application_id)

    def _for_staff(self, application: Application, people: Mapping[str, Person]) -> Json:
        applicant, subject = application.applicant, application.subject
        enclosed = self.store.reading(applicant).enclosed(application.id)
        return schemas.for_staff(application, people.get(subject), people.get(applicant), enclosed)

    def _log_staff(self, tx: LogWrites, application: Application, access: AccessToken) -> None:
        """Log about the subject in a transaction of the applicant's: what is not logged is neither read nor decided."""
        subject = application.subject
        tx.log_all({subject: [self._looked(organisation_of(access))]}, tx.heads_of([subject]), self.sealing)

    def _looked(self, organisation: str) -> Access:
        return Access(
            at=self.clock(),
            actor=organisation,
            basis=STAFF,
            purpose="administration",
            outcome=ALLOWED,
            reason="capacity",
            organisation=organisation,
            kinds="profile",
        )


def _settled(tx: Writes, application: Application, decision: Mapping[str, Any]) -> Application:
    about = {"application": application.id}
    tx.promise(FORGET, tx.now + DOCUMENTS_KEPT, about, key=f"{application.id} {application.version}")
    if decision["decision"] != "grant":
        if decision["decision"] == "decline":
            return tx.settle(application, State.DECLINED, decided_at=tx.now, reason=decision["reason"])
        return tx.settle(application, State.ENDED, ended_at=tx.now, reason=decision["reason"])
    review_at = tx.now + timedelta(days=decision["review_days"])
    tx.promise(END, review_at, about, key=application.id)
    if review_at - WARNED_BEFORE > tx.now:
        tx.promise(WARN, review_at - WARNED_BEFORE, about, key=application.id)
    granted = {"decided_at": tx.now, "review_at": review_at, "reason": decision["reason"]}
    return tx.settle(application, State.GRANTED, **granted)
