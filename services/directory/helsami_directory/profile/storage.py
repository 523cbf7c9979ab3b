"""How citizens' own words are kept: every statement names the owner, and a change the version that it changes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Row

from helsami_directory.models import CONTACTS, PHOTOS, PROFILES
from helsami_directory.profile.domain import MOST_CONTACTS, Contact, Photo, Profile
from helsami_directory.register import storage
from helsami_kernel.database import insert_new
from helsami_kernel.errors import Conflict, NotFound, Refused

OWNER: Final = sa.bindparam("owner", type_=sa.String)
OWN_PROFILE: Final = sa.select(PROFILES).where(PROFILES.c.owner == OWNER)
OWN_CONTACTS: Final = (
    sa.select(CONTACTS).where(CONTACTS.c.owner == OWNER).order_by(CONTACTS.c.added_at, CONTACTS.c.id)
)
OWN_PHOTO: Final = sa.select(PHOTOS).where(PHOTOS.c.owner == OWNER)


class Reads(storage.Reads):
    """What citizens read of themselves, beside what is asked about people."""

    def profile(self) -> Profile:
        """What the owner has told."""
        return next(map(_profile, self.fetch(OWN_PROFILE)), Profile())

    def contacts(self) -> list[Contact]:
        """Who is next to the owner, first named first."""
        return [_contact(row) for row in self.fetch(OWN_CONTACTS)]

    def photo(self) -> Photo | None:
        """The owner's photo."""
        return next((Photo(row.version, row.media, bytes(row.body)) for row in self.fetch(OWN_PHOTO)), None)


class Writes(storage.Writes):
    """One transaction of one citizen about themselves."""

    def edit(self, version: int, changes: Mapping[str, Any]) -> Profile:
        """Change what the owner has told; Conflict("changed-meanwhile") when that is not of this version."""
        self._begin()
        self._update(PROFILES, self._mine(PROFILES), version, changes)
        return self._profile()

    def check_contacts(self) -> Profile:
        """Note that the owner finds their next of kin right as they are."""
        self._begin()
        this = sa.update(PROFILES).where(self._mine(PROFILES))
        self.connection.execute(this.values(contacts_checked_at=self.now))
        return self._profile()

    def add_contact(self, contact: Mapping[str, Any]) -> Contact:
        """Add one who is next to the owner. Raises Refused("too-many-contacts")."""
        if len(self._contacts()) >= MOST_CONTACTS:
            raise Refused("too-many-contacts")
        self._be_first(contact)
        contact_id = uuid.uuid4().hex
        new = {"id": contact_id, "owner": self.owner, "version": 1, "added_at": self.now}
        values = {"phone": None, "email": None, **contact}
        self.connection.execute(sa.insert(CONTACTS).values(**new, **values))
        return self._contact(contact_id)

    def change_contact(self, contact_id: str, version: int, contact: Mapping[str, Any]) -> Contact:
        """Let one be another; NotFound("contact-not-found") where the owner has no such, Conflict as `edit`."""
        known = self._contact(contact_id)
        self._be_first(contact, but=known.id)
        values = {"phone": None, "email": None, **contact}
        self._update(CONTACTS, self._this(known.id), version, values)
        return self._contact(known.id)

    def remove_contact(self, contact_id: str, version: int) -> None:
        """Remove one. Raises NotFound and Conflict as `change_contact`."""
        known = self._contact(contact_id)
        gone = sa.delete(CONTACTS).where(self._this(known.id), CONTACTS.c.version == version)
        if not self.connection.execute(gone).rowcount:
            raise Conflict("changed-meanwhile")

    def set_photo(self, media: str, body: bytes) -> Photo:
        """Keep a photo, instead of another where there is one."""
        values = {"media": media, "body": body, "stored_at": self.now}
        first = {"owner": self.owner, "version": 1, **values}
        if not self.connection.execute(insert_new(self.connection, PHOTOS, first)).rowcount:
            again = sa.update(PHOTOS).where(self._mine(PHOTOS)).values(version=PHOTOS.c.version + 1, **values)
            self.connection.execute(again)
        row = self.connection.execute(sa.select(PHOTOS.c.version).where(self._mine(PHOTOS))).one()
        return Photo(row.version, media, body)

    def remove_photo(self) -> None:
        """Keep no photo any longer."""
        self.connection.execute(sa.delete(PHOTOS).where(self._mine(PHOTOS)))

    def _begin(self) -> None:
        first = {"owner": self.owner, **_columns(asdict(Profile()))}
        self.connection.execute(insert_new(self.connection, PROFILES, first))

    def _update(
        self, table: sa.Table, this: sa.ColumnElement[bool], version: int, changes: Mapping[str, Any]
    ) -> None:
        changed = sa.update(table).where(this, table.c.version == version)
        if not self.connection.execute(changed.values(version=version + 1, **_columns(changes))).rowcount:
            raise Conflict("changed-meanwhile")

    def _be_first(self, contact: Mapping[str, Any], but: str | None = None) -> None:
        """Let no other be the first where this one is to be."""
        if contact["first"]:
            others = sa.and_(self._mine(CONTACTS), CONTACTS.c.first, CONTACTS.c.id.is_distinct_from(but))
            last = sa.update(CONTACTS).where(others)
            self.connection.execute(last.values(first=False, version=CONTACTS.c.version + 1))

    def _profile(self) -> Profile:
        return _profile(self.connection.execute(sa.select(PROFILES).where(self._mine(PROFILES))).one())

    def _contacts(self) -> list[Row[Any]]:
        return list(self.connection.execute(sa.select(CONTACTS.c.id).where(self._mine(CONTACTS)).with_for_update()))

    def _contact(self, contact_id: str) -> Contact:
        row = self.connection.execute(sa.select(CONTACTS).where(self._this(contact_id))).one_or_none()
        if row is None:
            raise NotFound("contact-not-found")
        return _contact(row)

    def _this(self, contact_id: str) -> sa.ColumnElement[bool]:
        return sa.and_(self._mine(CONTACTS), CONTACTS.c.id == contact_id)

    def _mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        return table.c.owner == self.owner


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    listed = {"shortcuts": orjson.dumps(values["shortcuts"]).decode()} if "shortcuts" in values else {}
    return {**values, **listed}


def _profile(row: Row[Any]) -> Profile:
    known = {field.name: getattr(row, field.name) for field in fields(Profile)}
    return Profile(**known | {"shortcuts": tuple(orjson.loads(row.shortcuts))})


def _contact(row: Row[Any]) -> Contact:
    return Contact(**{field.name: getattr(row, field.name) for field in fields(Contact)})
