"""With what else items are hidden that citizens were told of: a report with what it consists of."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import protect

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "item_links",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("item", sa.String(60), primary_key=True),
        sa.Column("other", sa.String(60), primary_key=True),
    )
    protect(op, "item_links")
