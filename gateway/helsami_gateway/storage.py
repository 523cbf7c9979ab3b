"""The only module of the gateway that knows a database session."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from helsami_gateway.fhir.outcomes import Outcome
from helsami_gateway.models import BUNDLES, ENDED_SESSIONS, LATE_REFUSALS, NAMINGS, ROSTER, UNNAMED
from helsami_gateway.session import LIFE
from helsami_kernel.clock import OSLO
from helsami_kernel.database import Database, Reads, UtcDateTime, Writes, insert_new

EVERY: Final = ""
"""Stands for all sessions of a citizen."""

WAITED_FOR = sa.select(UNNAMED.c.bundle).where(
    UNNAMED.c.citizen == sa.bindparam("citizen", type_=sa.String),
    UNNAMED.c.since > sa.bindparam("after", type_=UtcDateTime),
)
BUNDLE = sa.select(BUNDLES.c.organisation, BUNDLES.c.body).where(
    BUNDLES.c.id == sa.bindparam("bundle", type_=sa.String)
)


ENDED = (
    sa.select(ENDED_SESSIONS.c.session)
    .where(
        ENDED_SESSIONS.c.owner == sa.bindparam("owner", type_=sa.String),
        sa.or_(
            ENDED_SESSIONS.c.session == sa.bindparam("session", type_=sa.String),
            sa.and_(
                ENDED_SESSIONS.c.session == EVERY,
                ENDED_SESSIONS.c.ended_at >= sa.bindparam("began", type_=UtcDateTime),
            ),
        ),
    )
    .limit(1)
)


class SessionReads(Reads):
    """Which of a citizen's sessions are over."""

    def ended(self, session: str, began: datetime) -> bool:
        """Whether a session of the owner's was logged out of, or ended with all others since it began."""
        return bool(self.fetch(ENDED, session=session, began=began))


class SessionWrites(Writes):
    """Ends a citizen's sessions before their time."""

    def end_session(self, session: str) -> None:
        """End one session of the owner's; those that would be over by now are forgotten."""
        over = sa.and_(ENDED_SESSIONS.c.owner == self.owner, ENDED_SESSIONS.c.ended_at < self.now - LIFE)
        self.connection.execute(sa.delete(ENDED_SESSIONS).where(over))
        values = {"owner": self.owner, "session": session, "ended_at": self.now}
        self.connection.execute(insert_new(self.connection, ENDED_SESSIONS, values))

    def end_sessions(self, until: datetime) -> None:
        """End all sessions of the owner's that began until a moment."""
        values = {"owner": self.owner, "session": EVERY, "ended_at": until}
        if not self.connection.execute(insert_new(self.connection, ENDED_SESSIONS, values)).rowcount:
            all_of_them = sa.and_(
                ENDED_SESSIONS.c.owner == self.owner,
                ENDED_SESSIONS.c.session == EVERY,
                ENDED_SESSIONS.c.ended_at < until,
            )
            self.connection.execute(sa.update(ENDED_SESSIONS).where(all_of_them).values(ended_at=until))


class NamingWrites(SessionWrites):
    """Counts whom a citizen names."""

    def name(self) -> int:
        """Count one more that the owner names today (in Oslo), and say how many those are; yesterday is forgotten."""
        day = self.now.astimezone(OSLO).date()
        first = {"owner": self.owner, "day": day, "number": 0}
        self.connection.execute(insert_new(self.connection, NAMINGS, first))
        mine = NAMINGS.c.owner == self.owner
        number = sa.case((NAMINGS.c.day == day, NAMINGS.c.number + 1), else_=1)
        self.connection.execute(sa.update(NAMINGS).where(mine).values(day=day, number=number))
        return int(self.connection.execute(sa.select(NAMINGS.c.number).where(mine)).scalar_one())


class BundleReads(SessionReads):
    """Reads of the journal."""

    def bundle(self, bundle: str) -> tuple[str, bytes]:
        """The organisation that sent a bundle, and its bytes as received."""
        (row,) = self.fetch(BUNDLE, bundle=bundle)
        return row.organisation, bytes(row.body)

    def waited_for(self, citizen: str, after: datetime) -> set[str]:
        """The bundles that have yet to name appointments or visits of somebody's, and have had to since a moment."""
        return {row.bundle for row in self.fetch(WAITED_FOR, citizen=citizen, after=after)}


class BundleWrites(NamingWrites):
    """Writes of the journal."""

    def keep_bundle(self, organisation: str, body: bytes) -> str:
        """Keep a bundle as received, once however often it comes; returns its id."""
        digest = hashlib.sha256(body).hexdigest()
        values = {"id": uuid.uuid4().hex, "organisation": organisation, "digest": digest, "body": body}
        self.connection.execute(insert_new(self.connection, BUNDLES, {**values, "received_at": self.now}))
        kept = sa.select(BUNDLES.c.id).where(BUNDLES.c.organisation == organisation, BUNDLES.c.digest == digest)
        return str(self.connection.execute(kept).scalar_one())

    def wait_for(self, citizen: str, bundle: str) -> None:
        """Let what else is delivered about somebody wait until a bundle has named their appointments and visits."""
        values = {"citizen": citizen, "bundle": bundle, "since": self.now}
        self.connection.execute(insert_new(self.connection, UNNAMED, values))

    def wait_no_longer(self, bundle: str, citizen: str | None = None) -> None:
        """It has named those of one person, or is delivered whole."""
        whose = sa.true() if citizen is None else UNNAMED.c.citizen == citizen
        self.connection.execute(sa.delete(UNNAMED).where(UNNAMED.c.bundle == bundle, whose))

    def note_refusals(self, bundle: str, refused: Iterable[Outcome]) -> None:
        """Keep which entries an owner refused after their sender had been told that they were accepted."""
        for one in refused:
            values = {"bundle": bundle, "position": one.index, "type": one.type, "code": one.code or one.fate.value}
            refusal = insert_new(self.connection, LATE_REFUSALS, {**values, "refused_at": self.now})
            self.connection.execute(refusal)


class RosterTable:
    """Remembers which sections each view has."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recall(self) -> Iterable[tuple[str, str, str]]:
        """All that was remembered: (view, section, service)."""
        with self._database.reading_engine.connect() as connection:
            return [(row.view, row.section, row.service) for row in connection.execute(sa.select(ROSTER))]

    def remember(self, view: str, section: str, service: str) -> None:
        """Keep one."""
        with self._database.transaction(Writes, owner=None) as tx:
            tx.connection.execute(
                insert_new(tx.connection, ROSTER, {"view": view, "section": section, "service": service})
            )
