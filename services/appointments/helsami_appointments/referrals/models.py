"""The tables of referrals, and of which of a record system's appointments is based on which."""

import sqlalchemy as sa

from helsami_kernel.items import items_table

metadata = sa.MetaData()

REFERRALS = items_table(
    "referrals",
    metadata,
    # The status its citizen was told of last: our own doing, and so no part of the digest.
    sa.Column("told", sa.String(60), nullable=False, server_default=""),
)
BASES = sa.Table(
    "referral_appointments",
    metadata,
    sa.Column("owner", sa.String(40), primary_key=True),
    sa.Column("organisation", sa.String(60), primary_key=True),
    sa.Column("record_key", sa.String(300), primary_key=True),  # as `appointments` has it
    sa.Column("referral", sa.String(36), nullable=False),
    sa.Index("referral_appointments_by_referral", "owner", "referral"),
)
