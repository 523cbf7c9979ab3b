"""The table of grants."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime


def grants_table(metadata: sa.MetaData) -> sa.Table:
    """One row for each giver and receiver; both see it, its giver changes it, its receiver answers."""
    return sa.Table(
        "grants",
        metadata,
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("giver", sa.String(40), nullable=False),
        sa.Column("receiver", sa.String(40), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("granted_at", UtcDateTime, nullable=False),
        sa.Column("confirmed_at", UtcDateTime, nullable=False),
        sa.Column("accepted_at", UtcDateTime),
        sa.Column("expires_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("ended_as", sa.String(10)),
        sa.Column("changes", sa.Integer),
        sa.Column("changes_from", UtcDateTime),
        sa.UniqueConstraint("giver", "receiver"),
        sa.Index("grants_by_receiver", "receiver"),
    )
