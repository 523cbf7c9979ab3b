"""Care teams, threads with their messages, and where messages lie."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, create_kernel_tables, protect
from helsami_kernel.items import access_limit_column, within_column

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    create_kernel_tables(op)
    _create_items("care_teams")
    _create_items(
        "threads",
        sa.Column("employee", sa.String(36), nullable=False),
        sa.Column("replies", sa.Boolean, nullable=False),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("author", sa.String(10), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(60), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("on_behalf", sa.Boolean, nullable=False),
        sa.UniqueConstraint("owner", "thread", "number"),
    )
    protect(op, "messages")
    _create_lying()


def _create_items(name: str, *more: sa.Column[Any]) -> None:
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
        access_limit_column(),
        within_column(),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        *more,
        sa.UniqueConstraint("owner", "organisation", "key"),
    )
    op.create_index(f"{name}_by_owner", name, ["owner", "occurred_at", "id"])
    protect(op, name)


def _create_lying() -> None:
    """Not protected: who asks what lies in an inbox names no citizen, and it holds ids and times alone."""
    op.create_table(
        "lying",
        sa.Column("message", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("thread", sa.String(36), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("inbox", sa.String(60), nullable=False),
        sa.Column("employee", sa.String(36), nullable=False),
        sa.Column("hours", sa.Integer, nullable=False),
        sa.Column("ahead", sa.Text, nullable=False),
        sa.Column("hop", sa.Integer, nullable=False),
        sa.Column("written_at", UtcDateTime, nullable=False),
        sa.Column("arrived_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("opened_at", UtcDateTime),
        sa.Column("answered_at", UtcDateTime),
    )
    op.create_index("lying_by_place", "lying", ["organisation", "inbox", "employee", "arrived_at", "message"])
    op.create_index("lying_by_thread", "lying", ["owner", "thread"])
