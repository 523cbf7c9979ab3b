"""From whom record systems want single items hidden; what is hidden claims no time that somebody else could feel."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.items import access_limit_column

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the columns, and let the constraints on a citizen's own time pass over what gives way."""
    for table in ("appointments", "stays", "referrals", "plan_actions", "tasks"):
        op.add_column(table, access_limit_column())
    op.add_column("appointments", sa.Column("gives_way", sa.Boolean, nullable=False, server_default=sa.false()))
    if op.get_bind().dialect.name == "postgresql":
        _exclude_overlaps()
    else:
        _refuse_overlaps()


def _exclude_overlaps() -> None:
    """On PostgreSQL both anew: the citizen's own time is to stay the first that is checked."""
    op.execute(
        """
        ALTER TABLE appointments
        DROP CONSTRAINT appointments_owner_time,
        DROP CONSTRAINT appointments_clinician_time,
        ADD CONSTRAINT appointments_owner_time
        EXCLUDE USING gist (owner WITH =, tstzrange(occurred_at, ends_at) WITH &&, claim WITH <>)
        WHERE (status = 'booked' AND claim IS NOT NULL AND NOT gives_way),
        ADD CONSTRAINT appointments_clinician_time
        EXCLUDE USING gist (
            organisation WITH =, clinician WITH =, tstzrange(occurred_at, ends_at) WITH &&, claim WITH <>
        )
        WHERE (status = 'booked' AND claim IS NOT NULL AND clinician <> '')
        """
    )


def _refuse_overlaps() -> None:
    """On SQLite: the same, by triggers."""
    for name, event in (("new", "INSERT"), ("changed", "UPDATE")):
        op.execute(f"DROP TRIGGER appointments_time_of_{name}")
        op.execute(f"CREATE TRIGGER appointments_time_of_{name} BEFORE {event} ON appointments {OVERLAPS_ABORT}")


OVERLAPS_ABORT = """
WHEN NEW.status = 'booked' AND NEW.claim IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'appointments_owner_time') FROM appointments AS other
    WHERE other.owner = NEW.owner AND other.id <> NEW.id AND NOT NEW.gives_way AND NOT other.gives_way
    AND other.status = 'booked' AND other.claim <> NEW.claim
    AND other.occurred_at < NEW.ends_at AND NEW.occurred_at < other.ends_at;
    SELECT RAISE(ABORT, 'appointments_clinician_time') FROM appointments AS other
    WHERE other.organisation = NEW.organisation AND other.clinician = NEW.clinician AND NEW.clinician <> ''
    AND other.id <> NEW.id AND other.status = 'booked' AND other.claim <> NEW.claim
    AND other.occurred_at < NEW.ends_at AND NEW.occurred_at < other.ends_at;
END
"""
