"""Notices in the database."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Final

import sqlalchemy as sa

from helsami_kernel import database
from helsami_kernel.items import Item, keep
from helsami_kernel.sections import Section
from helsami_notifications.domain import Notice, Subject
from helsami_notifications.models import NOTICES

PORTAL: Final = "helsami"
EVERY_NOTICE: Final = Section(NOTICES, None)


@cache
def notices_about(subjects: frozenset[Subject]) -> Section:
    """The notices about some kinds of thing only."""
    return Section(NOTICES, None, sa.or_(sa.false(), *(NOTICES.c.kind == str(one) for one in sorted(subjects))))


class Writes(database.Writes):
    """One transaction, for one citizen."""

    def tell(self, citizen: str, notice: Notice, event_id: str, at: datetime | None) -> str:
        """Store what an event tells a citizen, once an event: `stored` or `unchanged`."""
        item = Item(
            owner=citizen,
            organisation=PORTAL,
            key=event_id,
            occurred_at=at or self.now,
            kind=str(notice.news.about),
            body=notice.shown(),
        )
        return keep(self, NOTICES, item)
