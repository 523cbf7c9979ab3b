"""The database of consents: every statement names the citizen whose rows it touches."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa

from helsami_consents.access_log.models import HEADS
from helsami_consents.access_log.storage import LogReads, LogWrites
from helsami_consents.capacity.domain import STANDING, Application
from helsami_consents.capacity.storage import application_of
from helsami_consents.children.domain import Parenthood
from helsami_consents.children.domain import ends_at as comes_of_age
from helsami_consents.children.storage import parenthood_of
from helsami_consents.grants.domain import Grant
from helsami_consents.grants.storage import grant_of
from helsami_consents.models import APPLICATIONS, GRANTS, OTHER_IDS, PARENTHOODS, SHIELDS
from helsami_consents.people import Person
from helsami_consents.shielding import storage as shielding
from helsami_consents.shielding.domain import HIDING, PARENTS, REPRESENTATIVES, STAFF, State
from helsami_kernel.database import UtcDateTime

OWNER: Final = sa.bindparam("owner", type_=sa.String)
ACTOR: Final = sa.bindparam("actor", type_=sa.String)
_STANDS: Final = APPLICATIONS.c.state.in_([state.value for state in STANDING])
_HIDES: Final = sa.or_(
    sa.and_(
        SHIELDS.c.state.in_([state.value for state in HIDING]),
        sa.or_(SHIELDS.c.until.is_(None), SHIELDS.c.until > sa.bindparam("ended_by", type_=UtcDateTime)),
    ),
    sa.and_(
        SHIELDS.c.state == State.REQUESTED.value,
        SHIELDS.c.hidden_from != STAFF,
        sa.bindparam("of_age", type_=sa.Boolean),
    ),
)
PARTS: Final[list[list[Any]]] = [
    *(list(table.c) for table in (PARENTHOODS, APPLICATIONS, GRANTS, HEADS)),
    [SHIELDS.c.item, SHIELDS.c.hidden_from, SHIELDS.c.reader, SHIELDS.c.held_by, OTHER_IDS.c.known_as],
]
BETWEEN: Final = sa.select(*(column for part in PARTS for column in part)).select_from(
    sa.select(sa.literal_column("1"))
    .subquery("always")
    .outerjoin(PARENTHOODS, sa.and_(PARENTHOODS.c.child == OWNER, PARENTHOODS.c.parent == ACTOR))
    .outerjoin(APPLICATIONS, sa.and_(APPLICATIONS.c.subject == OWNER, APPLICATIONS.c.applicant == ACTOR, _STANDS))
    .outerjoin(GRANTS, sa.and_(GRANTS.c.giver == OWNER, GRANTS.c.receiver == ACTOR))
    .outerjoin(HEADS, HEADS.c.owner == OWNER)
    .outerjoin(SHIELDS, sa.and_(SHIELDS.c.owner == OWNER, _HIDES))
    .outerjoin(OTHER_IDS, sa.and_(OTHER_IDS.c.owner == OWNER, OTHER_IDS.c.item == SHIELDS.c.item))
)
"""All that is between two people, in one row, or in one for each item that one hides; with the head of the log."""

_ROWS: Final[list[Any]] = [namedtuple("Row", [str(column.key) for column in part]) for part in PARTS]  # noqa: PYI024


@dataclass(frozen=True, slots=True)
class Between:
    """
    What is stored of whether an actor may act for the transaction's owner: ended or not, but for a capacity.

    `head` is that of the owner's log, which is locked; `hidden` are the owner's shields that hide now.
    """

    actor: str
    parenthood: Parenthood | None
    capacity: Application | None
    grant: Grant | None
    head: Any
    hidden: Sequence[Any]

    @property
    def held_responsibility(self) -> bool:
        """Whether the actor held parental responsibility when the owner hid from parents what is hidden yet."""
        return any(self.actor in row.held_by.split() for row in self.hidden)

    def hides(self, *, as_parent: bool) -> frozenset[str]:
        """
        The ids of the owner's items that the actor must not see now, on whatever ground they act.

        What is hidden from parents stays hidden from one who has become something else since: `as_parent`.
        """
        groups = {REPRESENTATIVES, PARENTS} if as_parent else {REPRESENTATIVES}
        from_them = [row for row in self.hidden if row.hidden_from in groups or row.reader == self.actor]
        return frozenset(its for row in from_them for its in (row.item, row.known_as) if its is not None)


class Reads(shielding.Reads, LogReads):
    """What a citizen sees of their grants and of their log."""


class Writes(shielding.Writes, LogWrites):
    """What a citizen changes, and what is logged about them; the transaction's owner is both."""

    def between(self, actor: str, owner: Person | None) -> Between:
        """
        What there is between an actor and the owner, whose log is locked until the end of the transaction.

        It is looked for once the lock is held: who has waited for that sees what has ended meanwhile. `owner` is who
        they are by the register, None of an id that is nobody's. From 00:00 of the day on which they are of age all
        that they hide is hidden, whatever staff have said or will; what the word of staff has ended before is not.
        """
        born = None if owner is None else owner.birth_date
        of_age = born is not None and comes_of_age(born) <= self.now
        ended_by = comes_of_age(born) if of_age and born is not None else self.now
        asked = {"owner": self.owner, "actor": actor, "ended_by": ended_by, "of_age": of_age}
        rows = self.send(*self.locking_head(of_nobody=owner is None), (BETWEEN, asked))
        found = [list(_parts(row)) for row in rows]
        parenthood, capacity, grant, head, _ = found[0]
        return Between(
            actor,
            parenthood and parenthood_of(parenthood),
            capacity and application_of(capacity),
            grant and grant_of(grant),
            head,
            [parts[-1] for parts in found if parts[-1]],
        )


def _parts(row: Sequence[Any]) -> Iterator[Any]:
    """The row of each table, which begins with what it always has; None where there is none."""
    values = iter(row)
    for kind in _ROWS:
        part = kind._make(islice(values, len(kind._fields)))
        yield None if part[0] is None else part
