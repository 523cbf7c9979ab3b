"""The tables of visits: what citizens did about one and what they are to do belong to them, a day list to its staff."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime
from helsami_kernel.items import access_limit_column

metadata = sa.MetaData()

# A row for an appointment at one time: what was done about it holds for no other.
VISITS = sa.Table(
    "visits",
    metadata,
    sa.Column("appointment", sa.String(36), primary_key=True),
    sa.Column("starts_at", UtcDateTime, primary_key=True),
    sa.Column("owner", sa.String(40), nullable=False),
    sa.Column("told_at", UtcDateTime),  # that check-in has opened
    sa.Column("checked_in_at", UtcDateTime),
    sa.Column("forms", sa.Text, nullable=False),  # a JSON list of those that the citizen said are answered
    sa.Column("arrived_at", UtcDateTime),
)
TASKS = sa.Table(
    "tasks",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(40), nullable=False),
    sa.Column("organisation", sa.String(60), nullable=False),
    sa.Column("key", sa.String(300), nullable=False),
    sa.Column("appointment", sa.String(36), nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("due", sa.String(40)),
    sa.Column("told_done", sa.Boolean, nullable=False),  # what the record system has said last
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("done_at", UtcDateTime),
    sa.Column("received_at", UtcDateTime, nullable=False),
    access_limit_column(),
    sa.UniqueConstraint("owner", "organisation", "key"),
    sa.Index("tasks_by_appointment", "owner", "appointment"),
)
# Whom an organisation expects when, for its staff, who ask about nobody in particular: ids, times and its own unit
# alone, so that it need not be protected as what it leads to is.
EXPECTED_VISITS = sa.Table(
    "expected_visits",
    metadata,
    sa.Column("appointment", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(40), nullable=False),
    sa.Column("organisation", sa.String(60), nullable=False),
    sa.Column("unit", sa.String(60), nullable=False),
    sa.Column("starts_at", UtcDateTime, nullable=False),
    sa.Index("expected_visits_by_day", "organisation", "starts_at", "appointment"),
)
