"""Which state each organisation is in, since when, and on whose word."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the history, to which rows are only added."""
    op.create_table(
        "changes",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_index("changes_by_organisation", "changes", ["organisation", "version"])
