"""With what else a notice is hidden: that of a letter with the appointment that the letter is about."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; of letters of before nobody has said it."""
    op.add_column("notices", sa.Column("within", sa.String(60), nullable=False, server_default=""))
