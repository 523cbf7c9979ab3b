"""What items are a part of, with which they are hidden."""

from alembic import op

from helsami_kernel.items import within_column

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the columns; what has come before is a part of nothing until it comes again."""
    for table in ("appointments", "stays", "referrals", "plan_actions"):
        op.add_column(table, within_column())
