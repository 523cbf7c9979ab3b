"""By what other ids appointments are known, hidden or not; and what shields of before lack."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect

revision = "0010"
down_revision = "0009"

NAMES = """
    INSERT INTO other_ids (owner, item, known_as)
    SELECT DISTINCT owner, item, also FROM shields WHERE also IS NOT NULL AND also <> item
"""
# What was over before shields were forgotten is kept no longer than what is over now: nobody knows since when it is.
FORGET = """
    INSERT INTO obligations (id, kind, key, owner, payload, due_at, attempts)
    SELECT id, 'forget_shield', id, owner, '{"shield":"' || id || '"}', :due, 0
    FROM shields WHERE state IN ('refused', 'lifted', 'ended')
    ON CONFLICT DO NOTHING
"""
KEPT_WHEN_OVER = timedelta(days=365)


def upgrade() -> None:
    """Create the table, let what is hidden lead on from the ids it is known by, and promise to forget what is over."""
    op.create_table(
        "other_ids",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("item", sa.String(36), primary_key=True),
        sa.Column("known_as", sa.String(36), primary_key=True),
    )
    op.add_column("shields", sa.Column("held_by", sa.Text, nullable=False, server_default=""))
    due = sa.bindparam("due", datetime.now(UTC) + KEPT_WHEN_OVER, type_=UtcDateTime)
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    if on_postgresql:
        # Rows are seen by their owner's transactions only, and this one is nobody's.
        op.execute("ALTER TABLE shields NO FORCE ROW LEVEL SECURITY")
    op.execute(NAMES)
    op.execute(sa.text(FORGET).bindparams(due))
    if on_postgresql:
        op.execute("ALTER TABLE shields FORCE ROW LEVEL SECURITY")
    protect(op, "other_ids")
