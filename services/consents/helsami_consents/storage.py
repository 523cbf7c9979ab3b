"""The database of consents: every statement names the citizen whose rows it touches."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_consents.domain import Asked, Entry, Head
from helsami_consents.grants import storage as grants
from helsami_consents.models import ACCESS_LOG, HEADS
from helsami_kernel.database import insert_new

OWNER: Final = sa.bindparam("owner", type_=sa.String)
PAGE_OF_LOG: Final = (
    sa.select(ACCESS_LOG)
    .where(ACCESS_LOG.c.owner == OWNER, ACCESS_LOG.c.sequence < sa.bindparam("before", type_=sa.Integer))
    .order_by(ACCESS_LOG.c.sequence.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
HEAD_OF_OWNER: Final = sa.select(HEADS).where(HEADS.c.owner == OWNER)


class Reads(grants.Reads):
    """What a citizen sees of their grants and of their log."""

    def log(self, before: int, limit: int) -> list[Entry]:
        """Links of the owner's chain before a sequence, newest first."""
        return [_entry(row) for row in self.fetch(PAGE_OF_LOG, before=before, limit=limit)]

    def head(self) -> Head:
        """How far the owner's chain goes."""
        return next((Head(row.sequence, row.hash) for row in self.fetch(HEAD_OF_OWNER)), Head())


class Writes(grants.Writes):
    """What a citizen changes, and what is logged about them; the transaction's owner is both."""

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


def _entry(row: Row[Any]) -> Entry:
    asked = Asked(**{each.name: getattr(row, each.name) for each in fields(Asked)})
    return Entry(row.owner, row.sequence, row.previous, asked, row.hash)
