"""From whom record systems want single items hidden."""

from alembic import op

from helsami_kernel.items import access_limit_column

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; what has come before is hidden from nobody."""
    for table in ("visits", "documents", "conditions", "allergies", "vaccines"):
        op.add_column(table, access_limit_column())
