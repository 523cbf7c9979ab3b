"""The tables of what citizens say of themselves: each row has an owner, and is seen by its transactions alone."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime


def profiles_table(metadata: sa.MetaData) -> sa.Table:
    """One row for each citizen who has told anything."""
    return sa.Table(
        "profiles",
        metadata,
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("phone", sa.String(20)),
        sa.Column("address", sa.Text),
        sa.Column("language", sa.String(2)),
        sa.Column("interpreter", sa.String(20)),
        sa.Column("about", sa.Text),
        sa.Column("shortcuts", sa.Text, nullable=False),
        sa.Column("contacts_checked_at", UtcDateTime),
    )


def contacts_table(metadata: sa.MetaData) -> sa.Table:
    """Who is next to a citizen."""
    return sa.Table(
        "contacts",
        metadata,
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("relation", sa.String(20), nullable=False),
        sa.Column("phone", sa.String(20)),
        sa.Column("email", sa.Text),
        sa.Column("first", sa.Boolean, nullable=False),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.Index("contacts_by_owner", "owner", "added_at", "id"),
    )


def photos_table(metadata: sa.MetaData) -> sa.Table:
    """A citizen's photo."""
    return sa.Table(
        "photos",
        metadata,
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("media", sa.String(20), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("stored_at", UtcDateTime, nullable=False),
    )
