"""Slots that were withdrawn, and an index that finds what overlaps in a schedule."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column, and the index: by its end, so that what is over is not looked at."""
    op.add_column("slots", sa.Column("withdrawn_at", UtcDateTime))
    there = sa.text("withdrawn_at IS NULL")
    columns = ["schedule", "ends_at", "starts_at"]
    op.create_index("slots_by_schedule", "slots", columns, postgresql_where=there, sqlite_where=there)
