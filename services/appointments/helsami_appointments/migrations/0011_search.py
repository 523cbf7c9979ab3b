"""What free times are found by, beside when: of their schedules, where an index can see it."""

import sqlalchemy as sa
from alembic import op

from helsami_kernel.items import item_id

revision = "0011"
down_revision = "0010"

FREE = "status = 'free' AND taken_by IS NULL AND "
INDEXES = {
    "slots_free_by_organisation": ["organisation", "starts_at"],
    "slots_free_by_type": ["search_type", "starts_at"],
    "slots_free_by_unit": ["search_unit", "starts_at"],
    "slots_free_by_clinician": ["search_clinician", "starts_at"],
    "slots_free_by_organisation_and_type": ["organisation", "search_type", "starts_at"],
    "slots_free_by_organisation_and_unit": ["organisation", "search_unit", "starts_at"],
    "slots_free_by_unit_and_type": ["search_unit", "search_type", "starts_at"],
    "slots_free_by_all": ["organisation", "search_unit", "search_type", "starts_at"],
}


def upgrade() -> None:
    """Add the columns, fill them, and index what is free by them."""
    op.add_column("slots", sa.Column("search_open", sa.Boolean, nullable=False, server_default=sa.false()))
    for name, length in (("search_unit", 60), ("search_type", 60), ("search_clinician", 36)):
        op.add_column("slots", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    _fill()
    op.drop_index("slots_free", "slots")
    free, free_on_sqlite = sa.text(f"{FREE}search_open"), sa.text(f"{FREE}search_open = 1")
    # Only a search that says of the id what is true of each is served by this one: see slots/search.py.
    any_of_them = [sa.text(f"{condition} AND id <> ''") for condition in (free.text, free_on_sqlite.text)]
    columns = ["starts_at", "id"]
    op.create_index("slots_free", "slots", columns, postgresql_where=any_of_them[0], sqlite_where=any_of_them[1])
    for name, columns in INDEXES.items():
        op.create_index(name, "slots", columns, postgresql_where=free, sqlite_where=free_on_sqlite)
    # What an organisation has published, for its staff.
    there = sa.text("withdrawn_at IS NULL")
    columns = ["organisation", "starts_at", "id"]
    op.create_index("slots_by_organisation", "slots", columns, postgresql_where=there, sqlite_where=there)


def _fill() -> None:
    said = ("id", "organisation", "unit", "visit_type", "clinician", "active")
    schedules = sa.table("schedules", *map(sa.column, said))
    slots = sa.table(
        "slots",
        *map(sa.column, ("schedule", "visit_type", "search_open", "search_unit", "search_type", "search_clinician")),
    )
    for row in op.get_bind().execute(sa.select(schedules)).all():
        clinician = item_id("", row.organisation, f"Clinician|{row.clinician}") if row.clinician else ""
        own = sa.func.coalesce(sa.func.nullif(slots.c.visit_type, ""), row.visit_type)
        found = {"search_open": row.active, "search_unit": row.unit, "search_type": own, "search_clinician": clinician}
        op.execute(sa.update(slots).where(slots.c.schedule == row.id).values(found))
