"""National ids at rest: encrypted, and found again by a keyed hash; without the key folder's secret they are noise."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12  # NIST SP 800-38D: the length for which GCM is made


class SealBroken(Exception):
    """A stored national id was altered, moved to another citizen, or sealed with a key that is not ours."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted national id or address, and which key sealed it."""

    key_id: str
    nonce: bytes
    text: bytes


class Identity:
    """Seals and opens national ids, and says under what they are found."""

    def __init__(self, secret: bytes) -> None:
        """Derive one key a use from the secret, so that none says anything about another (RFC 5869)."""
        self._lookup_key = _derived(secret, b"helsami directory: lookup")
        self._record_key = _derived(secret, b"helsami directory: record")
        self._address_key = _derived(secret, b"helsami directory: address")
        self._cipher = AESGCM(_derived(secret, b"helsami directory: seal"))
        self._key_id = _derived(secret, b"helsami directory: key id").hex()[:8]

    def lookup(self, national_id: str) -> str:
        """Under what a national id is found: 64 hex digits."""
        return _keyed_hash(self._lookup_key, national_id)

    def record(self, key: str) -> str:
        """A record system's own key of a person; it may be made from the national id, and is kept as a hash only."""
        return _keyed_hash(self._record_key, key)

    def seal(self, national_id: str, citizen: str) -> Sealed:
        """Encrypt a national id for the row of one citizen (AES-256-GCM, a new nonce each time)."""
        return self._sealed(national_id, citizen)

    def open(self, sealed: Sealed, citizen: str) -> str:
        """Decrypt the national id of a citizen. Raises SealBroken."""
        return self._opened(sealed, citizen)

    def address(self, key: str) -> str:
        """A token that is the same for the same dwelling: 64 hex digits."""
        return _keyed_hash(self._address_key, key)

    def seal_address(self, text: str, citizen: str) -> Sealed:
        """Encrypt where a citizen is registered."""
        return self._sealed(text, f"address of {citizen}")

    def open_address(self, sealed: Sealed, citizen: str) -> str:
        """Decrypt where a citizen is registered. Raises SealBroken."""
        return self._opened(sealed, f"address of {citizen}")

    def _sealed(self, text: str, context: str) -> Sealed:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Sealed(self._key_id, nonce, self._cipher.encrypt(nonce, text.encode(), context.encode()))

    def _opened(self, sealed: Sealed, context: str) -> str:
        if sealed.key_id != self._key_id:
            raise SealBroken
        try:
            return self._cipher.decrypt(sealed.nonce, sealed.text, context.encode()).decode()
        except InvalidTag:
            raise SealBroken from None


def _derived(secret: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=use).derive(secret)


def _keyed_hash(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
