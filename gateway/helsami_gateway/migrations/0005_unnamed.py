"""Of whom a bundle has yet to name appointments and visits, so that later bundles about them wait."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "unnamed",
        sa.Column("citizen", sa.String(40), primary_key=True),
        sa.Column("bundle", sa.String(32), sa.ForeignKey("bundles.id"), primary_key=True),
        sa.Column("since", UtcDateTime, nullable=False),
    )
