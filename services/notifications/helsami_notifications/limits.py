"""Notices of items that their owners hide from parents, or from the young person: hidden as those are (K23)."""

from __future__ import annotations

from helsami_kernel import Event, handles
from helsami_kernel.database import Reads
from helsami_kernel.store import OpenStore
from helsami_notifications import schemas, storage


class OfLimits:
    """Part of notifications: what hides the item hides what was told of it, and what will be."""

    store: OpenStore[Reads, storage.Writes]

    @handles("access_limit_changed", source="appointments")
    def limit_of_appointments(self, event: Event) -> None:
        """Keep from whom an appointment, a stay or a referral is hidden."""
        self._limit(event)

    @handles("access_limit_changed", source="messages")
    def limit_of_messages(self, event: Event) -> None:
        """Keep from whom a thread is hidden."""
        self._limit(event)

    @handles("access_limit_changed", source="records")
    def limit_of_records(self, event: Event) -> None:
        """Keep from whom a visit or a letter is hidden."""
        self._limit(event)

    @handles("access_limit_changed", source="results")
    def limit_of_results(self, event: Event) -> None:
        """Keep from whom a result is hidden."""
        self._limit(event)

    @handles("result_linked", source="results")
    def hide_with_linked(self, event: Event) -> None:
        """Hide what was told of a result also with what shows something of it since (R69)."""
        citizen, result, linked = schemas.linked(event)
        with self.store.transaction(owner=citizen) as tx:
            tx.link(citizen, result, linked)

    def _limit(self, event: Event) -> None:
        citizen, item, access_limit, origin = schemas.limited(event)
        with self.store.transaction(owner=citizen) as tx:
            tx.limit(citizen, item, access_limit, event.time)
            if origin is not None:
                tx.came_from(citizen, item, origin, event.time)
