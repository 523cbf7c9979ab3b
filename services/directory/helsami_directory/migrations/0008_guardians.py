"""Whom the population register names as guardians of adults."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "guardianships",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("ward", sa.String(32), sa.ForeignKey("citizens.id"), nullable=False),
        sa.Column("guardian", sa.String(32), sa.ForeignKey("citizens.id"), nullable=False),
        sa.Column("mandates", sa.Text, nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("until", UtcDateTime),
        sa.UniqueConstraint("ward", "guardian"),
    )
    op.create_index("guardianships_by_guardian", "guardianships", ["guardian"])
