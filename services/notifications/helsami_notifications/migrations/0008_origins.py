"""Whose items are that citizens were told of, sealed."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table; of items of before nobody has said it, and who acts for another hears of them no longer."""
    op.create_table(
        "item_origins",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("item", sa.String(60), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
    )
    protect(op, "item_origins")
