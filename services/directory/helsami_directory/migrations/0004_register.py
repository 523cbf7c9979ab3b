"""What the population register says, who has parental responsibility, and whether an account is in use."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables; what is added to citizens is null until something happens."""
    op.add_column("citizens", sa.Column("sequence", sa.Integer))
    op.add_column("citizens", sa.Column("first_login_at", UtcDateTime))
    op.add_column("citizens", sa.Column("deactivated_at", UtcDateTime))
    op.create_table(
        "registered",
        sa.Column("citizen", sa.String(32), sa.ForeignKey("citizens.id"), primary_key=True),
        sa.Column("known", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("birth_date", sa.Date),
        sa.Column("protection", sa.String(30), nullable=False),
        sa.Column("deceased", sa.Boolean, nullable=False),
        sa.Column("death_date", sa.Date),
        sa.Column("address_token", sa.String(64)),
        sa.Column("address_sealed_by", sa.String(8)),
        sa.Column("address_nonce", sa.LargeBinary),
        sa.Column("address_sealed", sa.LargeBinary),
        sa.Column("asked_at", UtcDateTime),
    )
    op.create_table(
        "responsibilities",
        sa.Column("child", sa.String(32), sa.ForeignKey("citizens.id"), primary_key=True),
        sa.Column("holder", sa.String(32), sa.ForeignKey("citizens.id"), primary_key=True),
    )
    op.create_index("responsibilities_by_holder", "responsibilities", ["holder"])
