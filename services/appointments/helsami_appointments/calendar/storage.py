"""How the calendar is stored and read; the only module of it that knows a database session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_appointments.calendar.domain import MOST_EVENTS, MOST_RECURRING, MOST_SHOWN, Link, OwnEvent
from helsami_appointments.calendar.models import EVENTS, LINKS
from helsami_appointments.models import APPOINTMENTS
from helsami_kernel.database import Reads, UtcDateTime, Writes
from helsami_kernel.errors import NotFound, Refused
from helsami_kernel.items import SHARING_COLUMNS

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
    .limit(MOST_SHOWN + 1)
)
OLDEST: Final = (
    sa.select(APPOINTMENTS.c.organisation, sa.func.min(APPOINTMENTS.c.occurred_at, type_=UtcDateTime).label("at"))
    .where(APPOINTMENTS.c.owner == sa.bindparam("owner"))
    .group_by(APPOINTMENTS.c.organisation)
)

LINK_COLUMNS: Final = tuple(LINKS.c[field.name] for field in fields(Link))
LINK: Final = sa.select(*LINK_COLUMNS).where(LINKS.c.hash == sa.bindparam("hash", type_=sa.String))
OWN_LINK: Final = sa.select(*LINK_COLUMNS).where(LINKS.c.citizen == sa.bindparam("owner"))


def events_between(reads: Reads, since: datetime, until: datetime) -> list[OwnEvent]:
    """The own events of which something may lie between two moments, by their start."""
    return [_event(row) for row in reads.fetch(EVENTS_BETWEEN, since=since, until=until)]


def appointments_between(reads: Reads, since: datetime, until: datetime) -> Sequence[Row[Any]]:
    """The appointments of which something lies between two moments, soonest first, as `Showing` asks about them."""
    return reads.fetch(APPOINTMENTS_BETWEEN, since=since, until=until)


def oldest_appointments(reads: Reads) -> dict[tuple[str, str], datetime]:
    """When the first appointment with each organisation was, as `Showing` wants it."""
    return {(row.organisation, ""): row.at for row in reads.fetch(OLDEST)}


def add(tx: Writes, event: OwnEvent) -> None:
    """Store a new event. Raises Refused("too-many-events")."""
    _check_room(tx, event)
    tx.connection.execute(sa.insert(EVENTS).values(owner=tx.owner, **asdict(event)))


def change(tx: Writes, event: OwnEvent) -> None:
    """Store an event as it has become. Raises NotFound("event-not-found"), Refused("too-many-events")."""
    if not tx.connection.execute(sa.update(EVENTS).where(*_this(tx, event.id)).values(**asdict(event))).rowcount:
        raise NotFound("event-not-found")
    _check_room(tx, event)


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
