"""Consultations by video, and rooms for groups of citizens and for staff."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "videos",
        sa.Column("appointment", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("otherwise", sa.String(60), nullable=False),
        sa.Column("decided", sa.Boolean, nullable=False),
        sa.Column("room", sa.String(36)),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("starts_at", UtcDateTime),
    )
    op.create_index("ix_videos_owner", "videos", ["owner"])
    protect(op, "videos")
    op.create_table(
        "video_rooms",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("asked", sa.String(64), nullable=False),
        sa.CheckConstraint("kind IN ('group', 'staff')", name="video_rooms_kind"),
    )
