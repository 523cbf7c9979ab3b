"""By what other ids appointments are known, whether they are hidden by now or later."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import protect

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "other_ids",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("item", sa.String(36), primary_key=True),
        sa.Column("known_as", sa.String(36), primary_key=True),
    )
    protect(op, "other_ids")
