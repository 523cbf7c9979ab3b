"""Which report consists of what, or once did; and with what else each result is hidden because of that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from helsami_kernel import database
from helsami_results.domain import linked
from helsami_results.models import MEMBERS, RESULTS


class Writes(database.Writes):
    """What a delivery says of what reports consist of."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.freed: set[str] = set()
        """The ids of what a report consisted of until a delivery of this transaction said otherwise."""
        self.relinked: set[str] = set()
        """The ids of what its citizen was told of before, and what is hidden with more since this transaction."""

    def link(self, reports: Mapping[str, Collection[str]]) -> None:
        """Keep of what these reports consist now, in its order, and of what they once did."""
        if not reports:
            return
        mine = sa.and_(MEMBERS.c.owner == self.owner, MEMBERS.c.report.in_(list(reports)))
        links_before = sa.select(MEMBERS.c.report, MEMBERS.c.member, MEMBERS.c.former).where(mine)
        before = self.connection.execute(links_before).all()
        self.freed |= {row.member for row in before if not row.former}
        links = [(report, member, place) for report, some in reports.items() for place, member in enumerate(some)]
        self.connection.execute(sa.update(MEMBERS).where(mine).values(former=True))
        for report, member, _ in links:  # again a part of what it was a part of before
            again = sa.and_(mine, MEMBERS.c.report == report, MEMBERS.c.member == member)
            self.connection.execute(sa.delete(MEMBERS).where(again))
        if links:
            rows = [{"owner": self.owner, "report": one, "member": of, "place": place} for one, of, place in links]
            self.connection.execute(sa.insert(MEMBERS), rows)
        known = {(row.report, row.member) for row in before}
        self._relink({member for report, member, _ in links if (report, member) not in known})

    def visits_of(self, results: Collection[str]) -> dict[str, set[str]]:
        """The ids of the visits and appointments that each of these is within, if any."""
        if not results:
            return {}
        mine = sa.and_(RESULTS.c.owner == self.owner, RESULTS.c.id.in_(results), RESULTS.c.within != "")
        rows = self.connection.execute(sa.select(RESULTS.c.id, RESULTS.c.within).where(mine))
        return {row.id: set(row.within.split()) for row in rows}

    def relink_within(self, before: Mapping[str, set[str]], results: Collection[str]) -> None:
        """Note what was told of these results that are within more than before, and of all that is hidden with them."""
        more = [one for one, visits in self.visits_of(results).items() if visits - before.get(one, set())]
        self._relink({*more, *(other for others in self._linked(more).values() for other in others)})

    def linked(self, results: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The ids of all with each of which these results are hidden, visits and appointments among them."""
        found = self._linked(results)
        visits = self.visits_of({*results, *(other for others in found.values() for other in others)})
        return {
            one: tuple(sorted({*others, *(visit for its in (one, *others) for visit in visits.get(its, ()))}))
            for one, others in found.items()
        }

    def _linked(self, results: Collection[str]) -> dict[str, frozenset[str]]:
        if not results:
            return {}
        mine = MEMBERS.c.owner == self.owner
        parts = sa.select(MEMBERS.c.member).where(mine, MEMBERS.c.report.in_(results))
        near = sa.or_(MEMBERS.c.report.in_(results), MEMBERS.c.member.in_(results), MEMBERS.c.member.in_(parts))
        rows = self.connection.execute(sa.select(MEMBERS.c.report, MEMBERS.c.member).where(mine, near))
        links = [(row.report, row.member) for row in rows]
        return {one: linked(one, links) for one in results}

    def _relink(self, results: Collection[str]) -> None:
        """Note what was told of these, that are hidden with more than before, and of every report that has them."""
        if not results:
            return
        having = sa.select(MEMBERS.c.report).where(MEMBERS.c.owner == self.owner, MEMBERS.c.member.in_(results))
        these = sa.or_(RESULTS.c.id.in_(results), RESULTS.c.id.in_(having))
        told = sa.select(RESULTS.c.id).where(RESULTS.c.owner == self.owner, RESULTS.c.told_at.is_not(None), these)
        self.relinked |= set(self.connection.execute(told).scalars())

    def links_of(self, results: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The members of every report that one of these leads to, through other reports and members."""
        found: dict[str, tuple[str, ...]] = {}
        seen: set[str] = set()
        ahead = set(results)
        while ahead:
            seen |= ahead
            current = sa.and_(MEMBERS.c.owner == self.owner, ~MEMBERS.c.former)
            reports = sa.select(MEMBERS.c.report).where(
                current, sa.or_(MEMBERS.c.report.in_(ahead), MEMBERS.c.member.in_(ahead))
            )
            rows = self.connection.execute(
                sa.select(MEMBERS.c.report, MEMBERS.c.member)
                .where(current, MEMBERS.c.report.in_(reports))
                .order_by(MEMBERS.c.report, MEMBERS.c.place)
            ).all()
            for report, together in groupby(rows, lambda row: row.report):
                found[report] = tuple(row.member for row in together)
            ahead = {one for row in rows for one in (row.report, row.member)} - seen
        return found
