"""Visits, documents, conditions, allergies and vaccines."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, create_kernel_tables, protect

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    create_kernel_tables(op)
    _create("visits", sa.Column("told_at", UtcDateTime))
    _create("documents", sa.Column("visit", sa.String(36)))
    op.create_index("documents_of_visits", "documents", ["owner", "visit"])
    _create("conditions")
    _create("allergies")
    _create("vaccines")


def _create(name: str, *extra: sa.Column[Any]) -> None:
    op.create_table(
        name,
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
        *extra,
        sa.UniqueConstraint("owner", "organisation", "key"),
    )
    op.create_index(f"{name}_by_owner", name, ["owner", "occurred_at", "id"])
    protect(op, name)
