"""Names of rooms that nobody guesses and nothing stores, and links of others that are stored sealed."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from typing import Final

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from helsami_kernel.clock import written

SEALED: Final = {"alg": "dir", "enc": "A256GCM"}
NAME_BYTES: Final = 20
GUEST_BYTES: Final = 10


class Rooms:
    """Makes names from one secret: the same whenever they are made, and another for each time that it takes place."""

    def __init__(self, secret: bytes) -> None:
        """`secret` is of 32 bytes, and known to appointments alone."""
        self._secret = secret
        self._key = OctKey.import_key(self._digest("seal"))

    def of_appointment(self, appointment: str, starts_at: datetime) -> str:
        """The room of an appointment at a time: once it is moved, nobody meets there."""
        return self._name("appointment", appointment, written(starts_at))

    def of_room(self, room: str) -> str:
        """The name of a room that a group of citizens shares, or staff."""
        return self._name("room", room)

    def guest(self, room: str, reader: str) -> str:
        """Under what name a reader comes into a room: the same when they come back, and another in any other room."""
        return _word(self._digest("guest", room, reader)[:GUEST_BYTES])

    def seal(self, link: str, appointment: str) -> str:
        """Close a link to all but this appointment's readers."""
        return jwe.encrypt_compact(SEALED, orjson.dumps([appointment, link]), self._key)

    def unseal(self, sealed: str, appointment: str) -> str | None:
        """Open what was sealed for this appointment; None with another secret, or what was another's."""
        try:
            of, link = orjson.loads(jwe.decrypt_compact(sealed, self._key).plaintext or b"")
        except (JoseError, ValueError):
            return None
        return str(link) if of == appointment else None

    def _name(self, *of: str) -> str:
        return _word(self._digest(*of)[:NAME_BYTES])

    def _digest(self, *of: str) -> bytes:
        return hmac.digest(self._secret, orjson.dumps(of), "sha256")


def _word(digest: bytes) -> str:
    """Small letters and digits alone: Jitsi knows no others in the name of a room."""
    return base64.b32encode(digest).decode().rstrip("=").lower()
