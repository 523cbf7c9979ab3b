"""The tables of consents."""

import sqlalchemy as sa

from helsami_consents.grants.models import grants_table
from helsami_kernel.database import UtcDateTime

metadata = sa.MetaData()

GRANTS = grants_table(metadata)
ACCESS_LOG = sa.Table(
    "access_log",
    metadata,
    sa.Column("owner", sa.String(40), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.String(40), nullable=False),
    sa.Column("basis", sa.String(20), nullable=False),
    sa.Column("purpose", sa.String(100), nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("consent_version", sa.Integer),
    sa.Column("hash", sa.String(64), nullable=False),
)
HEADS = sa.Table(
    "access_log_heads",
    metadata,
    sa.Column("owner", sa.String(40), primary_key=True),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
