"""The tables of those who act for adults that cannot consent."""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime

STANDING = "state IN ('applied', 'granted')"


def applications_table(metadata: sa.MetaData) -> sa.Table:
    """Applications: seen by applicant and subject; at most one of an applicant for a subject stands."""
    return sa.Table(
        "capacity_applications",
        metadata,
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("applicant", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("relation", sa.String(10), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("applied_at", UtcDateTime, nullable=False),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("review_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("reason", sa.String(60), nullable=False),
        sa.Index(
            "capacity_stands_once",
            "applicant",
            "subject",
            unique=True,
            postgresql_where=sa.text(STANDING),
            sqlite_where=sa.text(STANDING),
        ),
        sa.Index("capacity_by_subject", "subject"),
    )


def documents_table(metadata: sa.MetaData) -> sa.Table:
    """What was enclosed: the applicant's, and removed some time after the decision."""
    return sa.Table(
        "capacity_documents",
        metadata,
        sa.Column("application", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("content_type", sa.String(20), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


def received_table(metadata: sa.MetaData) -> sa.Table:
    """What an organisation's staff have to decide: ids and times alone, since they ask about nobody in particular."""
    return sa.Table(
        "capacity_received",
        metadata,
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("applicant", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(60), nullable=False),
        sa.Column("applied_at", UtcDateTime, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Index("capacity_open", "organisation", "open", "applied_at", "id"),
    )
