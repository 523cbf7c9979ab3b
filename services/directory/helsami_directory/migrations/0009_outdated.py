"""When the register's feed outdated its word last, and which register's feed it is that has been heeded."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add both; of a place kept before nobody knows whose it is, so that the feed is begun anew."""
    op.add_column("citizens", sa.Column("outdated_at", UtcDateTime))
    op.add_column("register_feed", sa.Column("register", sa.Text, nullable=False, server_default=""))
