"""Grants, and an access log that can only grow."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime, create_kernel_tables, protect

revision = "0001"
down_revision = None

# Both sides see a grant, its giver alone writes it; no policy for deleting, so nobody does.
GRANT_POLICIES = """
    ALTER TABLE grants ENABLE ROW LEVEL SECURITY;
    ALTER TABLE grants FORCE ROW LEVEL SECURITY;
    CREATE POLICY seen ON grants FOR SELECT USING (current_setting('app.owner', true) IN (giver, receiver));
    CREATE POLICY given ON grants FOR INSERT WITH CHECK (giver = current_setting('app.owner', true));
    CREATE POLICY changed ON grants FOR UPDATE USING (giver = current_setting('app.owner', true))
        WITH CHECK (giver = current_setting('app.owner', true))
"""
# By statement and not by row: refused even where row-level security leaves no row to touch. ALWAYS: a session that
# calls itself a replica is no exception.
APPEND_ONLY_ON_POSTGRESQL = """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the access log is append-only' USING ERRCODE = 'insufficient_privilege';
    END $$;
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    ALTER TABLE access_log ENABLE ALWAYS TRIGGER append_only
"""
# The third one: INSERT OR REPLACE deletes what it replaces without asking a trigger for DELETE.
APPEND_ONLY_ON_SQLITE = (
    """
    CREATE TRIGGER access_log_no_update BEFORE UPDATE ON access_log
    BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END
    """,
    """
    CREATE TRIGGER access_log_no_delete BEFORE DELETE ON access_log
    BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END
    """,
    """
    CREATE TRIGGER access_log_no_replace BEFORE INSERT ON access_log
    WHEN EXISTS (SELECT 1 FROM access_log WHERE owner = NEW.owner AND sequence = NEW.sequence)
    BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END
    """,
)


def upgrade() -> None:
    """Create the tables and what guards them."""
    create_kernel_tables(op)
    _create_grants()
    _create_access_log()
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in (GRANT_POLICIES, APPEND_ONLY_ON_POSTGRESQL) if on_postgresql else APPEND_ONLY_ON_SQLITE:
        op.execute(statement)
    protect(op, "access_log")
    protect(op, "access_log_heads")


def _create_grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("giver", sa.String(40), nullable=False),
        sa.Column("receiver", sa.String(40), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("granted_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
        sa.UniqueConstraint("giver", "receiver"),
        sa.CheckConstraint("giver <> receiver", name="grants_to_another"),
    )
    op.create_index("grants_by_receiver", "grants", ["receiver"])


def _create_access_log() -> None:
    op.create_table(
        "access_log",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.String(40), nullable=False),
        sa.Column("basis", sa.String(20), nullable=False),
        sa.Column("purpose", sa.String(100), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("consent_version", sa.Integer),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "access_log_heads",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
