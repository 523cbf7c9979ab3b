"""The table of notices."""

import sqlalchemy as sa

from helsami_kernel.items import items_table

metadata = sa.MetaData()

NOTICES = items_table("notices", metadata)
