"""Of which items somebody hears who acts for their citizen: of those that they are shown, as it is when they look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy.engine import Row

from helsami_kernel.access import AccessToken
from helsami_kernel.notes import Notes
from helsami_kernel.origins import Origins
from helsami_kernel.showing import Showing
from helsami_notifications.domain import PORTALS_OWN
from helsami_sdk.rules import Rules


class ShowingNews(Showing):
    """
    What of the notices somebody is shown on another's behalf.

    Organisations are asked about each item as its owner asks them (R93, R98, K3), for this reader, when they read: what
    a rule, a birthday, a pause or a go-live date has changed since holds for the notices as it does for the item. Of
    what nobody has said whose it is, nobody hears but its citizen.
    """

    def __init__(self, rules: Mapping[str, Rules], access: AccessToken, origins: Origins, notes: Notes) -> None:
        """`origins` open what was told of whose the items are."""
        super().__init__(None, rules, access, notes)
        self._owner = str(access.subject)
        self._origins = origins
        self._items = Showing("", rules, access, notes)  # each says of which category it is

    def may_show(self, row: Row[Any]) -> bool:
        """Is the notice hidden by nothing, and its item one that this reader is shown?"""
        if not super().may_show(row):
            return False
        if row.kind in PORTALS_OWN:
            return True
        origin = self._origins.open(self._owner, row.of.split()[0], row.origin)
        return origin is not None and self._items.may_show(cast("Row[Any]", origin))

    def note(self) -> None:
        """Keep what was decided of the items."""
        self._items.note()
