"""Free times that somebody holds while they confirm."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns, and an index on the few slots that are held."""
    op.add_column("slots", sa.Column("held_by", sa.String(36)))
    op.add_column("slots", sa.Column("held_until", UtcDateTime))
    held = sa.text("held_by IS NOT NULL")
    op.create_index("slots_by_hold", "slots", ["held_by"], postgresql_where=held, sqlite_where=held)
