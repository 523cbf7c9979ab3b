"""The ids by which those who may be written to are known: nobody computes them who has not the secret of messages."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from typing import Final

from helsami_messages.recipients.domain import Relation

SECRET: Final = "messages"  # noqa: S105  the name of a key, as the key folder has it
BYTES: Final = 16


class Pseudonyms:
    """
    Makes opaque ids, the same each time, of what they are ids of (HMAC-SHA-256).

    Organisations, units and the numbers of health personnel are public, or few: what is made of them alone could be
    found by trying all, and would tell where somebody at a protected address is treated (K24).
    """

    def __init__(self, secret: bytes) -> None:
        """`secret` is of 32 bytes, and known to messages alone."""
        self._secret = secret

    def recipient(self, citizen: str, relation: Relation) -> str:
        """The id by which a citizen writes to somebody: the same as long as there is any such relation."""
        return self._of("recipient", citizen, *relation.to)

    def employee(self, organisation: str, key: str) -> str:
        """The id of an employee by what the organisation's record system calls them; empty for nobody."""
        return self._of("employee", organisation, key) if key else ""

    def _of(self, *parts: str) -> str:
        made = hmac.digest(self._secret, "\x00".join(parts).encode(), hashlib.sha256)
        return str(uuid.UUID(bytes=made[:BYTES]))
