"""By what record systems know who writes, whatever has become of the care team since."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; of threads that were begun before, nobody knows."""
    op.add_column("threads", sa.Column("record_key", sa.String(300), nullable=False, server_default=""))
