"""The key folder: signing keys of the issuers, and secrets of single services, never printed."""

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

ISSUERS: Final = ("gateway", "consents", "systems")
SECRETS: Final = ("session", "identity", "video", "rooms", "access-log", "origins", "messages")
SECRET_BYTES: Final = 32


class KeysUnusable(Exception):
    """A key is missing, unreadable, open to others or no key; the text names the file and never its content."""


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """A folder of key files; a service is given only those it needs."""

    path: Path

    def make(self) -> None:
        """
        Make the folder and every key it lacks; keep those it has.

        A public key that is lost is derived again from its private one. Raises `KeysUnusable` for an unwritable folder.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for issuer in ISSUERS:
                self._make_pair(issuer)
            for name in SECRETS:
                _create(self.path / f"{name}.key", base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)))
        except OSError as error:
            raise KeysUnusable(f"cannot write the key folder {self.path}: {error.strerror}") from error

    def signing(self, issuer: str) -> OKPKey:
        """Load the private key with which an issuer signs."""
        return self._key(self.path / f"{issuer}.key", private=True)

    def public(self, issuer: str) -> OKPKey:
        """Load the public key by which an issuer is believed."""
        return self._key(self.path / f"{issuer}.pub", private=False)

    def secret(self, name: str) -> bytes:
        """Load one of the 32-byte secrets."""
        path = self.path / f"{name}.key"
        try:
            secret = base64.urlsafe_b64decode(_read(path, private=True))
        except ValueError as error:
            raise KeysUnusable(f"{path} is not base64url") from error
        if len(secret) != SECRET_BYTES:
            raise KeysUnusable(f"{path} does not hold {SECRET_BYTES} bytes")
        return secret

    def _make_pair(self, issuer: str) -> None:
        private = self.path / f"{issuer}.key"
        _create(private, OKPKey.generate_key("Ed25519").as_pem(private=True))
        _create(self.path / f"{issuer}.pub", self.signing(issuer).as_pem(private=False), mode=0o644)

    def _key(self, path: Path, *, private: bool) -> OKPKey:
        content = _read(path, private=private)
        try:
            key = OKPKey.import_key(content)
        except (JoseError, ValueError) as error:
            raise KeysUnusable(f"{path} is not an Ed25519 key in PEM") from error
        if key.is_private != private or key.curve_name != "Ed25519":
            kind = "private" if private else "public"
            raise KeysUnusable(f"{path} is not a {kind} Ed25519 key")
        return key


def _create(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a new file whole or not at all; one that is there stays, also when another process was first."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path, *, private: bool) -> bytes:
    try:
        if private and path.stat().st_mode & 0o007:
            raise KeysUnusable(f"{path} may be read by anybody: make it 0600")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise KeysUnusable(f"{path} is missing: `helsami keys make {path.parent}` makes it") from error
    except OSError as error:
        raise KeysUnusable(f"cannot read {path}: {error.strerror}") from error
