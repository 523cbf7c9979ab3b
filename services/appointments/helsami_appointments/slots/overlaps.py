"""Which slots of one schedule overlap; whoever adds slots to a schedule takes turns, so that no two overlap unseen."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helsami_appointments.domain import Span
from helsami_appointments.models import SCHEDULES, SLOTS

THERE: Final = SLOTS.c.withdrawn_at.is_(None)
"""A slot that nobody has withdrawn; whether it is free or taken, its time is not another slot's."""


def take_turns(connection: Connection, *schedules: str) -> set[str]:
    """
    Let nobody else add slots to these schedules until this transaction ends; returns the ids of those that there are.

    The rows are locked in the order of their ids, whoever asks. Of two transactions, the second sees what the first has
    added. SQLite has one writer anyway.
    """
    these = sa.select(SCHEDULES.c.id).where(SCHEDULES.c.id.in_(schedules)).order_by(SCHEDULES.c.id)
    return set(connection.execute(these.with_for_update(key_share=True)).scalars())


def overlapping(connection: Connection, schedule: str, span: Span, *, but: str = "") -> str | None:
    """
    The id of a slot of a schedule that overlaps a span, the first of several; None where there is none.

    The schedule is locked until this transaction ends. `but` is the slot that is to have this span. What ends as
    another begins does not overlap it.
    """
    take_turns(connection, schedule)
    others = sa.select(SLOTS.c.id).where(*touching(schedule, span), SLOTS.c.id != but)
    found: str | None = connection.execute(others.order_by(SLOTS.c.starts_at, SLOTS.c.id).limit(1)).scalar()
    return found


def touching(schedule: str, span: Span) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions of a slot of a schedule that overlaps a span."""
    return (SLOTS.c.schedule == schedule, THERE, SLOTS.c.ends_at > span.starts_at, SLOTS.c.starts_at < span.ends_at)
