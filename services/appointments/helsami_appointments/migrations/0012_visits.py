"""What is done about visits, what is to be done before them, and whom an organisation expects when."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "visits",
        sa.Column("appointment", sa.String(36), primary_key=True),
        sa.Column("starts_at", UtcDateTime, primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("told_at", UtcDateTime),
        sa.Column("checked_in_at", UtcDateTime),
        sa.Column("forms", sa.Text, nullable=False),
        sa.Column("arrived_at", UtcDateTime),
    )
    protect(op, "visits")
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("appointment", sa.String(36), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("due", sa.String(40)),
        sa.Column("told_done", sa.Boolean, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("done_at", UtcDateTime),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("owner", "organisation", "key"),
    )
    op.create_index("tasks_by_appointment", "tasks", ["owner", "appointment"])
    protect(op, "tasks")
    op.create_table(
        "expected_visits",
        sa.Column("appointment", sa.String(36), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("unit", sa.String(60), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
    )
    by_day = ["organisation", "starts_at", "appointment"]
    op.create_index("expected_visits_by_day", "expected_visits", by_day)
