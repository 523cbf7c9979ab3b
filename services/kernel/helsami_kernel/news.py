"""News of items (R22, R48, R54): told where their citizen is shown them, and of who is away once they are back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import sqlalchemy as sa

from helsami_kernel.access_limits import is_told
from helsami_kernel.clock import written
from helsami_kernel.database import Event, Writes
from helsami_kernel.items import Item
from helsami_kernel.obligations import Obligation, fulfils
from helsami_kernel.origins import Origin
from helsami_kernel.showing import is_open
from helsami_kernel.store import OpenStore
from helsami_sdk.lifecycle import AWAY
from helsami_sdk.organisations import Organisations
from helsami_sdk.rules import Rules

TELL: Final = "tell_of_item"
ASKED_AGAIN_AFTER: Final = timedelta(minutes=15)
"""After how long it is asked again whether an organisation is back; later, after a quarter of the time gone."""
OLDEST_NEWS: Final = timedelta(days=30)
LIMIT: Final = "access_limit"
SAID: Final = frozenset(field.name for field in fields(Origin))


def may_be_told(item: Item | Origin | sa.Row[Any], category: str, rules: Rules) -> bool:
    """Say whether a citizen is shown an item, or may be once its organisation is back: nobody can ask that now."""
    return is_told(item.access_limit) if rules.state in AWAY else is_open(item, category, rules)


def stored(
    table: sa.Table,
    *only: sa.ColumnElement[bool],
    limit: sa.Column[Any] | None = None,
    latest: sa.Column[Any] | None = None,
) -> sa.Select[Any]:
    """
    How an item is read to tell of it.

    `limit` says from whom it is hidden, where that is not its `access_limit`; `latest` tells its news apart where later
    news takes the place of earlier.
    """
    columns = (column for column in table.c if column.name in SAID and column.name != LIMIT)
    said = (table.c[LIMIT] if limit is None else limit).label(LIMIT)
    last = (sa.literal("") if latest is None else sa.cast(latest, sa.String)).label("latest")
    mine = (table.c.owner == sa.bindparam("owner"), table.c.id == sa.bindparam("item"))
    return sa.select(*columns, said, last).where(*mine, *only)


class TellsNews:
    """
    Part of a service that tells of items: of none that its citizen is not shown (R69), and of every other.

    What was stored and never told of is what a sender takes for received, and nobody got (R85).
    """

    store: OpenStore[Any, Any]
    rules: Organisations
    news_of: ClassVar[Mapping[str, sa.Select[Any]]]
    """How an item of each kind that there is news of is read (`stored`)."""

    def tell(
        self, tx: Writes, event: Event, of: Origin, *, until: datetime | None = None, gone: bool = False
    ) -> None:
        """
        Announce news of an item as it is stored by now, if its citizen is shown it themselves.

        That cannot be asked of an organisation that is paused, closed or not heard of yet: it is promised to ask again,
        for a month, and no longer than `until`, when it is over. `gone` is news that there is no such item any more: it
        does not say again whose that was.
        """
        rules = self.rules[of.organisation]
        if rules.state in AWAY:
            _hold(tx, _held(event, of, self._stored(tx, of.kind, of.id), until, tx.now, gone=gone))
        elif is_open(of, of.category, rules):
            tx.announce(event, of=None if gone else of)

    @fulfils(TELL)
    def tell_of_item(self, promised: Obligation) -> None:
        """Tell of an item as it is by now, unless there is later news of it, or it is over."""
        news = promised.payload
        with self.store.transaction(owner=promised.owner) as tx:
            row = self._stored(tx, news["kind"], news["item"])
            is_over = news["until"] is not None and tx.now >= datetime.fromisoformat(news["until"])
            if is_over or (row is not None and row.latest != news["latest"]):
                return
            of = _gone(news["gone"]) if row is None else Origin.of_item(row, news["category"])
            if of is None or self.rules[of.organisation].state in AWAY:
                _hold(tx, news)
            elif is_open(of, of.category, self.rules[of.organisation]):
                event = Event.of(news["type"], tx.owner, news["data"], news["sequence"])
                tx.announce(event, of=None if row is None else of)

    def _stored(self, tx: Writes, kind: str, item: str) -> sa.Row[Any] | None:
        return tx.connection.execute(self.news_of[kind], {"owner": tx.owner, "item": item}).one_or_none()


def _held(
    event: Event, of: Origin, row: sa.Row[Any] | None, until: datetime | None, now: datetime, *, gone: bool
) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "sequence": event.sequence,
        # From whom it is hidden by then is told by itself, and holds for what is told later.
        "data": {name: value for name, value in event.data.items() if name != LIMIT},
        "kind": of.kind,
        "item": of.id,
        "category": of.category,
        "latest": "" if row is None else row.latest,
        "gone": {**asdict(of), "occurred_at": written(of.occurred_at)} if gone else None,
        "until": until and written(until),
        "since": written(now),
    }


def _gone(said: Mapping[str, Any] | None) -> Origin | None:
    """What was said of an item that there is no longer; None of one that is only not to be seen now."""
    return None if said is None else Origin(**{**said, "occurred_at": datetime.fromisoformat(said["occurred_at"])})


def _hold(tx: Writes, news: Mapping[str, Any]) -> None:
    age = tx.now - datetime.fromisoformat(news["since"])
    if age < OLDEST_NEWS:
        due_at = tx.now + max(ASKED_AGAIN_AFTER, age / 4)
        tx.promise(TELL, due_at, news, key=f"{news['id']} {written(due_at)}")
