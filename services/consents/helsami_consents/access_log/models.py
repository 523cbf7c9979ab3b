"""
The tables of the access log.

Heads and rows belong to their subject. Anchors are about all subjects at once and hold opaque ids, numbers and hashes.
"""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime

metadata = sa.MetaData()

ACCESS_LOG = sa.Table(
    "access_log",
    metadata,
    sa.Column("owner", sa.String(40), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.String(40), nullable=False),
    sa.Column("basis", sa.String(20), nullable=False),
    sa.Column("purpose", sa.String(100), nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("consent_version", sa.Integer),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("organisation", sa.String(60)),
    sa.Column("unit", sa.String(60)),
    sa.Column("name", sa.String(80)),
    sa.Column("profession", sa.String(20)),
    sa.Column("kinds", sa.String(200)),
    sa.Column("source", sa.String(64)),
    sa.Column("seal", sa.String(64)),
    sa.Index("access_log_by_time", "owner", "at", "sequence"),
    sa.Index(
        "access_log_source",
        "source",
        unique=True,
        postgresql_where=sa.text("source IS NOT NULL"),
        sqlite_where=sa.text("source IS NOT NULL"),
    ),
)
HEADS = sa.Table(
    "access_log_heads",
    metadata,
    sa.Column("owner", sa.String(40), primary_key=True),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("anchored", sa.Integer, nullable=False, server_default="0"),
    sa.Index(
        "access_log_heads_unanchored",
        "owner",
        postgresql_where=sa.text("sequence > anchored"),
        sqlite_where=sa.text("sequence > anchored"),
    ),
)
ANCHORS = sa.Table(
    "access_log_anchors",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("text", sa.Text, nullable=False),
)
