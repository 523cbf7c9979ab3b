"""The table of stays."""

import sqlalchemy as sa

from helsami_kernel.items import items_table

metadata = sa.MetaData()

STAYS = items_table(
    "stays",
    metadata,
    # What its citizen was told of it last: our own doing, not its source's word, and so no part of the digest.
    sa.Column("told", sa.String(60), nullable=False, server_default=""),
)
