"""Who asks."""

from __future__ import annotations

from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Forbidden


def subject_of(access: AccessToken) -> str:
    """The citizen that a token is about. Raises Forbidden."""
    if access.subject is None:
        raise Forbidden("not-permitted")
    return access.subject
