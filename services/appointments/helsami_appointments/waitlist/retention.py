"""
How long it is known who was offered what.

An offer that has ended is kept for its citizen's list, and until the round that it is of has come to an end: nobody is
asked twice in one. What remains of it then is a number by organisation and month.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row

from helsami_appointments.models import OFFERS, OFFERS_PAST
from helsami_appointments.requests import storage as requests
from helsami_kernel.clock import OSLO

FORGET: Final = "forget_offers"
KEPT_FOR: Final = timedelta(days=30)
COUNTED_FOR: Final = timedelta(days=400)
LONGEST_LIFE: Final = timedelta(days=2)
"""An offer lives for a day at most, and ends when it is looked at after that."""

LONGEST_MONTH: Final = timedelta(days=31)
LOOK_AGAIN_AFTER: Final = timedelta(days=1)
MOST_FORGOTTEN: Final = 500
BY: Final = ("organisation", "state", "age_band", "digital")


class Writes(requests.Writes):
    """One transaction, in which offers of long ago become numbers."""

    def promise_to_forget(self, offered_at: datetime) -> None:
        """Once for each day on which something was offered, look at what there is to forget when that may be."""
        due_at = offered_at + LONGEST_LIFE + KEPT_FOR
        self.promise(FORGET, due_at, {}, offered_at.astimezone(OSLO).date().isoformat())

    def forget_offers(self, promised: str) -> int:
        """
        Count and remove offers that ended KEPT_FOR ago, and whose round has; at most MOST_FORGOTTEN at once.

        Returns how many. What is left is looked at again: at once, or in a day where its round goes on. `promised` is
        the id of the promise that this keeps.
        """
        rows = self.connection.execute(_to_forget(self.now - KEPT_FOR)).all()
        if rows:
            self._count_past(rows)
            self.connection.execute(sa.delete(OFFERS).where(OFFERS.c.id.in_([row.id for row in rows])))
        last = _month(self.now - COUNTED_FOR)
        self.connection.execute(sa.delete(OFFERS_PAST).where(OFFERS_PAST.c.month < last))
        left = sa.select(OFFERS.c.id).where(OFFERS.c.offered_at <= self.now - KEPT_FOR - LONGEST_LIFE).limit(1)
        if len(rows) == MOST_FORGOTTEN:
            self.promise(FORGET, self.now, {}, promised)
        elif self.connection.execute(left).first() is not None:
            self.promise(FORGET, self.now + LOOK_AGAIN_AFTER, {}, promised)
        return len(rows)

    def outcomes(self, organisation: str) -> Sequence[Row[Any]]:
        """State, age band, digital, and how many of an organisation's offers stand or have ended so (COUNTED_FOR)."""
        names = ("state", "age_band", "digital")
        still = sa.select(*(OFFERS.c[name] for name in names), sa.func.count().label("count"))
        past = sa.select(*(OFFERS_PAST.c[name] for name in (*names, "count")))
        both = sa.union_all(
            still.where(OFFERS.c.organisation == organisation).group_by(*(OFFERS.c[name] for name in names)),
            past.where(OFFERS_PAST.c.organisation == organisation),
        ).subquery()
        by = [both.c[name] for name in names]
        counted: sa.Select[Any] = sa.select(*by, sa.cast(sa.func.sum(both.c["count"]), sa.Integer))
        return self.connection.execute(counted.group_by(*by).order_by(*by)).all()

    def _count_past(self, rows: Sequence[Row[Any]]) -> None:
        insert = postgresql.insert if self.connection.dialect.name == "postgresql" else sqlite.insert
        new = insert(OFFERS_PAST)
        more = {"count": OFFERS_PAST.c["count"] + new.excluded["count"]}
        upsert = new.on_conflict_do_update(index_elements=[*OFFERS_PAST.primary_key.columns], set_=more)
        counted = Counter((_month(row.ended_at), *(getattr(row, name) for name in BY)) for row in rows)
        values = [dict(zip(("month", *BY), key, strict=True)) | {"count": counted[key]} for key in sorted(counted)]
        self.connection.execute(upsert, values)
        for month in sorted({value["month"] for value in values}):
            over = datetime.combine(month + LONGEST_MONTH, time(), OSLO)
            self.promise(FORGET, over + COUNTED_FOR, {}, f"month {month}")


def _to_forget(before: datetime) -> sa.Select[Any]:
    """Offers that ended by then, and with them every offer of their round; the first to end first."""
    other = OFFERS.alias()
    goes_on = sa.and_(other.c.round == OFFERS.c.round, sa.or_(other.c.ended_at.is_(None), other.c.ended_at > before))
    over = sa.and_(OFFERS.c.ended_at <= before, ~sa.select(other.c.id).where(goes_on).exists())
    columns = (OFFERS.c.id, OFFERS.c.ended_at, *(OFFERS.c[name] for name in BY))
    return sa.select(*columns).where(over).order_by(OFFERS.c.ended_at, OFFERS.c.id).limit(MOST_FORGOTTEN)


def _month(moment: datetime) -> date:
    return moment.astimezone(OSLO).date().replace(day=1)
