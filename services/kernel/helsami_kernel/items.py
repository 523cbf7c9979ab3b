"""What a citizen may read, item by item: kept as finished JSON beside what rules may ask about it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from itertools import groupby
from typing import Any, Final

import orjson
import sqlalchemy as sa

from helsami_kernel.access_limits import AccessLimit
from helsami_kernel.clock import written
from helsami_kernel.database import UtcDateTime, Writes, fingerprint

IDS: Final = uuid.UUID("5b1f5f0e-7d0c-4b53-9c43-0f9e6f7a1c55")
ASKED_ABOUT: Final = ("kind", "setting", "visit_type", "author_role")
SHARING_COLUMNS: Final = (*ASKED_ABOUT, "access_limit", "within")
"""
What decides, of an item, who is shown it: what rules may ask about, from whom its source wants it hidden, and what it
is a part of.
"""


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
        *(sa.Column(column, sa.String(60), nullable=False, default="") for column in ASKED_ABOUT),
        access_limit_column(),
        within_column(),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        *extra,
        sa.UniqueConstraint("owner", "organisation", "key"),
        sa.Index(f"{name}_by_owner", "owner", "occurred_at", "id"),
    )


def access_limit_column(name: str = "access_limit") -> sa.Column[str]:
    """The column that says from whom an item is hidden (AccessLimit); also for migrations."""
    return sa.Column(name, sa.String(20), nullable=False, default=AccessLimit.NONE, server_default=AccessLimit.NONE)


def within_column() -> sa.Column[str]:
    """The column with the ids, a space between, of what an item is a part of; also for migrations."""
    return sa.Column("within", sa.Text, nullable=False, default="", server_default="")


def item_id(owner: str, organisation: str, key: str) -> str:
    """The id of an item: opaque, and the same whenever the same item comes again."""
    return str(uuid.uuid5(IDS, f"{owner}|{organisation}|{key}"))


@dataclass(frozen=True)
class Item:
    """
    One thing a citizen may read; `body` is what they read, without id, organisation and time, which are added.

    `within` are the ids, a space between, of what it is a part of, such as the visit of a note.
    `beside` is what its source says of it that is kept elsewhere: where that changes, the item has.
    """

    owner: str
    organisation: str
    key: str
    occurred_at: datetime
    kind: str
    body: Mapping[str, Any]
    setting: str = ""
    visit_type: str = ""
    author_role: str = ""
    access_limit: str = AccessLimit.NONE
    within: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def id(self) -> str:
        """The item's id."""
        return item_id(self.owner, self.organisation, self.key)

    @property
    def finished(self) -> dict[str, Any]:
        """What a citizen reads."""
        return {"id": self.id, "organisation": self.organisation, "at": written(self.occurred_at), **self.body}


def keep(tx: Writes, table: sa.Table, item: Item) -> str:
    """Store an item, or find it `unchanged`; idempotent by owner, organisation and key."""
    return keep_all(tx, table, [item])[0]


def keep_all(tx: Writes, table: sa.Table, items: Sequence[Item]) -> list[str]:
    """Store items as `keep` does, many in the time of a few, and say what became of each; the last of a key counts."""
    before = _known(tx, table, items)
    known = {its: row.digest for its, row in before.items()}
    new: dict[str, dict[str, Any]] = {}
    changed: dict[str, dict[str, Any]] = {}
    outcomes = []
    for values in (_values(tx, item) for item in items):
        mine, digest = values["id"], values["digest"]
        outcomes.append("unchanged" if known.get(mine) == digest else "stored")
        if known.get(mine) != digest:
            (changed if mine in known and mine not in new else new)[mine] = values
            known[mine] = digest
    shared_by = {item.id: item for item in items}
    for its, values in (new | changed).items():
        if its in before and any(values[column] != getattr(before[its], column) for column in SHARING_COLUMNS):
            tx.reshared[its] = shared_by[its]
        if its in tx.reshared or (its in new and values["access_limit"]):
            tx.relimited[its] = values["access_limit"]
    if new:
        tx.connection.execute(sa.insert(table), list(new.values()))
    if changed:
        this = sa.and_(table.c.owner == tx.owner, table.c.id == sa.bindparam("this"))
        tx.connection.execute(sa.update(table).where(this), [{"this": mine, **changed[mine]} for mine in changed])
    return outcomes


def _known(tx: Writes, table: sa.Table, items: Sequence[Item]) -> dict[str, sa.Row[Any]]:
    mine = {"owner": tx.owner, "ids": sorted({item.id for item in items})}
    return {row.id: row for row in tx.connection.execute(_known_of(table), mine)}


@cache
def _known_of(table: sa.Table) -> sa.Select[Any]:
    these = (table.c.owner == sa.bindparam("owner"), table.c.id.in_(sa.bindparam("ids", expanding=True)))
    return sa.select(*(table.c[name] for name in ("id", "digest", *SHARING_COLUMNS))).where(*these)


def _values(tx: Writes, item: Item) -> dict[str, Any]:
    if item.owner != tx.owner:
        raise ValueError("an item of another owner than its transaction's")
    content = {
        "owner": item.owner,
        "organisation": item.organisation,
        "key": item.key,
        "occurred_at": item.occurred_at,
        **{column: getattr(item, column) for column in SHARING_COLUMNS},
        **item.extra,
        "body": orjson.dumps(item.finished).decode(),
    }
    # What was kept before there were limits, and parts of something, and is neither, is the same when it comes again.
    said = {name: value for name, value in content.items() if value or name not in {"access_limit", "within"}}
    digest = fingerprint({**said, **item.beside})
    return {**content, "id": item.id, "digest": digest, "received_at": tx.now}


def withdraw(tx: Writes, table: sa.Table, organisation: str, key: str) -> str:
    """Remove what its source says was entered in error; `unchanged` when it is not there."""
    mine = sa.and_(table.c.owner == tx.owner, table.c.organisation == organisation, table.c.key == key)
    return "stored" if tx.connection.execute(sa.delete(table).where(mine)).rowcount else "unchanged"


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
