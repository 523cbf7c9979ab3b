"""Who may send a body at all: asked before any of it is read, by the login alone, without a worker or a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from helsami_gateway import session
from helsami_gateway.staff import system_login
from helsami_kernel.access import SystemVerifier
from helsami_kernel.errors import NotFound
from helsami_kernel.keys import KeyFolder

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from helsami_kernel.config import Settings
    from helsami_kernel.http import Admit

CITIZENS: Final = "/api/v1/"
SYSTEMS: Final = ("/journal/v1/", "/staff/v1/")
EMBEDDED: Final = "/dev/"
LOGOUT: Final = "/api/v1/logout"
"""Whoever is logged out may log out: what they send with it is short, and nobody reads it."""


def admission(settings: Settings) -> Admit:
    """
    The check for an installation: says whose body it is, or raises LoginNeeded, or NotFound for a door nobody uses.

    A session that was ended before its time is whole by its seal; the route itself refuses it, after its body.
    """
    keys = KeyFolder(settings.keys)
    sessions, systems = session.sessions(keys), SystemVerifier(keys.public("systems"))

    def admit(request: Request) -> str | None:
        if request.path.startswith(CITIZENS):
            return None if request.path == LOGOUT else sessions.of(request).citizen
        if request.path.startswith(SYSTEMS):
            return system_login(systems, request).token_id
        if not (settings.embedded and request.path.startswith(EMBEDDED)):
            raise NotFound("not-found")
        return None

    return admit
