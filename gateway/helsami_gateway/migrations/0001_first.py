"""The bundles as they were received, and the roster of the views."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, create_kernel_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    create_kernel_tables(op)
    op.create_table(
        "bundles",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("organisation", "digest"),
    )
    op.create_table(
        "late_refusals",
        sa.Column("bundle", sa.String(32), sa.ForeignKey("bundles.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("refused_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "roster",
        sa.Column("view", sa.String(60), primary_key=True),
        sa.Column("section", sa.String(60), primary_key=True),
        sa.Column("service", sa.String(60), nullable=False),
    )
