"""How far the population register's feed of changes has been heeded."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table, empty until the feed is first asked."""
    op.create_table(
        "register_feed",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("followed_at", UtcDateTime, nullable=False),
    )
