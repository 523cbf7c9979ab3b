"""What items are a part of, with which they are hidden."""

from alembic import op

from helsami_kernel.items import within_column

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; what has come before is a part of nothing until it comes again."""
    op.add_column("results", within_column())
