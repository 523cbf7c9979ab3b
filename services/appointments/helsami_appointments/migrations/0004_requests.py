"""What citizens ask for, and what waits for an organisation's answer."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "requests",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("appointment", sa.String(36), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("answered_at", UtcDateTime),
        sa.Column("reason", sa.String(60), nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'accepted', 'declined', 'expired', 'withdrawn')", name="requests_state"
        ),
    )
    op.create_index("requests_by_appointment", "requests", ["owner", "appointment"])
    asked = sa.text("state = 'asked'")
    same = ["appointment", "action"]
    op.create_index("requests_one_open", "requests", same, unique=True, postgresql_where=asked, sqlite_where=asked)
    protect(op, "requests")
    op.create_table(
        "requests_received",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
    )
    waiting = sa.text("NOT answered")
    op.create_index(
        "requests_received_unanswered",
        "requests_received",
        ["organisation", "asked_at", "id"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
