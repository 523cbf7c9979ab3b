"""What record systems say with an appointment, when they had last changed it, and what is remembered for late words."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the columns, of which nobody knows what they were for what has come before, and create the tables."""
    op.add_column("appointments", sa.Column("flags", sa.String(80)))
    op.add_column("appointments", sa.Column("told_at", UtcDateTime))
    op.create_table(
        "left_slots",
        sa.Column("appointment", sa.String(36), primary_key=True),
        sa.Column("slot", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("left_at", UtcDateTime, nullable=False),
    )
    op.create_index("left_slots_by_owner", "left_slots", ["owner", "left_at"])
    op.create_table(
        "retracted",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("told_at", UtcDateTime),
        sa.Column("sequence", sa.Integer, nullable=False),
    )
    protect(op, "left_slots")
    protect(op, "retracted")
