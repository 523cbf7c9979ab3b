"""
The tables of messages.

What a citizen reads belongs to them. Where a message lies belongs to nobody (`lying`): staff ask for what lies in an
inbox without naming a citizen, so it holds opaque ids and times alone.
"""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime
from helsami_kernel.items import items_table

METADATA = sa.MetaData()

CARE_TEAMS = items_table("care_teams", METADATA)
THREADS = items_table(
    "threads",
    METADATA,
    sa.Column("employee", sa.String(36), nullable=False),  # opaque; empty where it is with a whole unit
    sa.Column("replies", sa.Boolean, nullable=False),  # whether its organisation lets an answer open for a reply
    # By what its record system knows who writes, whatever has become of the care team since.
    sa.Column("record_key", sa.String(300), nullable=False, server_default=""),
)
MESSAGES = sa.Table(
    "messages",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(40), nullable=False),
    sa.Column("thread", sa.String(36), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # its place in the thread
    sa.Column("author", sa.String(10), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.String(60), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("on_behalf", sa.Boolean, nullable=False),
    sa.UniqueConstraint("owner", "thread", "number"),
)
LYING = sa.Table(
    "lying",
    METADATA,
    sa.Column("message", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(40), nullable=False),
    sa.Column("thread", sa.String(36), nullable=False),
    sa.Column("organisation", sa.String(60), nullable=False),
    sa.Column("inbox", sa.String(60), nullable=False),
    sa.Column("employee", sa.String(36), nullable=False),
    sa.Column("hours", sa.Integer, nullable=False),  # how many working hours it may lie here unopened
    sa.Column("ahead", sa.Text, nullable=False),  # the stops to come, as they were decided when it was written
    sa.Column("hop", sa.Integer, nullable=False),  # how often it has moved on: the promise of an earlier stop is void
    sa.Column("written_at", UtcDateTime, nullable=False),
    sa.Column("arrived_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("opened_at", UtcDateTime),
    sa.Column("answered_at", UtcDateTime),
    sa.Index("lying_by_thread", "owner", "thread"),
)
