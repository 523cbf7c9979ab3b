"""The database of parents who act for their children: every statement names the child or the parent."""

from __future__ import annotations

import uuid
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_consents.children.domain import Parenthood
from helsami_consents.grants import storage
from helsami_consents.models import PARENTHOODS
from helsami_kernel.database import insert_new

OWNER: Final = sa.bindparam("owner", type_=sa.String)
SIDE: Final = sa.or_(PARENTHOODS.c.child == OWNER, PARENTHOODS.c.parent == OWNER)
HOLDING: Final = sa.select(PARENTHOODS).where(SIDE, PARENTHOODS.c.ended_at.is_(None)).order_by(PARENTHOODS.c.began_at)


class Reads(storage.Reads):
    """Whom somebody acts for as a parent."""

    def children(self) -> list[Parenthood]:
        """Those of the owner's children whom they act for, the first to be applied for first."""
        return [parenthood_of(row) for row in self.fetch(HOLDING) if row.parent == self.owner]

    def parents(self) -> list[Parenthood]:
        """Those who act for the owner as parents."""
        return [parenthood_of(row) for row in self.fetch(HOLDING) if row.child == self.owner]


class Writes(storage.Writes):
    """One transaction, for a parent or a child."""

    def parenthoods(self) -> list[Parenthood]:
        """Those that have not ended, of the owner as a child and as a parent."""
        return [parenthood_of(row) for row in self.connection.execute(HOLDING, {"owner": self.owner})]

    def begin_parenthood(self, child: str) -> Parenthood:
        """Let the owner act for a child; again is the same, and what had ended begins anew."""
        this = sa.and_(PARENTHOODS.c.child == child, PARENTHOODS.c.parent == self.owner)
        new = {"id": uuid.uuid4().hex, "child": child, "parent": self.owner, "version": 1, "began_at": self.now}
        if not self.connection.execute(insert_new(self.connection, PARENTHOODS, new)).rowcount:
            anew = {"version": PARENTHOODS.c.version + 1, "began_at": self.now, "ended_at": None, "ended_as": None}
            ended = sa.and_(this, PARENTHOODS.c.ended_at.is_not(None))
            self.connection.execute(sa.update(PARENTHOODS).where(ended).values(**anew))
        return parenthood_of(self.connection.execute(sa.select(PARENTHOODS).where(this)).one())

    def rule_out(self, parenthood: Parenthood, ended_as: str) -> Parenthood | None:
        """End one of the owner's, unless somebody else has just done so."""
        this = sa.and_(PARENTHOODS.c.child == self.owner, PARENTHOODS.c.id == parenthood.id)
        holding = sa.and_(this, PARENTHOODS.c.ended_at.is_(None), PARENTHOODS.c.version == parenthood.version)
        ended = {"version": parenthood.version + 1, "ended_at": self.now, "ended_as": ended_as}
        if not self.connection.execute(sa.update(PARENTHOODS).where(holding).values(**ended)).rowcount:
            return None
        return parenthood_of(self.connection.execute(sa.select(PARENTHOODS).where(this)).one())

    def end_parenthood(self, parenthood_id: str, ended_as: str) -> Parenthood | None:
        """End one that the owner is a side of; one that has ended stays as it is, and None is nobody's."""
        side = sa.or_(PARENTHOODS.c.child == self.owner, PARENTHOODS.c.parent == self.owner)
        this = sa.and_(PARENTHOODS.c.id == parenthood_id, side)
        ended = {"version": PARENTHOODS.c.version + 1, "ended_at": self.now, "ended_as": ended_as}
        holding = sa.and_(this, PARENTHOODS.c.ended_at.is_(None))
        self.connection.execute(sa.update(PARENTHOODS).where(holding).values(**ended))
        row = self.connection.execute(sa.select(PARENTHOODS).where(this)).one_or_none()
        return None if row is None else parenthood_of(row)


def parenthood_of(row: Row[Any]) -> Parenthood:
    """The parenthood of a row."""
    return Parenthood(row.id, row.child, row.parent, row.version, row.began_at, row.ended_at, row.ended_as)
