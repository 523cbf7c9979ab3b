"""A table for each section of a record; the notes of visits are among the documents."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime
from helsami_kernel.items import items_table

METADATA = sa.MetaData()
VISITS = items_table("visits", METADATA, sa.Column("told_at", UtcDateTime))
DOCUMENTS = items_table(
    "documents", METADATA, sa.Column("visit", sa.String(36)), sa.Index("documents_of_visits", "owner", "visit")
)
CONDITIONS = items_table("conditions", METADATA)
ALLERGIES = items_table("allergies", METADATA)
VACCINES = items_table("vaccines", METADATA)
