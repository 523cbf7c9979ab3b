"""How the calendar is stored and read; the only module of it that knows a database session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_appointments.calendar.domain import MOST_EVENTS, MOST_RECURRING, MOST_SHOWN, Link, OwnEvent
from helsami_appointments.calendar.models import ACTIONS, EVENTS, LINKS
from helsami_appointments.models import APPOINTMENTS
from helsami_kernel.access import MOST_HIDDEN
from helsami_kernel.database import Reads, UtcDateTime, Writes
from helsami_kernel.errors import NotFound, Refused
from helsami_kernel.items import SHARING_COLUMNS, Item, keep_all

COLUMNS: Final = tuple(EVENTS.c[field.name] for field in fields(OwnEvent))
SINCE: Final = sa.bindparam("since", type_=UtcDateTime)
UNTIL: Final = sa.bindparam("until", type_=UtcDateTime)
OWNERS: Final = EVENTS.c.owner == sa.bindparam("owner")

EVENTS_BETWEEN: Final = (
    sa.select(*COLUMNS)
    .where(OWNERS, EVENTS.c.starts_at < UNTIL, EVENTS.c.last_at > SINCE)
    .order_by(EVENTS.c.starts_at, EVENTS.c.id)
)
APPOINTMENTS_BETWEEN: Final = (
    sa.select(
        *(APPOINTMENTS.c[name] for name in ("id", "organisation", "occurred_at", *SHARING_COLUMNS, "ends_at", "body")),
        sa.literal("").label("category"),
    )
    .where(
        APPOINTMENTS.c.owner == sa.bindparam("owner"),
        APPOINTMENTS.c.occurred_at < UNTIL,
        APPOINTMENTS.c.ends_at > SINCE,
    )
    .order_by(APPOINTMENTS.c.occurred_at, APPOINTMENTS.c.id)
    .limit(MOST_SHOWN + 1 + MOST_HIDDEN)
)
ACTIONS_BETWEEN: Final = (
    sa.select(
        *(ACTIONS.c[name] for name in ("id", "organisation", "occurred_at", *SHARING_COLUMNS, "body")),
        *(ACTIONS.c[name] for name in ("plan", "all_day", "starts_at", "ends_at", "rule", "last_at")),
        sa.literal("").label("category"),
    )
    .where(ACTIONS.c.owner == sa.bindparam("owner"), ACTIONS.c.starts_at < UNTIL, ACTIONS.c.last_at > SINCE)
    .order_by(ACTIONS.c.starts_at, ACTIONS.c.id)
)


def _oldest(table: sa.Table) -> sa.Select[Any]:
    """The first with each organisation, apart for each access limit."""
    first = sa.func.min(table.c.occurred_at, type_=UtcDateTime).label("occurred_at")
    return (
        sa.select(table.c.organisation, table.c.access_limit, first, sa.literal("").label("category"))
        .where(table.c.owner == sa.bindparam("owner"))
        .group_by(table.c.organisation, table.c.access_limit)
    )


OLDEST: Final = _oldest(APPOINTMENTS)
OLDEST_ACTIONS: Final = _oldest(ACTIONS)

LINK_COLUMNS: Final = tuple(LINKS.c[field.name] for field in fields(Link))
LINK: Final = sa.select(*LINK_COLUMNS).where(LINKS.c.hash == sa.bindparam("hash", type_=sa.String))
OWN_LINK: Final = sa.select(*LINK_COLUMNS).where(LINKS.c.citizen == sa.bindparam("owner"))


def events_between(reads: Reads, since: datetime, until: datetime) -> list[OwnEvent]:
    """The own events of which something may lie between two moments, by their start."""
    return [_event(row) for row in reads.fetch(EVENTS_BETWEEN, since=since, until=until)]


def appointments_between(reads: Reads, since: datetime, until: datetime) -> Sequence[Row[Any]]:
    """The appointments of which something lies between two moments, soonest first, as `Showing` asks about them."""
    return reads.fetch(APPOINTMENTS_BETWEEN, since=since, until=until)


def oldest_appointments(reads: Reads) -> Sequence[Row[Any]]:
    """When the first appointment with each organisation was, for each limit, as `Showing.oldest` wants it."""
    return reads.fetch(OLDEST)


def actions_between(reads: Reads, since: datetime, until: datetime) -> Sequence[Row[Any]]:
    """What plans say is to be done that may lie between two moments, by its start, as `Showing` asks about it."""
    return reads.fetch(ACTIONS_BETWEEN, since=since, until=until)


def oldest_actions(reads: Reads) -> Sequence[Row[Any]]:
    """Since when each organisation has planned something, for each limit, as `Showing.oldest` wants it."""
    return reads.fetch(OLDEST_ACTIONS)


def count_actions(tx: Writes, organisation: str, plan: str) -> int:
    """How much is to be done by all plans but this one."""
    this = sa.and_(ACTIONS.c.organisation == organisation, ACTIONS.c.plan == plan)
    others = sa.select(sa.func.count()).where(ACTIONS.c.owner == tx.owner, sa.not_(this))
    counted: int = tx.connection.execute(others).scalar_one()
    return counted


def keep_actions(tx: Writes, items: Sequence[Item]) -> list[str]:
    """Keep what a plan says, and say what became of each."""
    return keep_all(tx, ACTIONS, items)


def forget_actions(tx: Writes, organisation: str, plan: str, kept: Sequence[str]) -> bool:
    """Forget what a plan says no longer; whether there was any of it."""
    these = (ACTIONS.c.owner == tx.owner, ACTIONS.c.organisation == organisation, ACTIONS.c.plan == plan)
    return bool(tx.connection.execute(sa.delete(ACTIONS).where(*these, ACTIONS.c.id.not_in(kept))).rowcount)


def add(tx: Writes, event: OwnEvent) -> None:
    """Store a new event. Raises Refused("too-many-events")."""
    _check_room(tx, event)
    tx.connection.execute(sa.insert(EVENTS).values(owner=tx.owner, **asdict(event)))


def change(tx: Writes, event: OwnEvent) -> None:
    """Store an event as it has become. Raises NotFound("event-not-found"), Refused("too-many-events")."""
    if not tx.connection.execute(sa.update(EVENTS).where(*_this(tx, event.id)).values(**asdict(event))).rowcount:
        raise NotFound("event-not-found")
    _check_room(tx, event)


def own_event(tx: Writes, event_id: str) -> OwnEvent | None:
    """An event of the citizen's, if it is still there."""
    row = tx.connection.execute(sa.select(*COLUMNS).where(*_this(tx, event_id))).one_or_none()
    return None if row is None else _event(row)


def _check_room(tx: Writes, event: OwnEvent) -> None:
    """Refuse an event where the others are as many as there may be, of all or of those that recur."""
    others = (EVENTS.c.owner == tx.owner, EVENTS.c.id != event.id)
    recurring = sa.func.count(sa.func.nullif(EVENTS.c.rule, ""))
    counted = sa.select(sa.func.count().label("all"), recurring.label("recurring")).where(*others)
    has = tx.connection.execute(counted).one()
    if has.all >= MOST_EVENTS or (event.rule and has.recurring >= MOST_RECURRING):
        raise Refused("too-many-events")


def remove(tx: Writes, event_id: str) -> None:
    """Remove an event. Raises NotFound("event-not-found")."""
    if not tx.connection.execute(sa.delete(EVENTS).where(*_this(tx, event_id))).rowcount:
        raise NotFound("event-not-found")


def link(reads: Reads, secret_hash: str) -> Link:
    """The link with a secret of that hash. Raises NotFound("calendar-link-not-found")."""
    for row in reads.fetch(LINK, hash=secret_hash):
        return _link(row)
    raise NotFound("calendar-link-not-found")


def own_link(reads: Reads) -> Link | None:
    """The reader's link, if there is one."""
    return next((_link(row) for row in reads.fetch(OWN_LINK)), None)


def open_link(tx: Writes, new: Link) -> None:
    """Let a link be the citizen's only one, from now on."""
    close_link(tx)
    tx.connection.execute(sa.insert(LINKS).values(**asdict(new)))


def close_link(tx: Writes) -> None:
    """End the citizen's link, if there is one."""
    tx.connection.execute(sa.delete(LINKS).where(LINKS.c.citizen == tx.owner))


def _link(row: Row[Any]) -> Link:
    return Link(**{field.name: getattr(row, field.name) for field in fields(Link)})


def _this(tx: Writes, event_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return EVENTS.c.owner == tx.owner, EVENTS.c.id == event_id


def _event(row: Row[Any]) -> OwnEvent:
    return OwnEvent(**{field.name: getattr(row, field.name) for field in fields(OwnEvent)})
