"""
The tables of video: what is kept of an appointment's, which is its citizen's, and rooms that are nobody's.

No name of a room and no link is in them in clear: names are made anew from a secret (`rooms.py`), links are sealed.
"""

import sqlalchemy as sa

from helsami_kernel.database import UtcDateTime

metadata = sa.MetaData()

VIDEOS = sa.Table(
    "videos",
    metadata,
    sa.Column("appointment", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(40), nullable=False, index=True),
    sa.Column("otherwise", sa.String(60), nullable=False),  # the setting that it has in person
    sa.Column("decided", sa.Boolean, nullable=False),  # by video, or no longer, because somebody said so here
    sa.Column("room", sa.String(36)),  # the one of ROOMS that it shares with others
    sa.Column("link", sa.Text, nullable=False),  # what its record system has sent, sealed; empty for none
    sa.Column("starts_at", UtcDateTime),  # the time that room and link are for
)
# An organisation's own rooms: ids and times alone, so that they need not be protected as what is about citizens.
ROOMS = sa.Table(
    "video_rooms",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("organisation", sa.String(60), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),  # group or staff
    sa.Column("starts_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("asked", sa.String(64), nullable=False),  # a digest of the command that made it
)
