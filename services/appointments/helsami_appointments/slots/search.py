"""How free times are found: what is free, and the statements that look for it, each of which an index serves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from helsami_appointments.domain import Meeting, Slot, Span
from helsami_appointments.models import SCHEDULES, SLOTS
from helsami_kernel.database import UtcDateTime
from helsami_kernel.items import item_id

FAR: Final = datetime(9999, 12, 31, tzinfo=UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NOBODYS: Final = ""

MOMENT: Final = sa.bindparam("moment", EPOCH, type_=UtcDateTime)
HOLDER: Final = sa.bindparam("holder", "", type_=sa.String)
NOT_HELD: Final = sa.or_(SLOTS.c.held_until.is_(None), SLOTS.c.held_until <= MOMENT, SLOTS.c.held_by == HOLDER)
"""Held by nobody but the holder, at a moment; for whoever says neither, what was ever held is not free."""

FREE: Final = sa.and_(SLOTS.c.status == "free", SLOTS.c.taken_by.is_(None), NOT_HELD, SCHEDULES.c.active)
SLOT: Final = sa.select(
    SLOTS.c.id,
    SLOTS.c.organisation,
    SLOTS.c.starts_at,
    SLOTS.c.ends_at,
    FREE.label("free"),
    sa.func.coalesce(sa.func.nullif(SLOTS.c.visit_type, ""), SCHEDULES.c.visit_type).label("visit_type"),
    sa.func.coalesce(sa.func.nullif(SLOTS.c.kind, ""), SCHEDULES.c.kind).label("kind"),
    SCHEDULES.c.unit,
    SCHEDULES.c.place,
    SCHEDULES.c.clinician,
    SCHEDULES.c.clinician_name,
).join_from(SLOTS, SCHEDULES, SLOTS.c.schedule == SCHEDULES.c.id)

OWN_UNTIL: Final = sa.case((sa.and_(SLOTS.c.held_by == HOLDER, SLOTS.c.held_until > MOMENT), SLOTS.c.held_until))
ONE_SLOT: Final = SLOT.add_columns(OWN_UNTIL.label("own_until")).where(
    SLOTS.c.id == sa.bindparam("slot", type_=sa.String), SLOTS.c.withdrawn_at.is_(None)
)
"""One slot, and until when the holder holds it."""

IN_INDEX: Final = sa.and_(
    SLOTS.c.status == sa.literal_column("'free'"), SLOTS.c.taken_by.is_(None), SLOTS.c.search_open
)
"""The condition of the partial indexes; with a parameter in it, a prepared plan could not tell that it holds."""

ANY_OF_THEM: Final = SLOTS.c.id != sa.literal_column("''")
"""
True of every slot, and said of the index by time alone and by whoever looks for nothing else.

With a filter, that index would be walked in the hope that what is looked for comes soon; what is rare comes late.
"""

FILTERS: Final = {
    "organisation": SLOTS.c.organisation,
    "unit": SLOTS.c.search_unit,
    "visit_type": SLOTS.c.search_type,
    "clinician": SLOTS.c.search_clinician,
}
"""What one may look for, by its name in schemas.Search."""


@cache
def free_times(*wanted: str) -> sa.Select[Any]:
    """The statement that finds free times by some of FILTERS: one for each of their sets, prepared once."""
    from_at, from_id = sa.bindparam("from_at", type_=UtcDateTime), sa.bindparam("from_id", type_=sa.String)
    return (
        SLOT.where(
            IN_INDEX,
            *(() if wanted else (ANY_OF_THEM,)),
            NOT_HELD,
            *(FILTERS[name] == sa.bindparam(name, type_=sa.String) for name in wanted),
            SLOTS.c.starts_at >= from_at,  # said apart, for the indexes that end with it
            sa.tuple_(SLOTS.c.starts_at, SLOTS.c.id) > sa.tuple_(from_at, from_id),
            SLOTS.c.starts_at < sa.bindparam("until", type_=UtcDateTime),
        )
        .order_by(SLOTS.c.starts_at, SLOTS.c.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


def filters_of(search: Mapping[str, Any]) -> dict[str, str]:
    """What a search looks for, in one order; what is empty is not looked for."""
    return {name: str(search[name]) for name in FILTERS if search[name]}


def as_scheduled(connection: Connection, schedule: str, visit_type: str) -> dict[str, Any]:
    """What a slot of a known schedule, with a visit type of its own or none, is found by."""
    columns = (SCHEDULES.c[name] for name in ("organisation", "unit", "visit_type", "clinician", "active"))
    row = connection.execute(sa.select(*columns).where(SCHEDULES.c.id == schedule)).one()
    return {
        "search_open": row.active,
        "search_unit": row.unit,
        "search_type": visit_type or row.visit_type,
        "search_clinician": clinician_id(row.organisation, row.clinician),
    }


def follow_schedule(connection: Connection, schedule: str) -> None:
    """Let all slots of a schedule be found as it is now."""
    found = as_scheduled(connection, schedule, "")
    inherited = found | {"search_type": sa.func.coalesce(sa.func.nullif(SLOTS.c.visit_type, ""), found["search_type"])}
    connection.execute(sa.update(SLOTS).where(SLOTS.c.schedule == schedule).values(inherited))


def clinician_id(organisation: str, clinician: str) -> str:
    """A clinician's opaque id, which says nothing of the key that their organisation knows them by; empty for none."""
    return item_id(NOBODYS, organisation, f"Clinician|{clinician}") if clinician else ""


def slot_of(row: Row[Any]) -> Slot:
    """The slot of a row of SLOT."""
    meeting = Meeting(row.visit_type, row.kind, row.unit, row.place, row.clinician, row.clinician_name)
    return Slot(row.id, row.organisation, meeting, Span(row.starts_at, row.ends_at), free=bool(row.free))
