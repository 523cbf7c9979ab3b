"""What citizens hide of their own from others."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect

revision = "0008"
down_revision = "0007"

STANDING = "state NOT IN ('refused', 'lifted', 'ended')"
# Staff ask about nobody in particular: they look as their organisation, and change nothing here.
RECEIVED_BY_ONE = """
    ALTER TABLE shields_received ENABLE ROW LEVEL SECURITY;
    ALTER TABLE shields_received FORCE ROW LEVEL SECURITY;
    CREATE POLICY owners ON shields_received USING (owner = current_setting('app.owner', true));
    CREATE POLICY offices ON shields_received FOR SELECT
        USING ('organisation:' || organisation = current_setting('app.owner', true))
"""


def upgrade() -> None:
    """Create the tables, and what guards them."""
    op.create_table(
        "shields",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("item", sa.String(36), nullable=False),
        sa.Column("also", sa.String(36)),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("item_at", UtcDateTime, nullable=False),
        sa.Column("item_key", sa.String(300), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("hidden_from", sa.String(32), nullable=False),
        sa.Column("reader", sa.String(40)),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("until", UtcDateTime),
        sa.Column("reason", sa.String(60), nullable=False),
    )
    op.create_index(
        "shields_stand_once",
        "shields",
        ["owner", "item", "hidden_from"],
        unique=True,
        postgresql_where=sa.text(STANDING),
        sqlite_where=sa.text(STANDING),
    )
    op.create_index("shields_by_owner", "shields", ["owner", "asked_at", "id"])
    op.create_table(
        "shields_received",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
    )
    op.create_index("shields_open", "shields_received", ["organisation", "open", "asked_at", "id"])
    protect(op, "shields")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(RECEIVED_BY_ONE)
