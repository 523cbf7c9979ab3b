"""News of items: told where their citizen is shown them, and of an organisation that is away once it is back."""

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


def stored(table: sa.Table, *only: sa.ColumnElement[bool], limit: sa.Column[Any] | None = None) -> sa.Select[Any]:
    """How an item is read to tell of it; `limit` says from whom it is hidden, where that is not its `access_limit`."""
    columns = (column for column in table.c if column.name in SAID and column.name != LIMIT)
    said = (table.c[LIMIT] if limit is None else limit).label(LIMIT)
    mine = (table.c.owner == sa.bindparam("owner"), table.c.id == sa.bindparam("item"))
    return sa.select(*columns, said).where(*mine, *only)


class TellsNews:
    """Part of a service that tells of items: of none that its citizen is not shown, and of no other too little."""

    store: OpenStore[Any, Any]
    rules: Organisations
    news_of: ClassVar[Mapping[str, sa.Select[Any]]]
    """How an item of each kind that there is news of is read (`stored`)."""

    def tell(self, tx: Writes, event: Event, of: Origin, *, gone: bool = False) -> None:
        """
        Announce news of an item, if its citizen is shown it themselves.

        That cannot be asked of an organisation that is paused, closed or not heard of yet: it is promised to ask again,
        for a month. `gone` is news that there is no such item any more, and whose it was is not told with it.
        """
        _tell(tx, self.rules[of.organisation], event, of, tx.now, gone=gone)

    @fulfils(TELL)
    def tell_of_item(self, promised: Obligation) -> None:
        """Tell of an item as it is by now; of one that there is no longer, nothing but that."""
        news = promised.payload
        held = Origin(**{**news["origin"], "occurred_at": datetime.fromisoformat(news["origin"]["occurred_at"])})
        with self.store.transaction(owner=promised.owner) as tx:
            row = tx.connection.execute(self.news_of[held.kind], {"owner": tx.owner, "item": held.id}).one_or_none()
            if row is None and not news["gone"]:
                return
            of = held if row is None else Origin.of_item(row, held.category)
            data = {**news["data"], LIMIT: of.access_limit} if LIMIT in news["data"] else news["data"]
            event = Event.of(news["type"], tx.owner, data, news["sequence"])
            since = datetime.fromisoformat(news["since"])
            _tell(tx, self.rules[of.organisation], event, of, since, gone=news["gone"])


def _tell(tx: Writes, rules: Rules, event: Event, of: Origin, since: datetime, *, gone: bool) -> None:
    if rules.state not in AWAY:
        if is_open(of, of.category, rules):
            tx.announce(event, of=None if gone else of)
    elif is_told(of.access_limit) and tx.now - since < OLDEST_NEWS:
        due_at = tx.now + max(ASKED_AGAIN_AFTER, (tx.now - since) / 4)
        origin = {**asdict(of), "occurred_at": written(of.occurred_at)}
        held = {"type": event.type, "data": event.data, "sequence": event.sequence, "origin": origin, "gone": gone}
        tx.promise(TELL, due_at, {**held, "since": written(since)}, key=event.id)
