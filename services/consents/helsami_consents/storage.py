"""The database of consents: every statement names the citizen whose rows it touches."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_consents.domain import Asked, Entry, Grant, Head
from helsami_consents.models import ACCESS_LOG, GRANTS, HEADS
from helsami_kernel import database
from helsami_kernel.database import insert_new

OWNER: Final = sa.bindparam("owner", type_=sa.String)
GRANTS_OF_OWNER: Final = (
    sa.select(GRANTS)
    .where(sa.or_(GRANTS.c.giver == OWNER, GRANTS.c.receiver == OWNER), GRANTS.c.revoked_at.is_(None))
    .order_by(GRANTS.c.granted_at, GRANTS.c.id)
)
PAGE_OF_LOG: Final = (
    sa.select(ACCESS_LOG)
    .where(ACCESS_LOG.c.owner == OWNER, ACCESS_LOG.c.sequence < sa.bindparam("before", type_=sa.Integer))
    .order_by(ACCESS_LOG.c.sequence.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
HEAD_OF_OWNER: Final = sa.select(HEADS).where(HEADS.c.owner == OWNER)


class Reads(database.Reads):
    """What a citizen sees of their grants and of their log."""

    def grants(self) -> list[Grant]:
        """Grants in force that the owner has given or received, oldest first."""
        return [_grant(row) for row in self.fetch(GRANTS_OF_OWNER)]

    def log(self, before: int, limit: int) -> list[Entry]:
        """Links of the owner's chain before a sequence, newest first."""
        return [_entry(row) for row in self.fetch(PAGE_OF_LOG, before=before, limit=limit)]

    def head(self) -> Head:
        """How far the owner's chain goes."""
        return next((Head(row.sequence, row.hash) for row in self.fetch(HEAD_OF_OWNER)), Head())


class Writes(database.Writes):
    """What a giver changes, and what is logged about a subject; the transaction's owner is both."""

    def grant_to(self, receiver: str) -> Grant | None:
        """What the owner has granted this receiver, revoked or not."""
        row = self.connection.execute(sa.select(GRANTS).where(self._to(receiver))).one_or_none()
        return None if row is None else _grant(row)

    def give(self, receiver: str, scopes: Iterable[str]) -> Grant:
        """Let a receiver do this and nothing else; the version of an earlier grant goes up."""
        terms = {"scopes": " ".join(sorted(set(scopes))), "granted_at": self.now, "revoked_at": None}
        new = {"id": uuid.uuid4().hex, "giver": self.owner, "receiver": receiver, "version": 1, **terms}
        if not self.connection.execute(insert_new(self.connection, GRANTS, new)).rowcount:
            again = sa.update(GRANTS).where(self._to(receiver)).values(version=GRANTS.c.version + 1, **terms)
            self.connection.execute(again)
        return _grant(self.connection.execute(sa.select(GRANTS).where(self._to(receiver))).one())

    def revoke(self, grant: str) -> Grant | None:
        """End a grant of the owner's; one that has ended stays as it is, one that is not theirs is None."""
        this = sa.and_(GRANTS.c.id == grant, GRANTS.c.giver == self.owner)
        ended = sa.update(GRANTS).where(this, GRANTS.c.revoked_at.is_(None))
        self.connection.execute(ended.values(version=GRANTS.c.version + 1, revoked_at=self.now))
        row = self.connection.execute(sa.select(GRANTS).where(this)).one_or_none()
        return None if row is None else _grant(row)

    def log(self, asked: Asked) -> Entry:
        """Add a link to the owner's chain; the head is locked, so that two at once come one after the other."""
        first = {"owner": self.owner, **asdict(Head())}
        self.connection.execute(insert_new(self.connection, HEADS, first))
        mine = HEADS.c.owner == self.owner
        row = self.connection.execute(sa.select(HEADS).where(mine).with_for_update()).one()
        entry = Head(row.sequence, row.hash).link(row.owner, asked)
        values = {"owner": entry.subject, "sequence": entry.sequence, "previous": entry.previous, "hash": entry.hash}
        self.connection.execute(sa.insert(ACCESS_LOG).values(**values, **asdict(asked)))
        self.connection.execute(sa.update(HEADS).where(mine).values(sequence=entry.sequence, hash=entry.hash))
        return entry

    def _to(self, receiver: str) -> sa.ColumnElement[bool]:
        return sa.and_(GRANTS.c.giver == self.owner, GRANTS.c.receiver == receiver)


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        id=row.id,
        giver=row.giver,
        receiver=row.receiver,
        scopes=frozenset(row.scopes.split()),
        version=row.version,
        granted_at=row.granted_at,
        revoked_at=row.revoked_at,
    )


def _entry(row: Row[Any]) -> Entry:
    asked = Asked(**{each.name: getattr(row, each.name) for each in fields(Asked)})
    return Entry(row.owner, row.sequence, row.previous, asked, row.hash)
