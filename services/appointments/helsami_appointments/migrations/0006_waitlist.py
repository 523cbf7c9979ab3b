"""Those who wait for an earlier time, and what they are offered: opaque ids, match keys and times, for all at once."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "waiting",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("appointment", sa.String(36), nullable=False),
        sa.Column("visit_type", sa.String(60), nullable=False),
        sa.Column("unit", sa.String(60), nullable=False),
        sa.Column("clinician", sa.String(300), nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("joined_at", UtcDateTime, nullable=False),
        sa.Column("age_band", sa.String(5), nullable=False),
        sa.Column("digital", sa.Boolean, nullable=False),
        sa.Column("priority", sa.String(60), nullable=False),
        sa.UniqueConstraint("appointment"),
    )
    op.create_index("ix_waiting_owner", "waiting", ["owner"])
    op.create_index("waiting_by_match", "waiting", ["organisation", "visit_type", "joined_at", "id"])
    op.create_table(
        "offers",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("slot", sa.String(36), sa.ForeignKey("slots.id"), nullable=False),
        sa.Column("appointment", sa.String(36), nullable=False),
        sa.Column("entry", sa.String(36), nullable=False),
        sa.Column("round", sa.String(36), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("offered_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("age_band", sa.String(5), nullable=False),
        sa.Column("digital", sa.Boolean, nullable=False),
        sa.UniqueConstraint("round", "entry"),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'expired', 'too_late', 'withdrawn')", name="offers_state"
        ),
    )
    op.create_index("ix_offers_appointment", "offers", ["appointment"])
    op.create_index("offers_by_slot", "offers", ["slot", "state"])
    op.create_index("offers_by_owner", "offers", ["owner", "offered_at"])
    accepted = sa.text("state = 'accepted'")
    op.create_index(
        "offers_one_accepted", "offers", ["round"], unique=True, postgresql_where=accepted, sqlite_where=accepted
    )
