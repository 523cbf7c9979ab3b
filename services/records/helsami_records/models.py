"""A table for each section of a record; notes of visits and letters are among the documents."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime
from helsami_kernel.items import items_table

METADATA = sa.MetaData()
VISITS = items_table("visits", METADATA, sa.Column("told_at", UtcDateTime))
DOCUMENTS = items_table(
    "documents",
    METADATA,
    sa.Column("visit", sa.String(36)),
    sa.Column("is_letter", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("appointment", sa.String(36)),  # of a letter: the id under which others know what it is about
    sa.Column("enclosed", sa.String(64), nullable=False, default="", server_default=""),  # a digest of what it is
    sa.Column("told_at", UtcDateTime),
    sa.Index("documents_of_visits", "owner", "visit"),
    sa.Index("documents_of_appointments", "owner", "appointment"),
)
ENCLOSURES = sa.Table(
    "enclosures",
    METADATA,
    sa.Column("owner", sa.String(40), primary_key=True),
    sa.Column("letter", sa.String(36), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("content_type", sa.String(60), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
CONDITIONS = items_table("conditions", METADATA)
ALLERGIES = items_table("allergies", METADATA)
VACCINES = items_table("vaccines", METADATA)
