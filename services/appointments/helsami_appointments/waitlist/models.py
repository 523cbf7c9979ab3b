"""
The tables of the waitlist.

Neither is under row-level security: a freed time is matched against all who wait at once, offered to several, and taken
from all but one in one transaction. They hold opaque ids, match keys and times, no text and no name; each statement for
a citizen names the owner itself.
"""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime


def waiting_table(metadata: sa.MetaData) -> sa.Table:
    """Who waits, once for each appointment."""
    return sa.Table(
        "waiting",
        metadata,
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False, index=True),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("appointment", sa.String(36), nullable=False, unique=True),
        sa.Column("visit_type", sa.String(60), nullable=False),
        sa.Column("unit", sa.String(60), nullable=False),
        sa.Column("clinician", sa.String(300), nullable=False),
        sa.Column(
            "place", sa.String(64), nullable=False
        ),  # a digest: what a citizen reads of it is with the appointment
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("joined_at", UtcDateTime, nullable=False),
        sa.Column("age_band", sa.String(5), nullable=False),
        sa.Column("digital", sa.Boolean, nullable=False),
        sa.Column("priority", sa.String(60), nullable=False),
        sa.Index("waiting_by_match", "organisation", "visit_type", "joined_at", "id"),
    )


def offers_table(metadata: sa.MetaData) -> sa.Table:
    """What was offered to whom, and how it ended; `round` is one time that a slot came free."""
    return sa.Table(
        "offers",
        metadata,
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("slot", sa.String(36), sa.ForeignKey("slots.id"), nullable=False),
        sa.Column("appointment", sa.String(36), nullable=False, index=True),
        sa.Column("entry", sa.String(36), nullable=False),
        sa.Column("round", sa.String(36), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("offered_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("age_band", sa.String(5), nullable=False),
        sa.Column("digital", sa.Boolean, nullable=False),
        sa.UniqueConstraint("round", "entry"),
        sa.Index("offers_by_slot", "slot", "state"),
        sa.Index("offers_by_owner", "owner", "offered_at"),
        sa.Index("offers_by_end", "ended_at"),
    )


def offers_past_table(metadata: sa.MetaData) -> sa.Table:
    """How many of an organisation's offers ended how in a month, of those that are forgotten; of nobody."""
    return sa.Table(
        "offers_past",
        metadata,
        sa.Column("organisation", sa.String(60), primary_key=True),
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("state", sa.String(10), primary_key=True),
        sa.Column("age_band", sa.String(5), primary_key=True),
        sa.Column("digital", sa.Boolean, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
