"""The table of parents who act for their children."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime


def parenthoods_table(metadata: sa.MetaData) -> sa.Table:
    """One row for each child and parent who has applied; both may see it, and nobody else."""
    return sa.Table(
        "parenthoods",
        metadata,
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("child", sa.String(40), nullable=False),
        sa.Column("parent", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("began_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("ended_as", sa.String(10)),
        sa.UniqueConstraint("child", "parent"),
        sa.Index("parenthoods_by_parent", "parent"),
    )
