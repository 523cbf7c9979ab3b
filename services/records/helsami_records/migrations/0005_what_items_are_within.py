"""What items are a part of, with which they are hidden."""

from alembic import op

from helsami_kernel.items import within_column

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; what has come before is a part of nothing until it comes again, but for letters."""
    for table in ("visits", "documents", "conditions", "allergies", "vaccines"):
        op.add_column(table, within_column())
    op.execute("UPDATE documents SET within = appointment WHERE appointment IS NOT NULL")
