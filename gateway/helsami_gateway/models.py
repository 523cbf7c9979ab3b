"""The journal's tables, and what the gateway remembers of who joined its views."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime

METADATA = sa.MetaData()

BUNDLES = sa.Table(
    "bundles",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("organisation", sa.String(60), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("organisation", "digest"),
)
LATE_REFUSALS = sa.Table(
    "late_refusals",
    METADATA,
    sa.Column("bundle", sa.String(32), sa.ForeignKey("bundles.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("code", sa.String(64), nullable=False),
    sa.Column("refused_at", UtcDateTime, nullable=False),
)
UNNAMED = sa.Table(
    "unnamed",
    METADATA,
    sa.Column("citizen", sa.String(40), primary_key=True),
    sa.Column("bundle", sa.String(32), sa.ForeignKey("bundles.id"), primary_key=True),
    sa.Column("since", UtcDateTime, nullable=False),
)
ENDED_SESSIONS = sa.Table(
    "ended_sessions",
    METADATA,
    sa.Column("owner", sa.String(40), primary_key=True),
    # The id of a session that was logged out of, or empty: then all that began until `ended_at` are over.
    sa.Column("session", sa.String(40), primary_key=True),
    sa.Column("ended_at", UtcDateTime, nullable=False),
)
NAMINGS = sa.Table(
    "namings",
    METADATA,
    sa.Column("owner", sa.String(40), primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
)
ROSTER = sa.Table(
    "roster",
    METADATA,
    sa.Column("view", sa.String(60), primary_key=True),
    sa.Column("section", sa.String(60), primary_key=True),
    sa.Column("service", sa.String(60), nullable=False),
)
