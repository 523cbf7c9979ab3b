"""Whom an application is about ends what was granted; who has decided what stays so; nobody is told without bound."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.database import UtcDateTime

revision = "0009"
down_revision = "0008"

# The subject ends what was granted, and does nothing else to it; what is over is not taken up again by anybody.
SUBJECTS_END = """
    CREATE POLICY revoked ON capacity_applications FOR UPDATE
        USING (subject = current_setting('app.owner', true) AND state = 'granted')
        WITH CHECK (subject = current_setting('app.owner', true) AND state = 'revoked');
    CREATE FUNCTION refuse_again() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'what is over stays so' USING ERRCODE = 'insufficient_privilege';
    END $$;
    CREATE TRIGGER over_stays_over BEFORE UPDATE ON capacity_applications FOR EACH ROW
        WHEN (OLD.state NOT IN ('applied', 'granted') AND OLD.state IS DISTINCT FROM NEW.state)
        EXECUTE FUNCTION refuse_again()
"""
# Staff ask about nobody in particular: they look as their organisation, and change nothing here.
RECEIVED_BY_ONE = """
    ALTER TABLE capacity_received ENABLE ROW LEVEL SECURITY;
    ALTER TABLE capacity_received FORCE ROW LEVEL SECURITY;
    CREATE POLICY applicants ON capacity_received USING (applicant = current_setting('app.owner', true));
    CREATE POLICY offices ON capacity_received FOR SELECT
        USING ('organisation:' || organisation = current_setting('app.owner', true))
"""


def upgrade() -> None:
    """Add what is counted and noted, null until something happens, and the guards on PostgreSQL."""
    op.add_column("capacity_applications", sa.Column("ended_at", UtcDateTime))
    op.add_column("grants", sa.Column("changes", sa.Integer))
    op.add_column("grants", sa.Column("changes_from", UtcDateTime))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(SUBJECTS_END)
        op.execute(RECEIVED_BY_ONE)
