"""Notices."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, create_kernel_tables, protect

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    create_kernel_tables(op)
    op.create_table(
        "notices",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("occurred_at", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("setting", sa.String(60), nullable=False),
        sa.Column("visit_type", sa.String(60), nullable=False),
        sa.Column("author_role", sa.String(60), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("owner", "organisation", "key"),
    )
    op.create_index("notices_by_owner", "notices", ["owner", "occurred_at", "id"])
    protect(op, "notices")
