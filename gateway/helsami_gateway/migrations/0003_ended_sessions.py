"""Which sessions are over before their time."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "ended_sessions",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("session", sa.String(40), primary_key=True),
        sa.Column("ended_at", UtcDateTime, nullable=False),
    )
    protect(op, "ended_sessions")
