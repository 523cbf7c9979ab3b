"""Letters among the documents, and what is enclosed with them."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns, and the table of enclosures."""
    op.add_column("documents", sa.Column("is_letter", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("documents", sa.Column("appointment", sa.String(36)))
    op.add_column("documents", sa.Column("enclosed", sa.String(64), nullable=False, server_default=""))
    op.add_column("documents", sa.Column("told_at", UtcDateTime))
    op.create_index("documents_of_appointments", "documents", ["owner", "appointment"])
    op.create_table(
        "enclosures",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("letter", sa.String(36), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("content_type", sa.String(60), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    protect(op, "enclosures")
