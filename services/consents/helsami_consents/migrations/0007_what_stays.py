"""What neither side of a representation can change, whatever a statement forgets."""

from alembic import op

revision = "0007"
down_revision = "0006"

# A receiver who could take the end off a grant would hold what was revoked.
ENDED_STAYS_ENDED = """
    DROP TRIGGER terms_are_the_givers ON grants;
    CREATE TRIGGER terms_are_the_givers BEFORE UPDATE ON grants FOR EACH ROW
        WHEN (current_setting('app.owner', true) IS DISTINCT FROM OLD.giver AND (OLD.ended_at IS NOT NULL OR
              (OLD.id, OLD.giver, OLD.receiver, OLD.scopes, OLD.confirmed_at, OLD.expires_at) IS DISTINCT FROM
              (NEW.id, NEW.giver, NEW.receiver, NEW.scopes, NEW.confirmed_at, NEW.expires_at)))
        EXECUTE FUNCTION refuse_terms()
"""
# What the register or staff have agreed to is about these two, and about nobody else.
SIDES_STAY = """
    CREATE FUNCTION refuse_others() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'who represents whom is not changed' USING ERRCODE = 'insufficient_privilege';
    END $$;
    CREATE TRIGGER sides_stay BEFORE UPDATE ON parenthoods FOR EACH ROW
        WHEN ((OLD.id, OLD.child, OLD.parent) IS DISTINCT FROM (NEW.id, NEW.child, NEW.parent))
        EXECUTE FUNCTION refuse_others();
    CREATE TRIGGER sides_stay BEFORE UPDATE ON capacity_applications FOR EACH ROW
        WHEN ((OLD.id, OLD.applicant, OLD.subject, OLD.organisation, OLD.scopes) IS DISTINCT FROM
              (NEW.id, NEW.applicant, NEW.subject, NEW.organisation, NEW.scopes))
        EXECUTE FUNCTION refuse_others()
"""


def upgrade() -> None:
    """Guard what stays, on PostgreSQL."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(ENDED_STAYS_ENDED)
        op.execute(SIDES_STAY)
