"""How referrals are stored and read; the only module of them that knows a database session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_appointments.models import APPOINTMENTS
from helsami_appointments.referrals.models import BASES, REFERRALS
from helsami_kernel.database import Reads, Writes
from helsami_kernel.items import SHARING_COLUMNS
from helsami_kernel.sections import Section

CATEGORY: Final = "documents"
"""The go-live category of a referral: it is something written of a citizen, and takes what reading that takes."""

SECTION: Final = Section(REFERRALS, CATEGORY)
SHOWN: Final = ("id", "organisation", "occurred_at", *SHARING_COLUMNS, "body")


def _of(table: sa.Table, *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """A select of a citizen's items, as `Showing` asks about them."""
    columns = (table.c[name] for name in SHOWN)
    return sa.select(*columns, sa.literal("").label("category")).where(table.c.owner == sa.bindparam("owner"), *where)


ONE: Final = _of(REFERRALS, REFERRALS.c.id == sa.bindparam("id", type_=sa.String))
SAME: Final = sa.and_(
    BASES.c.owner == APPOINTMENTS.c.owner,
    BASES.c.organisation == APPOINTMENTS.c.organisation,
    BASES.c.record_key == APPOINTMENTS.c.record_key,
)
LED_TO: Final = (
    _of(APPOINTMENTS, BASES.c.owner == sa.bindparam("owner"), BASES.c.referral == sa.bindparam("id", type_=sa.String))
    .join(BASES, SAME)
    .order_by(APPOINTMENTS.c.occurred_at, APPOINTMENTS.c.id)
)
BASE: Final = (
    _of(REFERRALS, APPOINTMENTS.c.owner == REFERRALS.c.owner, APPOINTMENTS.c.id == sa.bindparam("id", type_=sa.String))
    .join(BASES, sa.and_(BASES.c.referral == REFERRALS.c.id, BASES.c.owner == REFERRALS.c.owner))
    .join(APPOINTMENTS, SAME)
)


def one(reads: Reads, referral: str) -> Row[Any] | None:
    """The referral of that id, as `Showing` asks about it."""
    return next(iter(reads.fetch(ONE, id=referral)), None)


def led_to(reads: Reads, referral: str) -> Sequence[Row[Any]]:
    """The appointments that are based on a referral, soonest first, as `Showing` asks about them."""
    return reads.fetch(LED_TO, id=referral)


def base_of(reads: Reads, appointment: str) -> Row[Any] | None:
    """The referral that an appointment is based on, as `Showing` asks about it."""
    return next(iter(reads.fetch(BASE, id=appointment)), None)


def link(tx: Writes, organisation: str, record_key: str, referral: str | None) -> bool:
    """Let a record system's appointment be based on this referral, or on none; whether that is new."""
    this = sa.and_(
        BASES.c.owner == tx.owner, BASES.c.organisation == organisation, BASES.c.record_key == record_key
    )
    known = tx.connection.execute(sa.select(BASES.c.referral).where(this)).scalar()
    if known == referral:
        return False
    if referral is None:
        tx.connection.execute(sa.delete(BASES).where(this))
    elif known is None:
        values = {"owner": tx.owner, "organisation": organisation, "record_key": record_key, "referral": referral}
        tx.connection.execute(sa.insert(BASES).values(**values))
    else:
        tx.connection.execute(sa.update(BASES).where(this).values(referral=referral))
    return True
