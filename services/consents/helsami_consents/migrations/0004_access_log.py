"""
An access log of everybody who has looked: what is kept of staff and systems, seals, and anchors over all heads.

From here on the service's role may add to the log and read it, and no more, also where it owns the table. Where another
role migrates than serves, that one grants SELECT and INSERT on the log and the anchors to the one that serves.
"""

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import OBLIGATIONS

revision = "0004"
down_revision = "0003"

GROWS_ONLY = ("access_log", "access_log_anchors")
# Who appends for several subjects at once names them all; who anchors and verifies says so, and then reads only.
POLICIES = """
    CREATE POLICY several ON access_log FOR INSERT
        WITH CHECK (owner = ANY (string_to_array(current_setting('app.owners', true), ' ')));
    CREATE POLICY several_read ON access_log FOR SELECT
        USING (owner = ANY (string_to_array(current_setting('app.owners', true), ' ')));
    CREATE POLICY several ON access_log_heads
        USING (owner = ANY (string_to_array(current_setting('app.owners', true), ' ')));
    CREATE POLICY audited ON access_log FOR SELECT USING (current_setting('app.auditing', true) = 'on');
    CREATE POLICY audited ON access_log_heads FOR SELECT USING (current_setting('app.auditing', true) = 'on');
    CREATE POLICY anchored ON access_log_heads FOR UPDATE USING (current_setting('app.auditing', true) = 'on')
"""
APPEND_ONLY_ON_POSTGRESQL = """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log_anchors
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    ALTER TABLE access_log_anchors ENABLE ALWAYS TRIGGER append_only
"""
APPEND_ONLY_ON_SQLITE = (
    """
    CREATE TRIGGER access_log_anchors_no_update BEFORE UPDATE ON access_log_anchors
    BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END
    """,
    """
    CREATE TRIGGER access_log_anchors_no_delete BEFORE DELETE ON access_log_anchors
    BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END
    """,
    """
    CREATE TRIGGER access_log_anchors_no_replace BEFORE INSERT ON access_log_anchors
    WHEN EXISTS (SELECT 1 FROM access_log_anchors WHERE number = NEW.number)
    BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END
    """,
)


def upgrade() -> None:
    """Widen the log, add the anchors, and take from the role what it never needs."""
    _widen()
    op.create_table(
        "access_log_anchors",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POLICIES)
        op.execute(APPEND_ONLY_ON_POSTGRESQL)
        for table in GROWS_ONLY:
            op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON {table} FROM PUBLIC, CURRENT_USER")
    else:
        for statement in APPEND_ONLY_ON_SQLITE:
            op.execute(statement)
    _promise_the_first_anchor()


def _widen() -> None:
    for column in (
        sa.Column("organisation", sa.String(60)),
        sa.Column("unit", sa.String(60)),
        sa.Column("name", sa.String(80)),
        sa.Column("profession", sa.String(20)),
        sa.Column("kinds", sa.String(200)),
        sa.Column("source", sa.String(64)),
        sa.Column("seal", sa.String(64)),
    ):
        op.add_column("access_log", column)
    op.create_index("access_log_by_time", "access_log", ["owner", "at", "sequence"])
    told = sa.text("source IS NOT NULL")
    op.create_index(
        "access_log_source", "access_log", ["source"], unique=True, postgresql_where=told, sqlite_where=told
    )
    op.add_column("access_log_heads", sa.Column("anchored", sa.Integer, nullable=False, server_default="0"))
    fresh = sa.text("sequence > anchored")
    op.create_index(
        "access_log_heads_unanchored", "access_log_heads", ["owner"], postgresql_where=fresh, sqlite_where=fresh
    )


def _promise_the_first_anchor() -> None:
    """The first one vouches for what is older than seals: the service makes it as soon as it runs."""
    promise = {
        "id": str(uuid.uuid4()),
        "kind": "anchor_access_log",
        "key": "first",
        "payload": "{}",
        "due_at": datetime.now(UTC),
        "attempts": 0,
    }
    op.bulk_insert(OBLIGATIONS, [promise])
