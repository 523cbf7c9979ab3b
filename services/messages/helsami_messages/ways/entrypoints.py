"""The clock: what nobody opens goes on to who stands in, and last to the duty inbox (R81, K25)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from helsami_kernel import Obligation, every, fulfils, logs
from helsami_kernel.store import OpenStore
from helsami_messages.ways.hours import working_days_before
from helsami_messages.ways.metrics import UNANSWERED, UNOPENED
from helsami_messages.ways.routing import go_on
from helsami_messages.ways.storage import MOVE_ON, Reads, Writes
from helsami_sdk.organisations import Organisations

COUNT_EVERY: Final = timedelta(seconds=15)
LONG: Final = 10
"""In working days: no organisation promises an answer so late, whatever way a message has gone."""


class Ways:
    """Part of messages: where each goes on, if nobody opens it."""

    store: OpenStore[Reads, Writes]
    rules: Organisations
    clock: Callable[[], datetime]

    @fulfils(MOVE_ON)
    def move_on(self, obligation: Obligation) -> None:
        """
        Let a message go to its next stop that nobody has opened in time.

        The stops were decided when it was written, so that it goes on whatever has become of the rules since, and also
        while its organisation is paused. In the duty inbox it stays until somebody opens it, and is counted.
        """
        due: dict[str, Any] = dict(obligation.payload)
        with self.store.transaction(owner=None) as tx:
            lying = tx.still_lying(due["message"], due["hop"])
            if lying is None:
                return
            if lying.ahead:
                go_on(tx, self.rules, lying, lying.ahead)
            else:
                logs.incident("message-unopened", service="messages", about=lying.message)  # and not where (K24)

    @every(COUNT_EVERY)
    def count_waiting(self) -> None:
        """
        Say for whoever keeps HelsaMi running how many messages lie unopened beyond their hours (K25).

        And how many are unanswered long after they were written, opened or forwarded again and again.
        """
        reads, now = self.store.reading(None), self.clock()
        for stop, count in reads.overdue(now).items():
            UNOPENED.labels(stop).set(count)
        for state, count in reads.unanswered_since(working_days_before(now, LONG)).items():
            UNANSWERED.labels(state).set(count)
