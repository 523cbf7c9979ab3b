"""The database of grants: every statement names the citizen who is one of its two sides."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_consents.grants.domain import COUNTED_FOR, Grant
from helsami_consents.models import GRANTS
from helsami_kernel import database
from helsami_kernel.database import insert_new

OWNER: Final = sa.bindparam("owner", type_=sa.String)
SIDE: Final = sa.or_(GRANTS.c.giver == OWNER, GRANTS.c.receiver == OWNER)
OF_OWNER: Final = sa.select(GRANTS).where(SIDE, GRANTS.c.ended_at.is_(None)).order_by(GRANTS.c.granted_at, GRANTS.c.id)
ONE: Final = sa.select(GRANTS).where(SIDE, GRANTS.c.id == sa.bindparam("id", type_=sa.String))
AGAIN: Final = {"accepted_at": None, "ended_at": None, "ended_as": None}


class Reads(database.Reads):
    """What a citizen has granted and been granted."""

    def grants(self) -> list[Grant]:
        """Grants that have not ended, given or received, the oldest first."""
        return [grant_of(row) for row in self.fetch(OF_OWNER)]

    def grant(self, grant_id: str) -> Grant | None:
        """One that the owner has given or received, ended or not."""
        return next((grant_of(row) for row in self.fetch(ONE, id=grant_id)), None)


class Writes(database.Writes):
    """One transaction, for one side of a grant."""

    def grant(self, grant_id: str) -> Grant | None:
        """One that the owner has given or received, ended or not; locked, so that of two who change it one waits."""
        mine = {"owner": self.owner, "id": grant_id}
        row = self.connection.execute(ONE.with_for_update(), mine).one_or_none()
        return None if row is None else grant_of(row)

    def grant_to(self, receiver: str) -> Grant | None:
        """What the owner has granted this receiver, ended or not."""
        row = self.connection.execute(sa.select(GRANTS).where(self._to(receiver))).one_or_none()
        return None if row is None else grant_of(row)

    def take_turn(self) -> None:
        """Let what the owner does that is counted follow each other; SQLite has one writer anyway."""
        if self.connection.dialect.name == "postgresql":
            turn = sa.func.hashtextextended(f"counted {self.owner}", 0)
            self.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(turn)))

    def count_given(self) -> int:
        """How many the owner has given that have not ended, or were offered lately."""
        lately = GRANTS.c.granted_at > self.now - COUNTED_FOR
        given = sa.and_(GRANTS.c.giver == self.owner, sa.or_(GRANTS.c.ended_at.is_(None), lately))
        counted: int = self.connection.execute(sa.select(sa.func.count()).where(given)).scalar_one()
        return counted

    def offer(self, receiver: str, scopes: frozenset[str], expires_at: datetime | None) -> Grant | None:
        """Offer a receiver to do this; None if there is one already that has not ended."""
        before = self.grant_to(receiver)
        changes, since = (1, self.now) if before is None else before.counted(self.now)
        terms: dict[str, Any] = {"scopes": _written(scopes), "expires_at": expires_at}
        terms |= {"granted_at": self.now, "confirmed_at": self.now, "changes": changes, "changes_from": since}
        new = {"id": uuid.uuid4().hex, "giver": self.owner, "receiver": receiver, "version": 1, **terms}
        if not self.connection.execute(insert_new(self.connection, GRANTS, new)).rowcount:
            over = sa.and_(self._to(receiver), GRANTS.c.ended_at.is_not(None))
            again = sa.update(GRANTS).where(over).values(version=GRANTS.c.version + 1, **terms, **AGAIN)
            if not self.connection.execute(again).rowcount:
                return None
        return self.grant_to(receiver)

    def change(self, grant: Grant, scopes: frozenset[str], expires_at: datetime | None) -> Grant:
        """Give a grant of the owner's new terms, and mean it from now on."""
        terms = {"scopes": _written(scopes), "expires_at": expires_at, "confirmed_at": self.now}
        changes, since = grant.counted(self.now)
        return self._become(grant, **terms, changes=changes, changes_from=since)

    def confirm(self, grant: Grant) -> Grant:
        """Let the owner mean a grant anew, whichever side they are; what a receiver has not accepted, they accept."""
        side = "confirmed_at" if grant.giver == self.owner else "accepted_at"
        return self._become(grant, **{side: self.now})

    def end(self, grant: Grant, ended_as: str) -> Grant:
        """End a grant."""
        return self._become(grant, ended_at=self.now, ended_as=ended_as)

    def _become(self, grant: Grant, **values: Any) -> Grant:
        this = sa.and_(GRANTS.c.id == grant.id, sa.or_(GRANTS.c.giver == self.owner, GRANTS.c.receiver == self.owner))
        self.connection.execute(sa.update(GRANTS).where(this).values(version=GRANTS.c.version + 1, **values))
        return grant_of(self.connection.execute(sa.select(GRANTS).where(this)).one())

    def _to(self, receiver: str) -> sa.ColumnElement[bool]:
        return sa.and_(GRANTS.c.giver == self.owner, GRANTS.c.receiver == receiver)


def grant_of(row: Row[Any]) -> Grant:
    """The grant of a row."""
    return Grant(
        id=row.id,
        giver=row.giver,
        receiver=row.receiver,
        scopes=frozenset(row.scopes.split()),
        version=row.version,
        granted_at=row.granted_at,
        confirmed_at=row.confirmed_at,
        accepted_at=row.accepted_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        ended_as=row.ended_as,
        changes=row.changes or 1,
        changes_from=row.changes_from or row.granted_at,
    )


def _written(scopes: frozenset[str]) -> str:
    return " ".join(sorted(scopes))
