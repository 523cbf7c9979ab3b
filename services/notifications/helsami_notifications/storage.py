"""Notices in the database."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Final

import sqlalchemy as sa

from helsami_kernel import database
from helsami_kernel.database import insert_new
from helsami_kernel.items import Item, keep
from helsami_kernel.sections import Section
from helsami_notifications.domain import Notice, Subject
from helsami_notifications.models import NOTICES, SILENCES

PORTAL: Final = "helsami"
EVERY_NOTICE: Final = Section(NOTICES, None)


@cache
def notices_about(subjects: frozenset[Subject]) -> Section:
    """The notices about some kinds of thing only."""
    return Section(NOTICES, None, sa.or_(sa.false(), *(NOTICES.c.kind == str(one) for one in sorted(subjects))))


class Writes(database.Writes):
    """One transaction, for one citizen."""

    def tell(self, citizen: str, notice: Notice, event_id: str, at: datetime | None) -> str:
        """Store what an event tells a citizen, once an event: `stored`, `unchanged`, or `silent` to who has left."""
        quiet = sa.select(SILENCES.c.silent).where(SILENCES.c.owner == citizen)
        if self.connection.execute(quiet).scalar():
            return "silent"
        item = Item(
            owner=citizen,
            organisation=PORTAL,
            key=event_id,
            occurred_at=at or self.now,
            kind=str(notice.news.about),
            body=notice.shown(),
        )
        return keep(self, NOTICES, item)

    def silence(self, citizen: str, sequence: int, *, silent: bool) -> None:
        """Tell a citizen nothing from now on, or everything again, unless something later was said already."""
        values = {"owner": citizen, "sequence": sequence, "silent": silent}
        if not self.connection.execute(insert_new(self.connection, SILENCES, values)).rowcount:
            earlier = sa.and_(SILENCES.c.owner == citizen, SILENCES.c.sequence < sequence)
            self.connection.execute(sa.update(SILENCES).where(earlier).values(**values))
