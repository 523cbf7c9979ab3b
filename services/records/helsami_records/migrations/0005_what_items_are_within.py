"""What items are a part of, with which they are hidden."""

from alembic import op

from helsami_kernel.items import within_column

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; of what has come before letters alone have said it."""
    for table in ("visits", "documents", "conditions", "allergies", "vaccines"):
        op.add_column(table, within_column())
    apart = op.get_bind().dialect.name == "postgresql"
    if apart:  # rows are seen by their owner's transactions only, and this one is nobody's
        op.execute("ALTER TABLE documents NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE documents SET within = appointment WHERE appointment IS NOT NULL")
    if apart:
        op.execute("ALTER TABLE documents FORCE ROW LEVEL SECURITY")
