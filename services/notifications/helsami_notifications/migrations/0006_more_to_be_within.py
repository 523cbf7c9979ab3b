"""That a notice may be within several things: a visit of several appointments."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Lift the limit of its length."""
    with op.batch_alter_table("notices") as notices:
        notices.alter_column("within", type_=sa.Text)
