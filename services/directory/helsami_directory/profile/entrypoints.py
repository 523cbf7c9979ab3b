"""What citizens read and change of themselves; nobody does on their behalf."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from typing import Any

from helsami_directory import schemas
from helsami_directory.oneself import oneself
from helsami_directory.profile import schemas as own
from helsami_directory.profile.photos import EXPECTED, picture
from helsami_directory.profile.storage import Reads, Writes
from helsami_directory.register.entrypoints import RegisterFacts
from helsami_kernel import rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.clock import written
from helsami_kernel.errors import FieldProblem, Malformed, NotFound, load
from helsami_kernel.store import OpenStore

Json = dict[str, Any]


class Profiles(RegisterFacts):
    """Part of the directory: profiles (R10-R15)."""

    store: OpenStore[Reads, Writes]

    @rpc(scope="profile:read", answers=own.Profile)
    def profile(self, question: object, access: AccessToken) -> Json:
        """What I have told of myself (R10, R11, R15)."""
        load(schemas.Nothing, question)
        return asdict(self.store.reading(oneself(access)).profile())

    @rpc(scope="profile:act", answers=own.Profile)
    def edit_profile(self, command: object, access: AccessToken) -> Json:
        """Tell something else of myself. Raises Conflict("changed-meanwhile") where another change came in between."""
        wish = load(own.Edit, command)
        with self.store.transaction(oneself(access)) as tx:
            if (done := tx.once(access.idempotency_key, ["edit_profile", wish])) is not None:
                return dict(done)
            version = wish["version"]
            edited = tx.edit(version, {name: value for name, value in wish.items() if name != "version"})
            return dict(tx.remember(own.Profile().dump(edited)))

    @rpc(scope="profile:read", answers=own.Contacts)
    def contacts(self, question: object, access: AccessToken) -> Json:
        """Who is next to me (R14)."""
        load(schemas.Nothing, question)
        reads = self.store.reading(oneself(access))
        checked_at = reads.profile().contacts_checked_at
        return {"contacts": reads.contacts(), "checked_at": None if checked_at is None else written(checked_at)}

    @rpc(scope="profile:act", answers=own.Contact)
    def add_contact(self, command: object, access: AccessToken) -> Json:
        """Name somebody who is next to me. Raises Refused("too-many-contacts")."""
        wish = load(own.AddContact, command)
        with self.store.transaction(oneself(access)) as tx:
            if (done := tx.once(access.idempotency_key, ["add_contact", wish])) is not None:
                return dict(done)
            return dict(tx.remember(asdict(tx.add_contact(wish))))

    @rpc(scope="profile:act", answers=own.Contact)
    def change_contact(self, command: object, access: AccessToken) -> Json:
        """Say something else of one who is next to me. Raises NotFound and Conflict."""
        wish = load(own.ChangeContact, command)
        with self.store.transaction(oneself(access)) as tx:
            if (done := tx.once(access.idempotency_key, ["change_contact", wish])) is not None:
                return dict(done)
            contact, version = wish.pop("contact"), wish.pop("version")
            return dict(tx.remember(asdict(tx.change_contact(contact, version, wish))))

    @rpc(scope="profile:act", answers=own.Removed)
    def remove_contact(self, command: object, access: AccessToken) -> Json:
        """Name somebody no longer. Raises NotFound and Conflict."""
        wish = load(own.WhichContact, command)
        with self.store.transaction(oneself(access)) as tx:
            if (done := tx.once(access.idempotency_key, ["remove_contact", wish])) is not None:
                return dict(done)
            tx.remove_contact(wish["contact"], wish["version"])
            return dict(tx.remember({"id": wish["contact"]}))

    @rpc(scope="profile:act", answers=own.Contacts)
    def check_contacts(self, command: object, access: AccessToken) -> Json:
        """Say that who is next to me is right as it stands (R14)."""
        load(schemas.Nothing, command)
        with self.store.transaction(oneself(access)) as tx:
            tx.check_contacts()
        return self.contacts({}, access)

    @rpc(scope="profile:read", answers=own.Photo)
    def photo(self, question: object, access: AccessToken) -> Json:
        """My photo (R12). Raises NotFound("photo-not-found")."""
        load(schemas.Nothing, question)
        kept = self.store.reading(oneself(access)).photo()
        if kept is None:
            raise NotFound("photo-not-found")
        return {"version": kept.version, "media": kept.media, "photo": base64.b64encode(kept.body).decode()}

    @rpc(scope="profile:act", answers=own.PhotoKept)
    def set_photo(self, command: object, access: AccessToken) -> Json:
        """Keep my photo, with nothing in it but the picture. Raises Malformed("photo-form")."""
        wish = load(own.SetPhoto, command)
        try:
            media, body = picture(base64.b64decode(wish["photo"], validate=True))
        except binascii.Error:
            raise Malformed("photo-form", FieldProblem("photo", EXPECTED)) from None
        with self.store.transaction(oneself(access)) as tx:
            kept = tx.set_photo(media, body)
        return {"version": kept.version, "media": kept.media}

    @rpc(scope="profile:act", answers=own.PhotoKept)
    def remove_photo(self, command: object, access: AccessToken) -> Json:
        """Keep my photo no longer; where there is none, that is so already."""
        load(schemas.Nothing, command)
        with self.store.transaction(oneself(access)) as tx:
            tx.remove_photo()
        return {}

    @rpc(scope="profile:read", answers=own.InRegister)
    def in_register(self, question: object, access: AccessToken) -> Json:
        """What the population register says of me (R13). Raises Unavailable when it is away and has never said it."""
        load(schemas.Nothing, question)
        citizen = oneself(access)
        reads = self.store.reading(None)
        (found,) = self.renewed([citizen])
        sealed = None if found.facts.protected else reads.address(citizen)
        return {
            "known": reads.is_registered(citizen),
            "name": found.facts.name,
            "birth_date": found.facts.birth_date,
            "address": None if sealed is None else self.identity.open_address(sealed, citizen),
            "protection": found.protection,
        }
