"""Results, and which report consists of what."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, create_kernel_tables, protect

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    create_kernel_tables(op)
    op.create_table(
        "results",
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
        sa.Column("is_report", sa.Boolean, nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("category", sa.String(60), nullable=False),
        sa.Column("answered_at", UtcDateTime),
        sa.Column("own_values", sa.Text, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("release", sa.Integer, nullable=False),
        sa.Column("provisional", sa.Boolean, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("is_news", sa.Boolean, nullable=False),
        sa.Column("released_at", UtcDateTime),
        sa.Column("told_at", UtcDateTime),
        sa.UniqueConstraint("owner", "organisation", "key"),
    )
    op.create_index("results_by_owner", "results", ["owner", "occurred_at", "id"])
    op.create_table(
        "report_members",
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("report", sa.String(36), primary_key=True),
        sa.Column("member", sa.String(36), primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_index("report_members_by_member", "report_members", ["owner", "member"])
    protect(op, "results")
    protect(op, "report_members")
