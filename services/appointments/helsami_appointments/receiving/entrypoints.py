"""What citizens are told of what record systems do with their appointments."""

from __future__ import annotations

from typing import Any, Final

from helsami_appointments.changes import CATEGORY, Changes, announce_cancellation, announce_change, origin_of
from helsami_appointments.domain import Appointment
from helsami_appointments.receiving import schemas
from helsami_appointments.receiving.domain import AppointmentScheduled, Received
from helsami_appointments.receiving.relevance import News, news_of
from helsami_appointments.referrals.storage import CATEGORY as REFERRALS
from helsami_appointments.stays.entrypoints import CATEGORY as STAYS
from helsami_kernel import Event, access_limits
from helsami_kernel.items import Item
from helsami_kernel.showing import is_open

TOLD_OF: Final = {"appointment": CATEGORY, "visit": STAYS, "document": REFERRALS}
"""The go-live categories of kinds of items of which citizens are told."""


class Receiving(Changes):
    """Part of appointments: what a record system changes is told where its citizen has to act on it."""

    def followed(self, tx: Any) -> None:
        """Tell of what this transaction has received."""
        super().followed(tx)
        for told, origin in access_limits.changed(tx, TOLD_OF):
            tx.announce(Event.of("access_limit_changed", subject=tx.owner, data=told), of=origin)
        for received in tx.received:
            if (news := self._news(tx, received)) is not None:
                self._tell(tx, received, news)

    def _news(self, tx: Any, received: Received) -> News | None:
        """What a citizen is told; what they are not shown was not, or is not."""
        if received.after is not None and not self._is_open(tx, received.after):
            return None
        before = received.before
        if before is not None and not self._is_open(tx, before):
            before = None
        return news_of(before, received.after, tx.now)

    def _is_open(self, tx: Any, appointment: Appointment) -> bool:
        item = Item(
            owner=tx.owner,
            organisation=appointment.organisation,
            key="",
            occurred_at=appointment.span.starts_at,
            kind="appointment",
            body={},
            setting=appointment.setting,
            visit_type=appointment.meeting.visit_type,
            access_limit=appointment.access_limit,
        )
        return is_open(item, CATEGORY, self.rules[appointment.organisation])

    def _tell(self, tx: Any, received: Received, news: News) -> None:
        sequence = tx.next_sequence(received)
        match news:
            case News.SCHEDULED:
                told = schemas.AppointmentScheduled().dump(AppointmentScheduled(received.id, received.access_limit))
                event = Event.of("appointment_scheduled", subject=tx.owner, data=told, sequence=sequence)
                tx.announce(event, of=origin_of(tx, received.id))
            case News.CHANGED:
                announce_change(tx, received, sequence)
            case News.CANCELLED:
                announce_cancellation(tx, received, sequence)
