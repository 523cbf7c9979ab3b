"""Appointments that are moved and cancelled here: how often, and what their record system has told last."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("appointments", sa.Column("told", sa.String(64)))
    op.add_column("appointments", sa.Column("sequence", sa.Integer, nullable=False, server_default="1"))
