"""The database of applications: every statement names the applicant or the subject, but for what staff decide."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_consents.capacity.domain import COUNTED_FOR, Application, Document, State
from helsami_consents.children import storage
from helsami_consents.models import APPLICATIONS, DOCUMENTS, RECEIVED
from helsami_kernel.database import insert_new
from helsami_kernel.pages import Cursor

OWNER: Final = sa.bindparam("owner", type_=sa.String)
MINE: Final = (
    sa.select(APPLICATIONS)
    .where(APPLICATIONS.c.applicant == OWNER)
    .order_by(APPLICATIONS.c.applied_at.desc(), APPLICATIONS.c.id)
)
ABOUT_ME: Final = (
    sa.select(APPLICATIONS)
    .where(APPLICATIONS.c.subject == OWNER, APPLICATIONS.c.state == State.GRANTED.value)
    .order_by(APPLICATIONS.c.decided_at, APPLICATIONS.c.id)
)
ENCLOSED: Final = (
    sa.select(DOCUMENTS.c.number, DOCUMENTS.c.title, DOCUMENTS.c.content_type)
    .where(DOCUMENTS.c.owner == OWNER, DOCUMENTS.c.application == sa.bindparam("application", type_=sa.String))
    .order_by(DOCUMENTS.c.number)
)


class Reads(storage.Reads):
    """What a citizen has applied for."""

    def applications(self) -> list[Application]:
        """The owner's own, the newest first."""
        return [application_of(row) for row in self.fetch(MINE)]

    def granted_about(self) -> list[Application]:
        """What staff have granted others about the owner, and has not been ended."""
        return [application_of(row) for row in self.fetch(ABOUT_ME)]

    def enclosed(self, application: str) -> list[tuple[int, str, str]]:
        """Number, title and type of each document of the owner's application."""
        return [(row.number, row.title, row.content_type) for row in self.fetch(ENCLOSED, application=application)]


class Writes(storage.Writes):
    """One transaction, for an applicant, for a subject, or for staff and nobody."""

    def apply_for(self, application: Application, documents: Iterable[Document]) -> Application | None:
        """Keep an application of the owner's with its documents; None while another for this subject stands."""
        new = {
            "id": uuid.uuid4().hex,
            "applicant": self.owner,
            "subject": application.subject,
            "organisation": application.organisation,
            "relation": application.relation,
            "scopes": " ".join(sorted(application.scopes)),
            "state": State.APPLIED.value,
            "version": 1,
            "applied_at": self.now,
            "reason": "",
        }
        if not self.connection.execute(insert_new(self.connection, APPLICATIONS, new)).rowcount:
            return None
        received = {name: new[name] for name in ("id", "applicant", "organisation", "applied_at")}
        self.connection.execute(sa.insert(RECEIVED).values(**received, open=True))
        rows = [
            {
                "application": new["id"],
                "number": each.number,
                "owner": self.owner,
                "title": each.title,
                "content_type": each.content_type,
                "content": each.content,
            }
            for each in documents
        ]
        self.connection.execute(sa.insert(DOCUMENTS), rows)
        return self.application(str(new["id"]))

    def granted_between(self) -> list[tuple[str, str]]:
        """What is granted to the owner, or about them: each with its applicant."""
        sides = sa.or_(APPLICATIONS.c.applicant == self.owner, APPLICATIONS.c.subject == self.owner)
        these = sa.select(APPLICATIONS).where(sides, APPLICATIONS.c.state == State.GRANTED.value)
        rows = self.connection.execute(these.order_by(APPLICATIONS.c.id))
        return [(row.id, row.applicant) for row in rows]

    def revoke(self, application_id: str) -> tuple[Application | None, bool]:
        """
        End what staff have granted about the owner; also whether it was this that ended it.

        None for one that is not about the owner, or was never granted.
        """
        this = sa.and_(APPLICATIONS.c.subject == self.owner, APPLICATIONS.c.id == application_id)
        ended = {"state": State.REVOKED.value, "version": APPLICATIONS.c.version + 1, "ended_at": self.now}
        granted = sa.and_(this, APPLICATIONS.c.state == State.GRANTED.value)
        changed = bool(self.connection.execute(sa.update(APPLICATIONS).where(granted).values(**ended)).rowcount)
        row = self.connection.execute(sa.select(APPLICATIONS).where(this)).one_or_none()
        application = None if row is None else application_of(row)
        return (application, changed) if application and application.was_granted else (None, False)

    def count_applied(self) -> int:
        """How many of the owner's are undecided, or came lately."""
        counted = sa.or_(APPLICATIONS.c.state == State.APPLIED, APPLICATIONS.c.applied_at > self.now - COUNTED_FOR)
        these = sa.select(sa.func.count()).where(APPLICATIONS.c.applicant == self.owner, counted)
        return int(self.connection.execute(these).scalar_one())

    def application(self, application_id: str) -> Application | None:
        """One of the owner's own; locked, so that of two who decide one waits."""
        this = sa.and_(APPLICATIONS.c.applicant == self.owner, APPLICATIONS.c.id == application_id)
        row = self.connection.execute(sa.select(APPLICATIONS).where(this).with_for_update()).one_or_none()
        return None if row is None else application_of(row)

    def settle(self, application: Application, state: State, **values: Any) -> Application:
        """Let an application of the owner's end in a state, or be granted."""
        this = sa.and_(APPLICATIONS.c.applicant == self.owner, APPLICATIONS.c.id == application.id)
        settled = {"state": state.value, "version": application.version + 1, **values}
        self.connection.execute(sa.update(APPLICATIONS).where(this).values(**settled))
        received = sa.and_(RECEIVED.c.applicant == self.owner, RECEIVED.c.id == application.id)
        self.connection.execute(sa.update(RECEIVED).where(received).values(open=False))
        return application_of(self.connection.execute(sa.select(APPLICATIONS).where(this)).one())

    def document(self, application: str, number: int) -> Document | None:
        """One document of the owner's application."""
        this = sa.and_(DOCUMENTS.c.owner == self.owner, DOCUMENTS.c.application == application)
        found = sa.select(DOCUMENTS).where(this, DOCUMENTS.c.number == number)
        row = self.connection.execute(found).one_or_none()
        return None if row is None else Document(row.number, row.title, row.content_type, bytes(row.content))

    def forget_documents(self, application: str) -> None:
        """Remove what was enclosed with an application of the owner's."""
        this = sa.and_(DOCUMENTS.c.owner == self.owner, DOCUMENTS.c.application == application)
        self.connection.execute(sa.delete(DOCUMENTS).where(this))

    # What staff ask: the transaction's owner is `office` of their organisation.

    def received(self, organisation: str, start: Cursor, limit: int) -> list[tuple[str, str, datetime]]:
        """What an organisation has to decide, beyond a place in time, the oldest first: id, applicant, when."""
        beyond = sa.tuple_(RECEIVED.c.applied_at, RECEIVED.c.id) > sa.tuple_(
            sa.literal(start.at, RECEIVED.c.applied_at.type), sa.literal(start.id)
        )
        wanted = sa.and_(RECEIVED.c.organisation == organisation, RECEIVED.c.open, beyond)
        rows = sa.select(RECEIVED).where(wanted).order_by(RECEIVED.c.applied_at, RECEIVED.c.id).limit(limit)
        return [(row.id, row.applicant, row.applied_at) for row in self.connection.execute(rows)]

    def applicant_of(self, organisation: str, application: str) -> str | None:
        """Who has applied to an organisation by this id, decided or not."""
        this = sa.and_(RECEIVED.c.organisation == organisation, RECEIVED.c.id == application)
        found: str | None = self.connection.execute(sa.select(RECEIVED.c.applicant).where(this)).scalar_one_or_none()
        return found


def office(organisation: str) -> str:
    """As whom an organisation's staff look at what it has received: no citizen's id looks like it."""
    return f"organisation:{organisation}"


def application_of(row: Row[Any]) -> Application:
    """The application of a row."""
    return Application(
        id=row.id,
        applicant=row.applicant,
        subject=row.subject,
        organisation=row.organisation,
        relation=row.relation,
        scopes=frozenset(row.scopes.split()),
        state=State(row.state),
        version=row.version,
        applied_at=row.applied_at,
        decided_at=row.decided_at,
        review_at=row.review_at,
        ended_at=row.ended_at,
        reason=row.reason,
    )
