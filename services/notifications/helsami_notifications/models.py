"""The table of notices."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime
from helsami_kernel.items import access_limit_column, items_table

metadata = sa.MetaData()

NOTICES = items_table(
    "notices",
    metadata,
    sa.Column("of", sa.String(60), nullable=False, server_default=""),  # where that is hidden, so is the notice
    sa.Index("notices_of_items", "owner", "of"),
)
# From whom single items are hidden, as their owners have said last: what is told of them later is hidden likewise.
LIMITS = sa.Table(
    "item_limits",
    metadata,
    sa.Column("owner", sa.String(40), primary_key=True),
    sa.Column("item", sa.String(60), primary_key=True),
    # When it was said: events come in any order, and the later word holds.
    sa.Column("at", UtcDateTime, nullable=False),
    access_limit_column(),
)
# With what else single items are hidden, as their owners have said so far: what was linked once stays so.
LINKS = sa.Table(
    "item_links",
    metadata,
    sa.Column("owner", sa.String(40), primary_key=True),
    sa.Column("item", sa.String(60), primary_key=True),
    sa.Column("other", sa.String(60), primary_key=True),
)
# Whose single items are, and what that organisation's rules are asked about them, as was told last; sealed.
ORIGINS = sa.Table(
    "item_origins",
    metadata,
    sa.Column("owner", sa.String(40), primary_key=True),
    sa.Column("item", sa.String(60), primary_key=True),
    # When it was said: events come in any order, and the later word holds.
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
)
SILENCES = sa.Table(
    "silences",
    metadata,
    sa.Column("owner", sa.String(40), primary_key=True),
    # Of what said so: events come in any order, and the later word holds.
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("silent", sa.Boolean, nullable=False),
)
