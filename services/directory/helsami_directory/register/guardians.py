"""Guardians of adults, as the population register names them: what is believed, stored and told of them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helsami_directory.models import GUARDIANSHIPS
from helsami_directory.register.domain import Guardian


@dataclass(frozen=True, slots=True)
class Guardianship:
    """That somebody is a guardian, as it is stored: by opaque ids, and since when we know."""

    id: str
    ward: str
    since: datetime
    guardian: Guardian


def of_rows(rows: Iterable[sa.Row[object]]) -> list[Guardianship]:
    """The guardianships of rows."""
    return [
        Guardianship(
            id=row.id,
            ward=row.ward,
            since=row.since,
            guardian=Guardian(row.guardian, frozenset(row.mandates.split()), row.until),
        )
        for row in rows
    ]


def said_of(connection: Connection, ward: str) -> frozenset[Guardian]:
    """Those whom the register has named as a ward's guardians."""
    rows = connection.execute(sa.select(GUARDIANSHIPS).where(GUARDIANSHIPS.c.ward == ward))
    return frozenset(each.guardian for each in of_rows(rows))


def appoint(
    connection: Connection, ward: str, named: Collection[Guardian], before: Collection[Guardian], now: datetime
) -> list[str]:
    """Store whom the register names now; whose guardianship is another one than before, in order."""
    known, wanted = {each.id: each for each in before}, {each.id: each for each in named}
    changed = sorted(one for one in {*known, *wanted} if known.get(one) != wanted.get(one))
    for one in changed:
        this = sa.and_(GUARDIANSHIPS.c.ward == ward, GUARDIANSHIPS.c.guardian == one)
        if one not in wanted:
            connection.execute(sa.delete(GUARDIANSHIPS).where(this))
            continue
        terms = {"mandates": " ".join(sorted(wanted[one].mandates)), "until": wanted[one].until}
        if one in known:
            connection.execute(sa.update(GUARDIANSHIPS).where(this).values(**terms))
        else:
            new = {"id": uuid.uuid4().hex, "ward": ward, "guardian": one, "since": now, **terms}
            connection.execute(sa.insert(GUARDIANSHIPS).values(**new))
    return changed
