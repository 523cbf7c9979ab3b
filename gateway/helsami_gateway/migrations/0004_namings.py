"""How many people each citizen has named by national id in a day."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import protect

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "namings",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
    )
    protect(op, "namings")
