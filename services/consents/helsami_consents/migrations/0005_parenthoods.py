"""Parents who act for their children."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0005"
down_revision = "0004"

# A parent begins and ends it, and what the register rules out is ended in the child's name; nobody deletes one.
SEEN_BY_ITS_SIDES = """
    ALTER TABLE parenthoods ENABLE ROW LEVEL SECURITY;
    ALTER TABLE parenthoods FORCE ROW LEVEL SECURITY;
    CREATE POLICY seen ON parenthoods FOR SELECT USING (current_setting('app.owner', true) IN (child, parent));
    CREATE POLICY begun ON parenthoods FOR INSERT WITH CHECK (parent = current_setting('app.owner', true));
    CREATE POLICY changed ON parenthoods FOR UPDATE USING (current_setting('app.owner', true) IN (child, parent))
        WITH CHECK (current_setting('app.owner', true) IN (child, parent))
"""


def upgrade() -> None:
    """Create the table, and what guards it."""
    op.create_table(
        "parenthoods",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("child", sa.String(40), nullable=False),
        sa.Column("parent", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("began_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("ended_as", sa.String(10)),
        sa.UniqueConstraint("child", "parent"),
    )
    op.create_index("parenthoods_by_parent", "parenthoods", ["parent"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(SEEN_BY_ITS_SIDES)
