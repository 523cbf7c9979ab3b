"""The tables of what citizens hide."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime

STANDING = "state NOT IN ('refused', 'lifted', 'ended')"


def shields_table(metadata: sa.MetaData) -> sa.Table:
    """What is hidden, and what was: seen by its owner alone; an item is hidden once from the same."""
    return sa.Table(
        "shields",
        metadata,
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("item", sa.String(36), nullable=False),
        sa.Column("also", sa.String(36)),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("item_at", UtcDateTime, nullable=False),
        sa.Column("item_key", sa.String(300), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("hidden_from", sa.String(32), nullable=False),
        sa.Column("reader", sa.String(40)),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("until", UtcDateTime),
        sa.Column("reason", sa.String(60), nullable=False),
        sa.Column("held_by", sa.Text, nullable=False, server_default=""),
        sa.Index(
            "shields_stand_once",
            "owner",
            "item",
            "hidden_from",
            unique=True,
            postgresql_where=sa.text(STANDING),
            sqlite_where=sa.text(STANDING),
        ),
        sa.Index("shields_by_owner", "owner", "asked_at", "id"),
    )


def other_ids_table(metadata: sa.MetaData) -> sa.Table:
    """By what other ids appointments of an owner's are known elsewhere, be they hidden or not: they may be later."""
    return sa.Table(
        "other_ids",
        metadata,
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("item", sa.String(36), primary_key=True),
        sa.Column("known_as", sa.String(36), primary_key=True),
    )


def received_table(metadata: sa.MetaData) -> sa.Table:
    """What an organisation's staff have to decide: ids and times alone, since they ask about nobody in particular."""
    return sa.Table(
        "shields_received",
        metadata,
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Index("shields_open", "organisation", "open", "asked_at", "id"),
    )
