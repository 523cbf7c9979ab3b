"""People of whom a bundle has yet to name appointments and visits: later bundles about them wait for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from helsami_kernel.store import OpenStore

AT_MOST: Final = timedelta(days=1)
"""How long one bundle may hold back others: one that never gets through must not end all news about somebody."""


class Unnamed:
    """Those of whom this bundle or another has yet to name something, kept from bundle to bundle."""

    def __init__(self, store: OpenStore[Any, Any], bundle: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._bundle = bundle
        self._clock = clock
        self._known: dict[str, set[str]] = {}

    def elsewhere(self, citizen: str) -> bool:
        """Has another bundle yet to name something of theirs?"""
        return bool(self._of(citizen) - {self._bundle})

    def begin(self, citizen: str) -> None:
        """Remember that this one has: it could not now."""
        self._of(citizen).add(self._bundle)
        with self._store.transaction(None) as tx:
            tx.wait_for(citizen, self._bundle)

    def end(self, citizen: str) -> None:
        """Forget it: this one has no longer, if it ever had."""
        if self._bundle in self._of(citizen):
            self._of(citizen).discard(self._bundle)
            with self._store.transaction(None) as tx:
                tx.wait_no_longer(self._bundle, citizen)

    def _of(self, citizen: str) -> set[str]:
        if citizen not in self._known:
            found = self._store.reading(None).waited_for(citizen, self._clock() - AT_MOST)
            self._known[citizen] = found
        return self._known[citizen]
