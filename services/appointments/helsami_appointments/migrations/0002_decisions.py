"""What organisations' rules decided, and why."""

from alembic import op

from helsami_kernel.database import create_decisions

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    create_decisions(op)
