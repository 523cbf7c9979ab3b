"""Who asks: a citizen, or the staff of an organisation."""

from __future__ import annotations

from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Forbidden


def subject_of(access: AccessToken) -> str:
    """The citizen that a token is about. Raises Forbidden."""
    if access.subject is None:
        raise Forbidden("not-permitted")
    return access.subject


def organisation_of(access: AccessToken) -> str:
    """The organisation whose staff ask. Raises Forbidden."""
    if access.organisation is None:
        raise Forbidden("not-permitted")
    return access.organisation


def key_of_staff(access: AccessToken) -> str | None:
    """The idempotency key of an organisation's staff, apart from those of the citizen whom their command is about."""
    return access.idempotency_key and f"staff|{access.organisation}|{access.idempotency_key}"[:120]
