"""Grants that are offered and accepted, and that come to an end."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0003"
down_revision = "0002"

# Both sides see a grant and say what they think of it; its giver alone makes one. None deletes: no policy.
SEEN_BY_ITS_SIDES = """
    ALTER TABLE grants ENABLE ROW LEVEL SECURITY;
    ALTER TABLE grants FORCE ROW LEVEL SECURITY;
    CREATE POLICY seen ON grants FOR SELECT USING (current_setting('app.owner', true) IN (giver, receiver));
    CREATE POLICY given ON grants FOR INSERT WITH CHECK (giver = current_setting('app.owner', true));
    CREATE POLICY changed ON grants FOR UPDATE USING (current_setting('app.owner', true) IN (giver, receiver))
        WITH CHECK (current_setting('app.owner', true) IN (giver, receiver))
"""
# A policy can't tell columns apart: what is granted, and by whom to whom, is for its giver alone to say.
TERMS_ARE_THE_GIVERS = """
    CREATE FUNCTION refuse_terms() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a grant is its giver''s to change' USING ERRCODE = 'insufficient_privilege';
    END $$;
    CREATE TRIGGER terms_are_the_givers BEFORE UPDATE ON grants FOR EACH ROW
        WHEN (current_setting('app.owner', true) IS DISTINCT FROM OLD.giver AND
              (OLD.id, OLD.giver, OLD.receiver, OLD.scopes, OLD.confirmed_at, OLD.expires_at) IS DISTINCT FROM
              (NEW.id, NEW.giver, NEW.receiver, NEW.scopes, NEW.confirmed_at, NEW.expires_at))
        EXECUTE FUNCTION refuse_terms()
"""


def upgrade() -> None:
    """Make the table anew, with what was granted as it was: at once, and accepted."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    if on_postgresql:
        op.execute("ALTER TABLE grants NO FORCE ROW LEVEL SECURITY")
    op.drop_index("grants_by_receiver", "grants")
    op.rename_table("grants", "grants_before")
    _create()
    op.execute("""
        INSERT INTO grants
              (id, giver, receiver, scopes, version, granted_at, confirmed_at, accepted_at, ended_at, ended_as)
        SELECT id, giver, receiver, scopes, version, granted_at, granted_at, granted_at, revoked_at,
               CASE WHEN revoked_at IS NULL THEN NULL ELSE 'revoked' END
        FROM grants_before
    """)
    op.drop_table("grants_before")
    op.create_index("grants_by_receiver", "grants", ["receiver"])
    for statement in (SEEN_BY_ITS_SIDES, TERMS_ARE_THE_GIVERS) if on_postgresql else ():
        op.execute(statement)


def _create() -> None:
    op.create_table(
        "grants",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("giver", sa.String(40), nullable=False),
        sa.Column("receiver", sa.String(40), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("granted_at", UtcDateTime, nullable=False),
        sa.Column("confirmed_at", UtcDateTime, nullable=False),
        sa.Column("accepted_at", UtcDateTime),
        sa.Column("expires_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("ended_as", sa.String(10)),
        sa.UniqueConstraint("giver", "receiver"),
        sa.CheckConstraint("giver <> receiver", name="grants_to_another"),
    )
