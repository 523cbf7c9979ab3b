"""Citizens, what was told of them, practitioners and places."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, create_kernel_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    create_kernel_tables(op)
    _create_people()
    _create_surroundings()


def _create_people() -> None:
    op.create_table(
        "citizens",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("lookup", sa.String(64), nullable=False, unique=True),
        sa.Column("sealed_by", sa.String(8), nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("birth_date", sa.Date),
        sa.Column("language", sa.String(2)),
        sa.Column("protected", sa.Boolean, nullable=False),
        sa.Column("deceased", sa.Boolean, nullable=False),
        sa.Column("death_date", sa.Date),
        sa.Column("opened_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "transfers",
        sa.Column("citizen", sa.String(32), sa.ForeignKey("citizens.id"), primary_key=True),
        sa.Column("organisation", sa.String(60), primary_key=True),
        sa.Column("record", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("protected", sa.Boolean, nullable=False),
        sa.Column("deceased", sa.Boolean, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
    )


def _create_surroundings() -> None:
    op.create_table(
        "practitioners",
        sa.Column("organisation", sa.String(60), primary_key=True),
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "places",
        sa.Column("organisation", sa.String(60), primary_key=True),
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
    )
