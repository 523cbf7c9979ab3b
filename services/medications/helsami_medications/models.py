"""The table of medicines."""

import sqlalchemy as sa

from helsami_kernel.items import items_table

METADATA = sa.MetaData()
MEDICATIONS = items_table("medications", METADATA)
