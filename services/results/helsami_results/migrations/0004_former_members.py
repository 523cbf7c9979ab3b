"""Of what reports consisted once."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; what has been forgotten before stays so."""
    op.add_column("report_members", sa.Column("former", sa.Boolean, nullable=False, server_default=sa.false()))
