"""The table of notices."""

import sqlalchemy as sa

from helsami_kernel.items import items_table

metadata = sa.MetaData()

NOTICES = items_table("notices", metadata)
SILENCES = sa.Table(
    "silences",
    metadata,
    sa.Column("owner", sa.String(40), primary_key=True),
    # Of what said so: events come in any order, and the later word holds.
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("silent", sa.Boolean, nullable=False),
)
