"""How offers of long ago ended, as numbers by organisation and month: of nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the table, and an index by which ended offers are found."""
    op.create_table(
        "offers_past",
        sa.Column("organisation", sa.String(60), primary_key=True),
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("state", sa.String(10), primary_key=True),
        sa.Column("age_band", sa.String(5), primary_key=True),
        sa.Column("digital", sa.Boolean, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_index("offers_by_end", "offers", ["ended_at"])
