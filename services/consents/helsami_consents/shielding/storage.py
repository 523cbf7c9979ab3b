"""The database of shields: every statement names the citizen whose they are, but for what staff decide."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from helsami_consents.capacity import storage
from helsami_consents.models import SHIELDS
from helsami_consents.shielding.domain import HIDING, PARENTS, REPRESENTATIVES

HIDDEN: Final = (
    sa.select(SHIELDS.c.item, SHIELDS.c.hidden_from, SHIELDS.c.reader)
    .where(SHIELDS.c.owner == sa.bindparam("owner", type_=sa.String))
    .where(SHIELDS.c.state.in_(sorted(HIDING)))
    .where(sa.or_(SHIELDS.c.until.is_(None), SHIELDS.c.until > sa.bindparam("now", type_=SHIELDS.c.until.type)))
)


class Reads(storage.Reads):
    """What a citizen has hidden."""


class Writes(storage.Writes):
    """One transaction, for the citizen who hides something, or for staff and nobody."""

    def hidden_from(self, actor: str, *, as_parent: bool) -> frozenset[str]:
        """
        The ids of the owner's items that somebody who acts for them must not see now, on whatever ground they act.

        What is hidden from parents stays hidden from one who has become something else since.
        """
        rows = self.connection.execute(HIDDEN, {"owner": self.owner, "now": self.now}).all()
        hidden = {row.item for row in rows if row.hidden_from == REPRESENTATIVES or row.reader == actor}
        from_parents = {row.item for row in rows if row.hidden_from == PARENTS} - hidden
        if from_parents and (as_parent or self.parenthood_of(actor) is not None):
            hidden |= from_parents
        return frozenset(hidden)
