"""What services with items say of one of them to its own citizen, so that it can be hidden from others (R68, R69)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from marshmallow import Schema, fields, validate
from sqlalchemy.engine import Row

from helsami_kernel.access import LONGEST_ID, AccessToken
from helsami_kernel.clock import written
from helsami_kernel.errors import Forbidden, NotFound, load
from helsami_kernel.rpc import rpc
from helsami_kernel.sections import Section
from helsami_kernel.store import OpenStore
from helsami_sdk.organisations import Organisations

NOT_FOUND: Final = "item-not-found"


class OneItem(Schema):
    """One item of a kind; whatever is named and is not there, is not found."""

    kind = fields.String(required=True, validate=validate.Length(1, 30))
    item = fields.String(required=True)


class ItemFound(Schema):
    """An item: of which organisation, from when, what its source calls it, and by what other id others know it."""

    item = fields.String()
    kind = fields.String()
    organisation = fields.String()
    at = fields.String()
    key = fields.String()
    also = fields.String(allow_none=True)


class Shieldable:
    """Part of a service that has items which their citizen may hide."""

    store: OpenStore[Any, Any]
    rules: Organisations
    shieldable: ClassVar[Mapping[str, Section]]
    """By kind: what may be hidden, as it is read."""

    @rpc(scope="consents:act", answers=ItemFound)
    def item(self, question: object, access: AccessToken) -> dict[str, Any]:
        """
        One item of a citizen's own that they are shown, for whoever is about to hide it.

        Raises NotFound("item-not-found"), the same for what is missing, somebody else's or not shown to the citizen
        themselves, and Forbidden on another's behalf.
        """
        wanted = load(OneItem, question)
        if access.basis != "self":
            raise Forbidden("not-permitted")
        section, item = self.shieldable.get(wanted["kind"]), wanted["item"]
        plausible = len(item) <= LONGEST_ID and item.isascii() and item.isprintable()
        reads = self.store.reading(access.subject)
        row = section.one(reads, self.rules, access, item) if section is not None and plausible else None
        if row is None:
            raise NotFound(NOT_FOUND)
        found = {"item": row.id, "kind": wanted["kind"], "organisation": row.organisation, "key": row.key}
        return {**found, "at": written(row.occurred_at), "also": self.also_known_as(reads, wanted["kind"], row)}

    def also_known_as(self, reads: Any, kind: str, row: Row[Any]) -> str | None:  # noqa: ARG002  most are known by one
        """Another id by which other services know an item, for what they have that is about it."""
        return None
