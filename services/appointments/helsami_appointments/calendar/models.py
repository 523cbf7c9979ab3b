"""The tables of the calendar: events and plans belong to their citizen, a link to whoever knows its secret."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime
from helsami_kernel.items import items_table

metadata = sa.MetaData()

EVENTS = sa.Table(
    "calendar_events",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(40), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("all_day", sa.Boolean, nullable=False),
    sa.Column("starts_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False),
    sa.Column("zone", sa.String(40), nullable=False),
    sa.Column("rule", sa.String(200), nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.Column("remind", sa.Integer),
    sa.Index("calendar_events_by_owner", "owner", "starts_at", "id"),
)
# What care plans say is to be done: an item for each thing, found by its own times and by the key of its plan.
ACTIONS = items_table(
    "plan_actions",
    metadata,
    sa.Column("plan", sa.String(300), nullable=False),
    sa.Column("all_day", sa.Boolean, nullable=False),
    sa.Column("starts_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False),
    sa.Column("rule", sa.String(200), nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.Index("plan_actions_by_time", "owner", "starts_at", "id"),
)
# Whoever follows a link says only its secret, and nobody knows yet whose it is: the row is found by the secret's hash,
# and holds opaque ids and choices alone. It is not protected by its owner, since there is none to name.
LINKS = sa.Table(
    "calendar_links",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("citizen", sa.String(40), nullable=False, unique=True),
    sa.Column("details", sa.Boolean, nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
)
