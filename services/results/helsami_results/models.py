"""The tables of results, and of which report consists of what."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime
from helsami_kernel.items import access_limit_column, items_table

METADATA = sa.MetaData()
RESULTS = items_table(
    "results",
    METADATA,
    sa.Column("is_report", sa.Boolean, nullable=False),
    sa.Column("stage", sa.String(10), nullable=False),
    sa.Column("category", sa.String(60), nullable=False),
    sa.Column("answered_at", UtcDateTime),
    sa.Column("own_values", sa.Text, nullable=False),
    sa.Column("asked", sa.Text, nullable=False),
    # What follows is the service's own verdict, not its source's word: it is no part of the digest.
    sa.Column("release", sa.Integer, nullable=False, default=2),
    sa.Column("provisional", sa.Boolean, nullable=False, default=False),
    sa.Column("due_at", UtcDateTime),
    sa.Column("is_news", sa.Boolean, nullable=False, default=False),
    sa.Column("released_at", UtcDateTime),
    sa.Column("told_at", UtcDateTime),
    # From whom it is hidden with all that is shown in it: a report is limited as each of its parts is.
    access_limit_column("shown_limit"),
)
MEMBERS = sa.Table(
    "report_members",
    METADATA,
    sa.Column("owner", sa.String(40), nullable=False),
    sa.Column("report", sa.String(36), primary_key=True),
    sa.Column("member", sa.String(36), primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    # Of what a report consisted once: what a citizen hides stays hidden in whatever shape its source shows it later.
    sa.Column("former", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Index("report_members_by_member", "owner", "member"),
)
