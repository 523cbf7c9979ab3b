"""What record systems tell of a citizen beside appointments: kept as items, each told of when it is news."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, TypeVar

import orjson
import sqlalchemy as sa

from helsami_appointments.schemas import PLACE
from helsami_kernel.access import AccessToken
from helsami_kernel.database import Writes
from helsami_kernel.errors import Forbidden
from helsami_kernel.items import Item, Withdrawn, keep_or_withdraw
from helsami_kernel.journal import UNCHANGED, Entry, Unreadable

RECORDS: Final = "records:read"

T = TypeVar("T")


def check_reads_records(access: AccessToken) -> None:
    """
    Refuse somebody who acts for another and may not read their record: Forbidden("not-permitted").

    Why somebody was referred, admitted or has something to do is what their record says. Towards each organisation
    `limit_delegation` is asked besides.
    """
    if access.on_behalf and RECORDS not in access.scopes:
        raise Forbidden("not-permitted")


def read_about_a_citizen(tx: Writes, read: Callable[[Entry], T | None]) -> Callable[[Entry], T | None]:
    """Read what belongs to a citizen, in a delivery that is about one. Raises Unreadable("no-citizen")."""

    def reading(entry: Entry) -> T | None:
        if tx.owner is None:
            raise Unreadable("no-citizen", entry.type)
        return read(entry)

    return reading


def keep(tx: Writes, table: sa.Table, told: Sequence[Item | Withdrawn]) -> list[str]:
    """
    Keep items and withdraw others, and say what became of each.

    Most of what is withdrawn here was never kept, since visits of every kind come by: that costs one question.
    """
    gone = {one.key for one in told if isinstance(one, Withdrawn)}
    known: set[str] = set()
    if gone:
        mine = sa.select(table.c.key).where(table.c.owner == tx.owner, table.c.key.in_(gone))
        known = set(tx.connection.execute(mine).scalars()) | {one.key for one in told if isinstance(one, Item)}
    some = [one for one in told if isinstance(one, Item) or one.key in known]
    outcomes = iter(keep_or_withdraw(tx, table, some))
    return [next(outcomes) if isinstance(one, Item) or one.key in known else UNCHANGED for one in told]


def told_of(tx: Writes, table: sa.Table, items: Collection[str]) -> dict[str, str]:
    """What the citizen was told last of each of these items that is there."""
    if not items:
        return {}
    mine = sa.select(table.c.id, table.c.told).where(table.c.owner == tx.owner, table.c.id.in_(items))
    return {row.id: row.told for row in tx.connection.execute(mine)}


def remember_told(tx: Writes, table: sa.Table, item: str, told: str) -> None:
    """What the citizen knows of it from now on."""
    this = sa.and_(table.c.owner == tx.owner, table.c.id == item)
    tx.connection.execute(sa.update(table).where(this).values(told=told))


def placed(page: bytes, access: AccessToken) -> bytes:
    """A finished page of appointments, without places for somebody at a protected address (K24)."""
    return without(page, *PLACE) if access.protected else page


def without(page: bytes, *names: str) -> bytes:
    """A finished page whose items have null under these names: what tells where somebody is to be found."""
    read: dict[str, Any] = orjson.loads(page)
    hidden = dict.fromkeys(names)
    return orjson.dumps({**read, "items": [{**item, **hidden} for item in read["items"]]})
