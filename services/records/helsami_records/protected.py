"""What somebody at a protected address does not read of their record: where they are treated, and who writes (K24)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from helsami_kernel.access import AccessToken

TELLING: Final[Mapping[str, tuple[str, ...]]] = {"visits": ("place",), "letters": ("organisation",)}
"""
What in the items of a section says where its citizen is to be found.

A letter's sender is the place it is returned to; nobody needs to see it over somebody's shoulder.
"""


def located(section: str, page: bytes, access: AccessToken) -> bytes:
    """A finished page of a section, with null where it would say where somebody at a protected address is."""
    names = TELLING.get(section, ())
    if not access.protected or not names:
        return page
    read: dict[str, Any] = orjson.loads(page)
    return orjson.dumps({**read, "items": [{**item, **dict.fromkeys(names)} for item in read["items"]]})


def letter_of(letter: Mapping[str, Any], access: AccessToken) -> dict[str, Any]:
    """A letter, as `located` gives each of a page."""
    return {**letter, **(dict.fromkeys(TELLING["letters"]) if access.protected else {})}
