"""What each notice is of, and from whom single items are hidden."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect
from helsami_kernel.items import access_limit_column

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns and the table; notices of before are of what they are about."""
    op.add_column("notices", access_limit_column())
    op.add_column("notices", sa.Column("of", sa.String(60), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        # Rows are seen by their owner's transactions only, and this one is nobody's.
        op.execute("ALTER TABLE notices NO FORCE ROW LEVEL SECURITY")
        op.execute("UPDATE notices SET \"of\" = coalesce(body::json #>> '{about,id}', '')")
        op.execute("ALTER TABLE notices FORCE ROW LEVEL SECURITY")
    else:
        op.execute("UPDATE notices SET \"of\" = coalesce(json_extract(body, '$.about.id'), '')")
    op.create_index("notices_of_items", "notices", ["owner", "of"])
    op.create_table(
        "item_limits",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("item", sa.String(60), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        access_limit_column(),
    )
    protect(op, "item_limits")
