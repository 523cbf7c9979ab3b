"""Who is told nothing, having left their account."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import protect

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "silences",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("silent", sa.Boolean, nullable=False),
    )
    protect(op, "silences")
