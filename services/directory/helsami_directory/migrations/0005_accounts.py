"""Since when an account is in use again."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column, null until an account that was left is taken up again."""
    op.add_column("citizens", sa.Column("reactivated_at", UtcDateTime))
