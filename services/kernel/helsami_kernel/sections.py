"""Sections of what a citizen reads: items kept as finished JSON, shown by date and by rule, absences explained."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import groupby
from typing import Any, Final

import orjson
import sqlalchemy as sa
from marshmallow import Schema, fields
from sqlalchemy.engine import Row

from helsami_kernel.access import AccessToken
from helsami_kernel.clock import OSLO
from helsami_kernel.database import Reads, UtcDateTime, Writes, fingerprint
from helsami_kernel.errors import FieldProblem, Malformed
from helsami_sdk.answers import Restriction
from helsami_sdk.questions import SharingQuestion
from helsami_sdk.rules import Rules

IDS: Final = uuid.UUID("5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55")
LONGEST_PAGE: Final = 100
USUAL_PAGE: Final = 20
SHARING_COLUMNS: Final = ("kind", "setting", "visit_type", "author_role")


def items_table(name: str, metadata: sa.MetaData, *extra: sa.schema.SchemaItem) -> sa.Table:
    """A table of items: whose, from where, when, what rules may ask about, and the finished JSON."""
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("occurred_at", UtcDateTime, nullable=False),
        *(sa.Column(column, sa.String(60), nullable=False, default="") for column in SHARING_COLUMNS),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        *extra,
        sa.UniqueConstraint("owner", "organisation", "key"),
        sa.Index(f"{name}_by_owner", "owner", "occurred_at", "id"),
    )


def item_id(owner: str, organisation: str, key: str) -> str:
    """The id of an item: opaque, and the same whenever the same item comes again."""
    return str(uuid.uuid5(IDS, f"{owner}|{organisation}|{key}"))


@dataclass(frozen=True)
class Item:
    """One thing a citizen may read; `body` is what they read, without id, organisation and time, which are added."""

    owner: str
    organisation: str
    key: str
    occurred_at: datetime
    kind: str
    body: Mapping[str, Any]
    setting: str = ""
    visit_type: str = ""
    author_role: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The item's id."""
        return item_id(self.owner, self.organisation, self.key)

    @property
    def finished(self) -> dict[str, Any]:
        """What a citizen reads."""
        at = self.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return {"id": self.id, "organisation": self.organisation, "at": at, **self.body}


def keep(tx: Writes, table: sa.Table, item: Item) -> str:
    """Store an item, or find it `unchanged`; idempotent by owner, organisation and key."""
    return keep_all(tx, table, [item])[0]


def keep_all(tx: Writes, table: sa.Table, items: Sequence[Item]) -> list[str]:
    """Store items as `keep` does, many in the time of a few, and say what became of each; the last of a key counts."""
    known = _digests(tx, table, items)
    new: dict[str, dict[str, Any]] = {}
    changed: dict[str, dict[str, Any]] = {}
    outcomes = []
    for values in (_values(tx, item) for item in items):
        mine, digest = values["id"], values["digest"]
        outcomes.append("unchanged" if known.get(mine) == digest else "stored")
        if known.get(mine) != digest:
            (changed if mine in known and mine not in new else new)[mine] = values
            known[mine] = digest
    if new:
        tx.connection.execute(sa.insert(table), list(new.values()))
    if changed:
        this = sa.and_(table.c.owner == tx.owner, table.c.id == sa.bindparam("this"))
        tx.connection.execute(sa.update(table).where(this), [{"this": mine, **changed[mine]} for mine in changed])
    return outcomes


def _digests(tx: Writes, table: sa.Table, items: Sequence[Item]) -> dict[str, str]:
    mine = (table.c.owner == tx.owner, table.c.id.in_({item.id for item in items}))
    return {row.id: row.digest for row in tx.connection.execute(sa.select(table.c.id, table.c.digest).where(*mine))}


def _values(tx: Writes, item: Item) -> dict[str, Any]:
    if item.owner != tx.owner:
        raise ValueError("an item of another owner than its transaction's")
    finished = {
        "id": item.id,
        "organisation": item.organisation,
        "at": item.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        **item.body,
    }
    content = {
        "owner": item.owner,
        "organisation": item.organisation,
        "key": item.key,
        "occurred_at": item.occurred_at,
        **{column: getattr(item, column) for column in SHARING_COLUMNS},
        **item.extra,
        "body": orjson.dumps(finished).decode(),
    }
    return {**content, "id": item.id, "digest": fingerprint(content), "received_at": tx.now}


def is_open(item: Item | Row[Any], category: str, rules: Rules) -> bool:
    """Say whether the citizen themselves would be shown an item: nobody is told of what they could not then read."""
    if _is_before(rules.history_starts(category), item.occurred_at):
        return False
    return not rules.restrict_sharing(_question(item, "self", None)).withheld


def withdraw(tx: Writes, table: sa.Table, organisation: str, key: str) -> str:
    """Remove what its source says was entered in error; `unchanged` when it is not there."""
    mine = sa.and_(table.c.owner == tx.owner, table.c.organisation == organisation, table.c.key == key)
    return "stored" if tx.connection.execute(sa.delete(table).where(mine)).rowcount else "unchanged"


class PageQuery(Schema):
    """Which page of a section is asked for; `cursor` is the `next` of the page before."""

    limit = fields.Integer(
        load_default=USUAL_PAGE, strict=True, metadata={"expected": f"a number from 1 to {LONGEST_PAGE}"}
    )
    cursor = fields.String(load_default=None, allow_none=True)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What its source says was entered in error: remove what is known by this key."""

    organisation: str
    key: str


def keep_or_withdraw(tx: Writes, table: sa.Table, told: Sequence[Item | Withdrawn]) -> list[str]:
    """Keep items and withdraw others, in this order, and say what became of each."""
    outcomes: list[str] = []
    for is_item, together in groupby(told, lambda one: isinstance(one, Item)):
        if is_item:
            outcomes += keep_all(tx, table, [one for one in together if isinstance(one, Item)])
        else:
            outcomes += [withdraw(tx, table, one.organisation, one.key) for one in together]
    return outcomes


@dataclass(frozen=True)
class Cursor:
    """Where a page ended."""

    at: datetime
    id: str

    def __str__(self) -> str:
        """Opaque to front ends."""
        return base64.urlsafe_b64encode(f"{self.at.isoformat()}|{self.id}".encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str | None, start: Cursor) -> Cursor:
        """The cursor a front end sent back, or the start where it sent none; Malformed when it is none of ours."""
        if text is None:
            return start
        try:
            at, _, last = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition("|")
            read = datetime.fromisoformat(at)
            if read.tzinfo is not None:
                return cls(read.astimezone(UTC), last)
        except (ValueError, OverflowError):
            pass
        raise Malformed("malformed-cursor", FieldProblem("cursor", "the `next` of an earlier page"))


LONG_STRIDE: Final = 250
LONG_AGO: Final = datetime(1, 1, 2, tzinfo=UTC)
NEWEST: Final = Cursor(datetime(9999, 12, 31, tzinfo=UTC), "")


NO_FLOOR: Final = datetime.min.replace(tzinfo=UTC)
BLANK: Final = sa.literal("")


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
                self.table.c.body,
                self.outer_id,
            )
            .join(page, page.c.id == self.outer_id)
            .where(self.table.c.owner == sa.bindparam("owner"))
        )


class Section:
    """How one kind of items is read, a page at a time."""

    def __init__(
        self,
        table: sa.Table,
        category: str | None,
        *only: sa.ColumnElement[bool],
        categories: sa.Column[Any] | None = None,
        inside: Inside | None = None,
    ) -> None:
        """
        `category` is the one whose go-live date is the floor of history (K9); `only` are further conditions.

        Without a category the items are the portal's own: no organisation dates them, and none withholds them. Where
        items are of several categories the column `categories` names theirs, and is empty for the section's.
        """
        self.category = category
        self._field = inside.field if inside else None
        self.newest_first = _statement(table, only, categories, inside, soonest_first=False)
        self._soonest_first = _statement(table, only, categories, inside, soonest_first=True)

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
        page = self.page(rules, access, limit)
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
        page = self.page(rules, access, limit)
        page.fill(reads, self._soonest_first, Cursor.read(cursor, Cursor(now, "")), newest_first=False)
        return page.finished(now)

    def page(self, rules: Mapping[str, Rules], access: AccessToken, limit: int) -> Page:
        """An empty page. Raises Malformed."""
        return Page(self.category, self._field, rules, access, limit)


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
        rows = reads.fetch(self._statement, from_at=NEWEST.at, from_id=NEWEST.id, limit=limit + 1)
        found: dict[str, list[Row[Any]]] = {name: [] for name in self._sections}
        for row in rows:
            found[row.section].append(row)
        finished = {}
        for name, section in self._sections.items():
            page = section.page(rules, access, limit)
            page.fill(reads, section.newest_first, NEWEST, newest_first=True, begun=found[name])
            finished[name] = page.finished(now)
        return finished


def _statement(
    table: sa.Table,
    only: Sequence[sa.ColumnElement[bool]],
    categories: sa.Column[Any] | None,
    inside: Inside | None,
    *,
    soonest_first: bool,
) -> sa.CompoundSelect[Any]:
    """A select of the items beyond a place in time, of what is inside them, and of each organisation's oldest."""
    where = (table.c.owner == sa.bindparam("owner"), *only)
    at, last = sa.bindparam("from_at", type_=UtcDateTime), sa.bindparam("from_id", type_=sa.String)
    place = (table.c.occurred_at, table.c.id)
    beyond = sa.tuple_(*place) > sa.tuple_(at, last) if soonest_first else sa.tuple_(*place) < sa.tuple_(at, last)
    category = (BLANK if categories is None else categories).label("category")
    columns = (table.c.id, table.c.organisation, table.c.occurred_at, *(table.c[c] for c in SHARING_COLUMNS), category)
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
            *(BLANK for _ in SHARING_COLUMNS),
            category,
            BLANK,
            BLANK,
        )
        .where(*where)
        .group_by(table.c.organisation, *(() if categories is None else (categories,)))
    )
    return sa.union_all(sa.select(page), oldest, *([inside.of(page)] if inside else []))


class Page:
    """A page being filled."""

    def __init__(
        self,
        category: str | None,
        field_inside: str | None,
        rules: Mapping[str, Rules],
        access: AccessToken,
        limit: int,
    ) -> None:
        if not 1 <= limit <= LONGEST_PAGE:
            raise Malformed("malformed-limit", FieldProblem("limit", f"a number from 1 to {LONGEST_PAGE}"))
        self._category = category
        self._field_inside = field_inside
        self._rules = rules
        self._access = access
        self._limit = limit
        self._shown: list[Row[Any]] = []
        self._inside: list[Row[Any]] = []
        self._withheld: set[str] = set()
        self._starts: dict[tuple[str, str], date | None] = {}
        self._floors: dict[tuple[str, str], datetime] = {}
        self._restrictions: dict[tuple[str, ...], Restriction] = {}
        self._oldest: dict[tuple[str, str], datetime] = {}

    @property
    def full(self) -> bool:
        """One more than asked for has been found: there is a next page."""
        return len(self._shown) > self._limit

    def fill(
        self,
        reads: Reads,
        statement: sa.CompoundSelect[Any],
        start: Cursor,
        *,
        newest_first: bool,
        begun: Sequence[Row[Any]] | None = None,
    ) -> None:
        """
        Read from a place on until the page is full, or there is no more to be shown; `begun` are the first rows read.

        What is not shown is passed over in long strides, so that it costs no more to look past it than to show it.
        """
        stride = self._limit + 1
        rows = reads.fetch(statement, from_at=start.at, from_id=start.id, limit=stride) if begun is None else begun
        while True:
            items = self._take(rows)
            if self.full or len(items) < stride or (newest_first and self._nothing_before(items[-1].occurred_at)):
                return
            start, stride = Cursor(items[-1].occurred_at, items[-1].id), LONG_STRIDE
            rows = reads.fetch(statement, from_at=start.at, from_id=start.id, limit=stride)

    def _take(self, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
        """Keep what may be shown of the rows that were read; all their items."""
        items = [row for row in rows if row.what == "item"]
        self._shown += [row for row in items if self._may_show(row)]
        self._inside += [row for row in rows if row.what == "inside"]
        self._oldest = {(row.organisation, row.category): row.occurred_at for row in rows if row.what == "oldest"}
        return items

    def _nothing_before(self, at: datetime) -> bool:
        """Is all that is older from before every organisation's start?"""
        return self._category is not None and all(at < self._floor_of(*whose) for whose in self._oldest)

    def finished(self, now: datetime) -> bytes:
        """The page as JSON."""
        shown = self._shown[: self._limit]
        following = str(Cursor(shown[-1].occurred_at, shown[-1].id)) if self.full else None
        bodies = [row.body for row in shown] if self._field_inside is None else self._filled(shown)
        rest = {
            "as_of": now.isoformat().replace("+00:00", "Z"),
            "status": "ok",
            "absences": self._absences(),
            "next": following,
        }
        return b'{"items":[' + ",".join(bodies).encode() + b"]," + orjson.dumps(rest)[1:]

    def _filled(self, shown: list[Row[Any]]) -> list[str]:
        parts: dict[str, list[str]] = {row.id: [] for row in shown}
        for row in sorted(self._inside, key=lambda row: (row.occurred_at, row.id)):
            if row.outer_id in parts and self._may_show(row):
                parts[row.outer_id].append(row.body)
        field = f'"{self._field_inside}":'
        return [f"{row.body[:-1]},{field}[{','.join(parts[row.id])}]}}" for row in shown]

    def _may_show(self, row: Row[Any]) -> bool:
        if self._category is None:
            return True
        if row.occurred_at < self._floor_of(row.organisation, row.category):
            return False
        # Most items of a page are of few kinds, and an organisation answers the same question alike.
        alike = (row.organisation, row.kind, row.setting, row.visit_type, row.author_role)
        restriction = self._restrictions.get(alike)
        if restriction is None:
            question = _question(row, self._access.basis, self._access.age_band)
            restriction = self._restrictions[alike] = self._rules[row.organisation].restrict_sharing(question)
        if restriction.withheld:
            self._withheld.add(restriction.reason)
        return not restriction.withheld

    def _floor_of(self, organisation: str, category: str) -> datetime:
        """The moment at which what an organisation shows begins: its first day's, in Oslo."""
        key = organisation, category
        if key not in self._floors:
            start = self._start_of(organisation, category)
            self._floors[key] = NO_FLOOR if start is None else datetime.combine(start, time(), OSLO).astimezone(UTC)
        return self._floors[key]

    def _start_of(self, organisation: str, category: str) -> date | None:
        if self._category is None:
            return None
        key = organisation, category or self._category
        if key not in self._starts:
            self._starts[key] = self._rules[organisation].history_starts(key[1])
        return self._starts[key]

    def _absences(self) -> list[dict[str, str]]:
        """Why something may be missing, in codes that say nothing of any single item (requirements.md 2, idea 1)."""
        absences = [
            self._absence(organisation, start)
            for (organisation, category), oldest in sorted(self._begun().items())
            if _is_before(start := self._start_of(organisation, category), oldest)
        ]
        if self._access.basis == "self":
            absences += [{"code": "hidden_by_rule", "kind": reason} for reason in sorted(self._withheld)]
        unique = [absence for position, absence in enumerate(absences) if absence not in absences[:position]]
        if not self._shown and not unique:
            return [{"code": "none_recorded"}]
        return unique

    def _begun(self) -> dict[tuple[str, str], datetime]:
        """
        Since when each organisation has something.

        What a representative is not shown must not show in this either: for them, every organisation whose items they
        see has always had something, whether it has or not.
        """
        if self._access.basis == "self":
            return self._oldest
        return {(row.organisation, row.category): LONG_AGO for row in self._shown}

    def _absence(self, organisation: str, start: date | None) -> dict[str, str]:
        place = {} if self._access.protected else {"organisation": organisation}
        if organisation not in self._rules:
            return {"code": "organisation_not_connected", **place}
        if start is None or start == date.max:
            return {"code": "hidden_by_rule", "kind": self._rules[organisation].code or "organisation-closed", **place}
        return {"code": "before_go_live", **place, "date": start.isoformat()}


def _is_before(start: date | None, at: datetime) -> bool:
    return start is not None and at.astimezone(OSLO).date() < start


def _question(item: Item | Row[Any], reader: str, age_band: str | None) -> SharingQuestion:
    return SharingQuestion(
        kind=item.kind,
        setting=item.setting,
        visit_type=item.visit_type,
        author_role=item.author_role,
        reader=reader,
        age_band=age_band or "16+",
    )
