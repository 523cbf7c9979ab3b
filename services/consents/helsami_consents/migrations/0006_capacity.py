"""Those who act for adults that cannot consent."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, protect

revision = "0006"
down_revision = "0005"

STANDING = "state IN ('applied', 'granted')"
SEEN_BY_ITS_SIDES = """
    ALTER TABLE capacity_applications ENABLE ROW LEVEL SECURITY;
    ALTER TABLE capacity_applications FORCE ROW LEVEL SECURITY;
    CREATE POLICY seen ON capacity_applications FOR SELECT
        USING (current_setting('app.owner', true) IN (applicant, subject));
    CREATE POLICY made ON capacity_applications FOR INSERT WITH CHECK (applicant = current_setting('app.owner', true));
    CREATE POLICY changed ON capacity_applications FOR UPDATE USING (applicant = current_setting('app.owner', true))
        WITH CHECK (applicant = current_setting('app.owner', true))
"""


def upgrade() -> None:
    """Create the tables, and what guards them."""
    _create_applications()
    op.create_table(
        "capacity_documents",
        sa.Column("application", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("content_type", sa.String(20), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "capacity_received",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("applicant", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("applied_at", UtcDateTime, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
    )
    op.create_index("capacity_open", "capacity_received", ["organisation", "open", "applied_at", "id"])
    protect(op, "capacity_documents")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(SEEN_BY_ITS_SIDES)


def _create_applications() -> None:
    op.create_table(
        "capacity_applications",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("applicant", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("relation", sa.String(10), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("applied_at", UtcDateTime, nullable=False),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("review_at", UtcDateTime),
        sa.Column("reason", sa.String(60), nullable=False),
        sa.CheckConstraint("applicant <> subject", name="capacity_of_another"),
    )
    op.create_index(
        "capacity_stands_once",
        "capacity_applications",
        ["applicant", "subject"],
        unique=True,
        postgresql_where=sa.text(STANDING),
        sqlite_where=sa.text(STANDING),
    )
    op.create_index("capacity_by_subject", "capacity_applications", ["subject"])
