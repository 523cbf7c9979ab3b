"""What rules are asked about an item, sealed: news carry it, and tell nobody else where somebody is a patient (K24)."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from helsami_kernel.items import Item

SECRET: Final = "origins"  # noqa: S105  the name of a key, as the key folder has it
FIELD: Final = "origin"
NONCE_BYTES: Final = 12
STEP: Final = 256
"""What is sealed is filled up to so many bytes: how long it is does not tell one organisation from another."""


@dataclass(frozen=True, slots=True)
class Origin:
    """
    Whose an item is, and what that organisation's rules are asked about it; `id` is the item's.

    It has what `Showing` reads of an item's row. From whom it is hidden is not sealed with it: that is told by itself.
    """

    id: str
    organisation: str
    category: str
    occurred_at: datetime
    kind: str
    setting: str = ""
    visit_type: str = ""
    author_role: str = ""
    within: str = ""
    access_limit: str = ""
    of: str = ""

    @classmethod
    def of_item(cls, item: Item | Row[Any], category: str) -> Origin:
        """The origin of an item of a go-live category, or of one of which a row was read."""
        return cls(
            id=item.id,
            organisation=item.organisation,
            category=category,
            occurred_at=item.occurred_at,
            kind=item.kind,
            setting=item.setting,
            visit_type=item.visit_type,
            author_role=item.author_role,
            within=item.within,
            access_limit=item.access_limit,
        )


class Origins:
    """Seals origins for the news of items, and opens them where it is read on somebody's behalf."""

    def __init__(self, secret: bytes) -> None:
        """`secret` is of 32 bytes, and known to those alone who have items or tell of them."""
        self._cipher = AESGCM(secret)

    def seal(self, owner: str, origin: Origin) -> str:
        """Encrypt the origin of a citizen's item (AES-256-GCM); each time it looks otherwise, and is as long."""
        said = (origin.category, origin.occurred_at.isoformat(), origin.kind)
        asked = (origin.setting, origin.visit_type, origin.author_role)
        text = orjson.dumps([origin.organisation, *said, *asked, origin.within])
        nonce = secrets.token_bytes(NONCE_BYTES)
        filled = text.ljust(-(-len(text) // STEP) * STEP)
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, filled, _of(owner, origin.id))).decode()

    def open(self, owner: str, item: str, sealed: str) -> Origin | None:
        """The origin of a citizen's item; None where it was not sealed for it, or with another key."""
        try:
            found = base64.urlsafe_b64decode(sealed)
            text = self._cipher.decrypt(found[:NONCE_BYTES], found[NONCE_BYTES:], _of(owner, item))
        except (InvalidTag, ValueError):
            return None
        organisation, category, occurred_at, kind, *more = orjson.loads(text)
        return Origin(item, organisation, category, datetime.fromisoformat(occurred_at), kind, *more)


def _of(owner: str, item: str) -> bytes:
    return f"{owner}|{item}".encode()
