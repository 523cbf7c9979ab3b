"""What citizens say of themselves."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "profiles",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("phone", sa.String(20)),
        sa.Column("address", sa.Text),
        sa.Column("language", sa.String(2)),
        sa.Column("interpreter", sa.String(20)),
        sa.Column("about", sa.Text),
        sa.Column("shortcuts", sa.Text, nullable=False),
        sa.Column("contacts_checked_at", UtcDateTime),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("relation", sa.String(20), nullable=False),
        sa.Column("phone", sa.String(20)),
        sa.Column("email", sa.Text),
        sa.Column("first", sa.Boolean, nullable=False),
        sa.Column("added_at", UtcDateTime, nullable=False),
    )
    op.create_index("contacts_by_owner", "contacts", ["owner", "added_at", "id"])
    op.create_table(
        "photos",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("media", sa.String(20), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("stored_at", UtcDateTime, nullable=False),
    )
    for table in ("profiles", "contacts", "photos"):
        protect(op, table)
