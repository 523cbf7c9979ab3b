"""Who asks for an organisation, and under what key its staff's commands are done once."""

from __future__ import annotations

import hashlib

from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Forbidden


def organisation_of(access: AccessToken) -> str:
    """The organisation whose staff, or whose record system, asks. Raises Forbidden."""
    if access.organisation is None:
        raise Forbidden("not-permitted")
    return access.organisation


def key_of_staff(access: AccessToken) -> str | None:
    """
    The idempotency key of an organisation's staff, for a transaction of the citizen whom their command is about.

    It is none of the citizen's own keys, nor another organisation's, and as long for a key of any length: none is cut,
    so that no two become one. Raises Forbidden.
    """
    organisation = organisation_of(access)
    if access.idempotency_key is None:
        return None
    return "staff|" + hashlib.sha256(f"{organisation}|{access.idempotency_key}".encode()).hexdigest()
