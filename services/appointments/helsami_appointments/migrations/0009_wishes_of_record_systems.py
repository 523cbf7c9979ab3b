"""What a record system wants us to notify and remind of."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns: whatever has come before is told and reminded of."""
    for wish in ("tell", "remind"):
        op.add_column("appointments", sa.Column(wish, sa.Boolean, nullable=False, server_default=sa.true()))
