"""The health calendar: private links to it."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "calendar_links",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("citizen", sa.String(40), nullable=False, unique=True),
        sa.Column("details", sa.Boolean, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
    )
