"""Sections of what a citizen reads: how the items of one kind, or of several at once, are read a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_kernel.access import AccessToken
from helsami_kernel.database import Reads, UtcDateTime
from helsami_kernel.items import SHARING_COLUMNS
from helsami_kernel.pages import NEWEST, Cursor, Page
from helsami_kernel.showing import Showing
from helsami_sdk.rules import Rules

BLANK: Final = sa.literal("")
LIMIT: Final = "access_limit"


@dataclass(frozen=True)
class Inside:
    """
    Items that are shown inside those of a section, as a list in their field `field`: the notes of a visit.

    `outer_id` is the column of `table` with the id of the item it is inside. Rules are asked about each, with the visit
    type and setting of what it is inside. Who does not see that sees none.
    """

    table: sa.Table
    outer_id: sa.Column[Any]
    field: str

    def of(self, page: sa.CTE) -> sa.Select[Any]:
        """A select of what is inside the items of a page."""
        of_outer = {"setting", "visit_type"}
        return (
            sa.select(
                sa.literal("inside"),
                self.table.c.id,
                self.table.c.organisation,
                self.table.c.occurred_at,
                *((page if column in of_outer else self.table).c[column] for column in SHARING_COLUMNS),
                BLANK,
                BLANK,
                BLANK,
                self.table.c.body,
                self.outer_id,
            )
            .join(page, page.c.id == self.outer_id)
            .where(self.table.c.owner == sa.bindparam("owner"))
        )


@dataclass(frozen=True)
class _Also:
    """What is read of each item beside the columns that all have."""

    category: sa.ColumnElement[Any]
    limit: sa.ColumnElement[Any]
    of: sa.ColumnElement[Any]
    origin: sa.ColumnElement[Any]


class Section:
    """How one kind of items is read, a page at a time."""

    def __init__(
        self,
        table: sa.Table,
        category: str | None,
        *only: sa.ColumnElement[bool],
        categories: sa.Column[Any] | None = None,
        limits: sa.Column[Any] | None = None,
        of: sa.ColumnElement[Any] | None = None,
        origin: sa.ColumnElement[Any] | None = None,
        inside: Inside | None = None,
    ) -> None:
        """
        `category` is the one whose go-live date is the floor of history (K9); `only` are further conditions.

        Without a category the items are the portal's own: no organisation dates them, and none withholds them. Where
        items are of several categories the column `categories` names theirs, and is empty for the section's. `limits`
        says from whom they are hidden, where that is not their own `access_limit`; `of` what each of them is about
        beside what it is within: where that is hidden, so are they; `origin` whose that is, sealed (`Origins`).
        """
        self.category = category
        self._field = inside.field if inside else None
        also = _Also(
            BLANK if categories is None else categories,
            table.c.access_limit if limits is None else limits,
            BLANK if of is None else sa.func.coalesce(of, ""),
            BLANK if origin is None else sa.func.coalesce(origin, ""),
        )
        self.newest_first = _statement(table, only, also, inside, soonest_first=False)
        self._soonest_first = _statement(table, only, also, inside, soonest_first=True)
        self._one = _one(table, only, also)

    def finished(
        self,
        reads: Reads,
        rules: Mapping[str, Rules],
        access: AccessToken,
        now: datetime,
        limit: int,
        cursor: str | None = None,
    ) -> bytes:
        """
        A page as finished JSON, newest first: items, as_of, status, absences, next.

        An item is shown from its organisation's go-live on (R64), and if no rule withholds it. Raises Malformed.
        """
        page = self.page(reads, rules, access, limit)
        page.fill(reads, self.newest_first, Cursor.read(cursor, NEWEST), newest_first=True)
        return page.finished(now)

    def soonest_first(
        self,
        reads: Reads,
        rules: Mapping[str, Rules],
        access: AccessToken,
        now: datetime,
        limit: int,
        cursor: str | None = None,
    ) -> bytes:
        """As `finished`, of what is still to come: from now on, the soonest first."""
        page = self.page(reads, rules, access, limit)
        page.fill(reads, self._soonest_first, Cursor.read(cursor, Cursor(now, "")), newest_first=False)
        return page.finished(now)

    def one(self, reads: Reads, rules: Mapping[str, Rules], access: AccessToken, item: str) -> Row[Any] | None:
        """The item of that id with its `key`, if this reader is shown it."""
        row = next(iter(reads.fetch(self._one, id=item)), None)
        return row if row is not None and Showing(self.category, rules, access, reads.notes).may_show(row) else None

    def page(self, reads: Reads, rules: Mapping[str, Rules], access: AccessToken, limit: int) -> Page:
        """An empty page. Raises Malformed."""
        return Page(Showing(self.category, rules, access, reads.notes), limit, self._field)


class Sections:
    """Several sections that are read in one round trip, each the newest first."""

    def __init__(self, sections: Mapping[str, Section]) -> None:
        self._sections = sections
        parts = {name: section.newest_first.subquery(name) for name, section in sections.items()}
        self._statement = sa.union_all(
            *(sa.select(sa.literal(name).label("section"), *part.c) for name, part in parts.items())
        )

    def finished(
        self, reads: Reads, rules: Mapping[str, Rules], access: AccessToken, now: datetime, limit: int
    ) -> dict[str, bytes]:
        """The first page of each by name, as `Section.finished` gives it."""
        pages = {name: section.page(reads, rules, access, limit) for name, section in self._sections.items()}
        stride = max(page.stride for page in pages.values())
        rows = reads.fetch(self._statement, from_at=NEWEST.at, from_id=NEWEST.id, limit=stride)
        found: dict[str, list[Row[Any]]] = {name: [] for name in self._sections}
        for row in rows:
            found[row.section].append(row)
        finished = {}
        for name, page in pages.items():
            newest_first = self._sections[name].newest_first
            page.fill(reads, newest_first, NEWEST, newest_first=True, begun=found[name])
            finished[name] = page.finished(now)
        return finished


def _one(table: sa.Table, only: Sequence[sa.ColumnElement[bool]], also: _Also) -> sa.Select[Any]:
    """A select of one item, as `Showing` asks about it, with what its source calls it."""
    asked = (also.limit.label(LIMIT) if name == LIMIT else table.c[name] for name in SHARING_COLUMNS)
    names = (table.c[name] for name in ("id", "key", "organisation", "occurred_at"))
    this = table.c.id == sa.bindparam("id", type_=sa.String)
    return sa.select(*names, *asked, also.category.label("category"), also.of.label("of")).where(
        table.c.owner == sa.bindparam("owner"), this, *only
    )


def _statement(
    table: sa.Table,
    only: Sequence[sa.ColumnElement[bool]],
    also: _Also,
    inside: Inside | None,
    *,
    soonest_first: bool,
) -> sa.CompoundSelect[Any]:
    """A select of the items beyond a place in time, of what is inside them, and of each organisation's oldest."""
    where = (table.c.owner == sa.bindparam("owner"), *only)
    at, last = sa.bindparam("from_at", type_=UtcDateTime), sa.bindparam("from_id", type_=sa.String)
    place = (table.c.occurred_at, table.c.id)
    beyond = sa.tuple_(*place) > sa.tuple_(at, last) if soonest_first else sa.tuple_(*place) < sa.tuple_(at, last)
    category, limit = also.category.label("category"), also.limit.label("access_limit")
    asked = (limit if name == LIMIT else table.c[name] for name in SHARING_COLUMNS)
    about = (category, also.of.label("of"), also.origin.label("origin"))
    columns = (table.c.id, table.c.organisation, table.c.occurred_at, *asked, *about)
    page = (
        sa.select(sa.literal("item").label("what"), *columns, table.c.body, BLANK.label("outer_id"))
        .where(*where, beyond)
        .order_by(*(column.asc() if soonest_first else column.desc() for column in place))
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .cte()
    )
    oldest = (
        sa.select(
            sa.literal("oldest"),
            BLANK,
            table.c.organisation,
            sa.func.min(table.c.occurred_at, type_=UtcDateTime),
            *(limit if name == LIMIT else BLANK for name in SHARING_COLUMNS),
            category,
            BLANK,
            BLANK,
            BLANK,
            BLANK,
        )
        .where(*where)
        # Apart for each limit: the oldest of those that are hidden from a reader is none of theirs.
        .group_by(table.c.organisation, also.limit, *(() if also.category is BLANK else (also.category,)))
    )
    return sa.union_all(sa.select(page), oldest, *([inside.of(page)] if inside else []))
