"""What is remembered for late words of record systems: slots that were left here, and what was taken back."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime


def left_slots_table(metadata: sa.MetaData) -> sa.Table:
    """Which slots an appointment has left by being moved or cancelled here, and when."""
    return sa.Table(
        "left_slots",
        metadata,
        sa.Column("appointment", sa.String(36), primary_key=True),
        sa.Column("slot", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("left_at", UtcDateTime, nullable=False),
        sa.Index("left_slots_by_owner", "owner", "left_at"),
    )


def retracted_table(metadata: sa.MetaData) -> sa.Table:
    """Appointments that were entered in error: when that was, and how many events there were of each; nothing else."""
    return sa.Table(
        "retracted",
        metadata,
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("told_at", UtcDateTime),
        sa.Column("sequence", sa.Integer, nullable=False),
    )
