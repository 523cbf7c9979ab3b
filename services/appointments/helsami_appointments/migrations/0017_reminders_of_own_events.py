"""How long before an own event its citizen is reminded of it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the column: of what is there already, nobody is reminded."""
    op.add_column("calendar_events", sa.Column("remind", sa.Integer))
