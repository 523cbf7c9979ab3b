"""From whom record systems want single results hidden."""

from alembic import op

from helsami_kernel.items import access_limit_column

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns; what has come before is hidden from nobody."""
    op.add_column("results", access_limit_column())
    op.add_column("results", access_limit_column("shown_limit"))
