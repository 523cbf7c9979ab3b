"""Schedules, slots and appointments, and the constraints that no double booking passes."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, create_kernel_tables, protect

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    create_kernel_tables(op)
    _create_schedules()
    _create_slots()
    _create_appointments()
    protect(op, "appointments")
    if op.get_bind().dialect.name == "postgresql":
        _exclude_overlaps()
    else:
        _refuse_overlaps()


def _create_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("visit_type", sa.String(60), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("unit", sa.String(60), nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("clinician", sa.String(300), nullable=False),
        sa.Column("clinician_name", sa.Text, nullable=False),
        sa.UniqueConstraint("organisation", "key"),
    )


def _create_slots() -> None:
    op.create_table(
        "slots",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("schedule", sa.String(36), sa.ForeignKey("schedules.id"), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("visit_type", sa.String(60), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("status", sa.String(4), nullable=False),
        sa.Column("taken_by", sa.String(36)),
        sa.UniqueConstraint("organisation", "key"),
        sa.CheckConstraint("status IN ('free', 'busy')", name="slots_status"),
        sa.CheckConstraint("starts_at < ends_at", name="slots_span"),
    )
    free = sa.text("status = 'free' AND taken_by IS NULL")
    op.create_index("slots_free", "slots", ["starts_at", "id"], postgresql_where=free, sqlite_where=free)
    op.create_index("slots_by_holder", "slots", ["taken_by"])


def _create_appointments() -> None:
    op.create_table(
        "appointments",
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
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("slot", sa.String(36)),
        sa.Column("clinician", sa.String(300), nullable=False),
        sa.Column("record_key", sa.String(300)),
        sa.Column("claim", sa.String(36)),
        sa.UniqueConstraint("owner", "organisation", "key"),
        sa.CheckConstraint("occurred_at < ends_at", name="appointments_span"),
    )
    op.create_index("appointments_by_owner", "appointments", ["owner", "occurred_at", "id"])
    claimed = sa.text("status = 'booked' AND claim IS NOT NULL")
    op.create_index(
        "appointments_one_a_slot", "appointments", ["slot"], unique=True, postgresql_where=claimed, sqlite_where=claimed
    )


def _exclude_overlaps() -> None:
    """On PostgreSQL: of two that overlap at the same moment, the database lets one in (reliability.md 2.4)."""
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    # The citizen's own time comes first: constraints are checked in this order, and it is the reason one can act on.
    op.execute(
        """
        ALTER TABLE appointments
        ADD CONSTRAINT appointments_owner_time
        EXCLUDE USING gist (owner WITH =, tstzrange(occurred_at, ends_at) WITH &&, claim WITH <>)
        WHERE (status = 'booked' AND claim IS NOT NULL),
        ADD CONSTRAINT appointments_clinician_time
        EXCLUDE USING gist (
            organisation WITH =, clinician WITH =, tstzrange(occurred_at, ends_at) WITH &&, claim WITH <>
        )
        WHERE (status = 'booked' AND claim IS NOT NULL AND clinician <> '')
        """
    )


def _refuse_overlaps() -> None:
    """On SQLite, which has one writer: the same, by triggers."""
    op.create_index("appointments_by_clinician", "appointments", ["organisation", "clinician", "occurred_at"])
    op.execute(f"CREATE TRIGGER appointments_time_of_new BEFORE INSERT ON appointments {OVERLAPS_ABORT}")
    op.execute(f"CREATE TRIGGER appointments_time_of_changed BEFORE UPDATE ON appointments {OVERLAPS_ABORT}")


OVERLAPS_ABORT = """
WHEN NEW.status = 'booked' AND NEW.claim IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'appointments_owner_time') FROM appointments AS other
    WHERE other.owner = NEW.owner AND other.id <> NEW.id
    AND other.status = 'booked' AND other.claim <> NEW.claim
    AND other.occurred_at < NEW.ends_at AND NEW.occurred_at < other.ends_at;
    SELECT RAISE(ABORT, 'appointments_clinician_time') FROM appointments AS other
    WHERE other.organisation = NEW.organisation AND other.clinician = NEW.clinician AND NEW.clinician <> ''
    AND other.id <> NEW.id AND other.status = 'booked' AND other.claim <> NEW.claim
    AND other.occurred_at < NEW.ends_at AND NEW.occurred_at < other.ends_at;
END
"""
