"""
The directory's tables.

Of who people are none has an owner: a citizen is looked up by hash before anybody knows who they are. What citizens say
of themselves has one.
"""

import sqlalchemy as sa

from helsami_directory.profile.models import contacts_table, photos_table, profiles_table
from helsami_kernel.database import UtcDateTime

metadata = sa.MetaData()

PROFILES = profiles_table(metadata)
CONTACTS = contacts_table(metadata)
PHOTOS = photos_table(metadata)

CITIZENS = sa.Table(
    "citizens",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("lookup", sa.String(64), nullable=False, unique=True),
    sa.Column("sealed_by", sa.String(8), nullable=False),
    sa.Column("nonce", sa.LargeBinary, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("birth_date", sa.Date),
    sa.Column("language", sa.String(2)),
    sa.Column("protected", sa.Boolean, nullable=False),
    sa.Column("deceased", sa.Boolean, nullable=False),
    sa.Column("death_date", sa.Date),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    # Counts what was announced of this citizen, so that a consumer knows the later of two events.
    sa.Column("sequence", sa.Integer),
    sa.Column("first_login_at", UtcDateTime),
    sa.Column("deactivated_at", UtcDateTime),
    sa.Column("reactivated_at", UtcDateTime),
    # When the register's feed named them last: what the register said before that moment decides nothing.
    sa.Column("outdated_at", UtcDateTime),
)
TRANSFERS = sa.Table(
    "transfers",
    metadata,
    sa.Column("citizen", sa.String(32), sa.ForeignKey("citizens.id"), primary_key=True),
    sa.Column("organisation", sa.String(60), primary_key=True),
    sa.Column("record", sa.String(64), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("protected", sa.Boolean, nullable=False),
    sa.Column("deceased", sa.Boolean, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
)
REGISTERED = sa.Table(
    "registered",
    metadata,
    sa.Column("citizen", sa.String(32), sa.ForeignKey("citizens.id"), primary_key=True),
    sa.Column("known", sa.Boolean, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("birth_date", sa.Date),
    sa.Column("protection", sa.String(30), nullable=False),
    sa.Column("deceased", sa.Boolean, nullable=False),
    sa.Column("death_date", sa.Date),
    # A keyed hash: it says whether two are registered at the same place, and nothing of where that is.
    sa.Column("address_token", sa.String(64)),
    sa.Column("address_sealed_by", sa.String(8)),
    sa.Column("address_nonce", sa.LargeBinary),
    sa.Column("address_sealed", sa.LargeBinary),
    # Null when the register is to be asked again before anything is decided by this.
    sa.Column("asked_at", UtcDateTime),
)
RESPONSIBILITIES = sa.Table(
    "responsibilities",
    metadata,
    sa.Column("child", sa.String(32), sa.ForeignKey("citizens.id"), primary_key=True),
    sa.Column("holder", sa.String(32), sa.ForeignKey("citizens.id"), primary_key=True),
    sa.Index("responsibilities_by_holder", "holder"),
)
GUARDIANSHIPS = sa.Table(
    "guardianships",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("ward", sa.String(32), sa.ForeignKey("citizens.id"), nullable=False),
    sa.Column("guardian", sa.String(32), sa.ForeignKey("citizens.id"), nullable=False),
    sa.Column("mandates", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime),
    sa.UniqueConstraint("ward", "guardian"),
    sa.Index("guardianships_by_guardian", "guardian"),
)
FEED = sa.Table(
    "register_feed",
    metadata,
    # One row, and none before the feed was ever asked: up to where what it says has been heeded, and which register.
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("register", sa.Text, nullable=False, server_default=""),
    sa.Column("place", sa.BigInteger, nullable=False),
    sa.Column("followed_at", UtcDateTime, nullable=False),
)
PRACTITIONERS = sa.Table(
    "practitioners",
    metadata,
    sa.Column("organisation", sa.String(60), primary_key=True),
    sa.Column("key", sa.String(300), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
)
PLACES = sa.Table(
    "places",
    metadata,
    sa.Column("organisation", sa.String(60), primary_key=True),
    sa.Column("key", sa.String(300), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("phone", sa.Text, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
)
CHANGES = sa.Table(
    "changes",
    metadata,
    # Counted by whoever writes, so that versions are committed in their order and none is left out.
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("organisation", sa.String(60), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Index("changes_by_organisation", "organisation", "version"),
)
