"""Finding what waits, however much has been answered since HelsaMi began."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

PLACE = ["organisation", "inbox", "employee", "arrived_at", "message"]


def upgrade() -> None:
    """Index what is unanswered by where it lies, and what is unopened by when it is due."""
    op.drop_index("lying_by_place", "lying")
    _create_partial("lying_unanswered", PLACE, "answered_at IS NULL")
    _create_partial("lying_unopened", ["due_at"], "opened_at IS NULL")


def _create_partial(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "lying", columns, postgresql_where=condition, sqlite_where=condition)
