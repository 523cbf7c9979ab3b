"""Stays, referrals with what they have led to, and what care plans put into the calendar."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create the tables."""
    _create("stays", sa.Column("told", sa.String(60), nullable=False, server_default=""))
    _create("referrals", sa.Column("told", sa.String(60), nullable=False, server_default=""))
    op.create_table(
        "referral_appointments",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("organisation", sa.String(60), primary_key=True),
        sa.Column("record_key", sa.String(300), primary_key=True),
        sa.Column("referral", sa.String(36), nullable=False),
    )
    op.create_index("referral_appointments_by_referral", "referral_appointments", ["owner", "referral"])
    protect(op, "referral_appointments")
    _create(
        "plan_actions",
        sa.Column("plan", sa.String(300), nullable=False),
        sa.Column("all_day", sa.Boolean, nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="plan_actions_span"),
    )
    op.create_index("plan_actions_by_time", "plan_actions", ["owner", "starts_at", "id"])


def _create(name: str, *extra: sa.schema.SchemaItem) -> None:
    columns: list[Any] = [
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("occurred_at", UtcDateTime, nullable=False),
        *(sa.Column(column, sa.String(60), nullable=False) for column in ("kind", "setting", "visit_type")),
        sa.Column("author_role", sa.String(60), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
    ]
    op.create_table(name, *columns, *extra, sa.UniqueConstraint("owner", "organisation", "key"))
    op.create_index(f"{name}_by_owner", name, ["owner", "occurred_at", "id"])
    protect(op, name)
