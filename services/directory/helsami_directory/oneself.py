"""What nobody does on anybody's behalf."""

from __future__ import annotations

from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Forbidden


def oneself(access: AccessToken) -> str:
    """The citizen who asks about themselves. Raises Forbidden for whoever represents them."""
    if access.basis != "self" or access.subject is None:
        raise Forbidden("not-for-representatives")
    return access.subject
