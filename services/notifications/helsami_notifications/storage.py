"""Notices in the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Final

import sqlalchemy as sa

from helsami_kernel import database
from helsami_kernel.access_limits import AccessLimit
from helsami_kernel.database import insert_new
from helsami_kernel.items import Item, keep
from helsami_kernel.sections import Section
from helsami_notifications.domain import Notice, Subject
from helsami_notifications.models import LIMITS, LINKS, NOTICES, ORIGINS, SILENCES

PORTAL: Final = "helsami"
# Read with the notice: whichever of the two is stored first, no notice is shown without what it is hidden with.
LINKED: Final = (
    # No bound separator: sections are prepared as they stand.
    sa.select(sa.func.aggregate_strings(LINKS.c.other, sa.literal_column("' '")))  # type: ignore[arg-type]
    .where(LINKS.c.owner == NOTICES.c.owner, LINKS.c.item == NOTICES.c.of)
    .scalar_subquery()
)
BELONGS_TO: Final = NOTICES.c.of + " " + sa.func.coalesce(LINKED, "")
EVERY_NOTICE: Final = Section(NOTICES, None, of=BELONGS_TO)
ORIGIN: Final = (
    sa.select(ORIGINS.c.origin)
    .where(ORIGINS.c.owner == NOTICES.c.owner, ORIGINS.c.item == NOTICES.c.of)
    .scalar_subquery()
)
"""Whose the item of a notice is, sealed, as it was told last."""


@cache
def notices_about(subjects: frozenset[Subject]) -> Section:
    """The notices about some kinds of thing only."""
    kinds = (NOTICES.c.kind == str(one) for one in sorted(subjects))
    return Section(NOTICES, None, sa.or_(sa.false(), *kinds), of=BELONGS_TO, origin=ORIGIN)


class Writes(database.Writes):
    """One transaction, for one citizen."""

    def tell(self, citizen: str, notice: Notice, event_id: str, at: datetime | None) -> str:
        """Store what an event tells a citizen, once an event: `stored`, `unchanged`, or `silent` to who has left."""
        if notice.origin is not None:
            self.came_from(citizen, notice.item, notice.origin, at)
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
            access_limit=self._limit_of(citizen, notice, at or self.now),
            within=notice.within,
            extra={"of": notice.item},
        )
        self.link(citizen, notice.item, notice.linked)
        return keep(self, NOTICES, item)

    def link(self, citizen: str, item: str, others: Iterable[str]) -> None:
        """Hide all that was told of an item, and will be, with others as well; again is the same."""
        for other in sorted(others):
            self.connection.execute(
                insert_new(self.connection, LINKS, {"owner": citizen, "item": item, "other": other})
            )

    def _limit_of(self, citizen: str, notice: Notice, at: datetime) -> AccessLimit:
        """From whom what a notice is of is hidden: as its owner has said last, be it with the news or apart from it."""
        this = sa.and_(LIMITS.c.owner == citizen, LIMITS.c.item == notice.item)
        known = self.connection.execute(sa.select(LIMITS.c.access_limit, LIMITS.c.at).where(this)).one_or_none()
        if known is not None and (notice.access_limit is None or known.at >= at):
            return AccessLimit(known.access_limit)
        return AccessLimit(notice.access_limit or AccessLimit.NONE)

    def limit(self, citizen: str, item: str, access_limit: AccessLimit, at: datetime | None) -> None:
        """Hide from whom an item is hidden by now all that was told of it, and will be; the later word holds."""
        values = {"owner": citizen, "item": item, "access_limit": access_limit, "at": at or self.now}
        if not self.connection.execute(insert_new(self.connection, LIMITS, values)).rowcount:
            earlier = sa.and_(LIMITS.c.owner == citizen, LIMITS.c.item == item, LIMITS.c.at <= values["at"])
            if not self.connection.execute(sa.update(LIMITS).where(earlier).values(**values)).rowcount:
                return
        told = sa.and_(NOTICES.c.owner == citizen, NOTICES.c.of == item)
        self.connection.execute(sa.update(NOTICES).where(told).values(access_limit=access_limit))

    def came_from(self, citizen: str, item: str, origin: str, at: datetime | None) -> None:
        """Keep whose an item is, for all that was told of it and will be; the later word holds."""
        values = {"owner": citizen, "item": item, "origin": origin, "at": at or self.now}
        if not self.connection.execute(insert_new(self.connection, ORIGINS, values)).rowcount:
            earlier = sa.and_(ORIGINS.c.owner == citizen, ORIGINS.c.item == item, ORIGINS.c.at <= values["at"])
            self.connection.execute(sa.update(ORIGINS).where(earlier).values(**values))

    def silence(self, citizen: str, sequence: int, *, silent: bool) -> None:
        """Tell a citizen nothing from now on, or everything again, unless something later was said already."""
        values = {"owner": citizen, "sequence": sequence, "silent": silent}
        if not self.connection.execute(insert_new(self.connection, SILENCES, values)).rowcount:
            earlier = sa.and_(SILENCES.c.owner == citizen, SILENCES.c.sequence < sequence)
            self.connection.execute(sa.update(SILENCES).where(earlier).values(**values))
