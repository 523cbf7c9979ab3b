"""Who holds consultations by video: a Jitsi that believes our tokens, or an organisation's own system by a link."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey

from helsami_appointments.video.domain import Link, Window
from helsami_appointments.video.rooms import Rooms
from helsami_kernel.config import Settings
from helsami_kernel.keys import KeyFolder

LOCAL_JITSI: Final = "https://localhost:8443"
ALGORITHM: Final = "HS256"


class Provider(Protocol):
    """Makes links into rooms; it asks nobody, and keeps nothing."""

    def link(self, room: str, guest: str, window: Window, now: datetime, *, moderator: bool) -> Link:
        """A link into a room for one guest, by names of `Rooms`; the caller has seen that the door is open."""


@dataclass(frozen=True)
class Jitsi:
    """A Jitsi Meet whose Prosody verifies tokens (`token_verification`): `app` signs for `audience` with `secret`."""

    url: str
    app: str
    audience: str
    secret: str = field(repr=False)

    def link(self, room: str, guest: str, window: Window, now: datetime, *, moderator: bool) -> Link:
        """A link whose token is for this room alone, for minutes, and names nobody."""
        ends_at = window.link_ends(now)
        claims: dict[str, Any] = {
            "aud": self.audience,
            "iss": self.app,
            "sub": urlsplit(self.url).hostname,
            "room": room,
            "nbf": int(window.opens_at.timestamp()),
            "iat": int(now.timestamp()),
            "exp": int(ends_at.timestamp()),
            "context": {
                "user": {"id": guest, "moderator": moderator, "affiliation": "owner" if moderator else "member"}
            },
        }
        token = jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, OctKey.import_key(self.secret))
        return Link(f"{self.url.rstrip('/')}/{room}?jwt={token}", ends_at)


@dataclass(frozen=True)
class LinkOnly:
    """An organisation's own system, whose links have `{room}` and `{guest}` in them; it knows its moderators itself."""

    pattern: str = field(repr=False)

    def link(self, room: str, guest: str, window: Window, now: datetime, *, moderator: bool) -> Link:  # noqa: ARG002
        """A link that is the guest's own; that it ends is for the organisation's system to see to."""
        return Link(self.pattern.replace("{room}", room).replace("{guest}", guest), window.link_ends(now))


@dataclass(frozen=True)
class Conferences:
    """Where each organisation's consultations by video are held, and what their rooms are called."""

    rooms: Rooms
    shared: Provider | None = None
    own: Mapping[str, Provider] = field(default_factory=dict)

    def of(self, organisation: str) -> Provider | None:
        """An organisation's provider: its own, else the one that all share; None where there is neither."""
        return self.own.get(organisation, self.shared)


def conferences_of(settings: Settings) -> Conferences:
    """The providers that a process was told of; embedded and told of none, a Jitsi on this machine."""
    keys = KeyFolder(settings.keys)
    url = settings.video_url or (LOCAL_JITSI if settings.embedded else None)
    shared = None
    if url is not None:
        # As it stands in its file: an operator copies that into the Jitsi's JWT_APP_SECRET.
        secret = base64.urlsafe_b64encode(keys.secret("video")).decode()
        shared = Jitsi(url, settings.video_app, settings.video_audience, secret)
    own = {organisation: LinkOnly(pattern) for organisation, pattern in settings.video_links.items()}
    return Conferences(Rooms(keys.secret("rooms")), shared, own)
