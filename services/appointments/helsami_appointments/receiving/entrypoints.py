"""What citizens are told of what record systems do with their appointments."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from helsami_appointments.changes import CATEGORY, Changes, cancelled, changed, origin_of
from helsami_appointments.domain import Appointment
from helsami_appointments.models import APPOINTMENTS
from helsami_appointments.receiving import schemas
from helsami_appointments.receiving.domain import AppointmentScheduled, Received
from helsami_appointments.receiving.relevance import News, news_of
from helsami_appointments.referrals.models import REFERRALS
from helsami_appointments.referrals.storage import CATEGORY as OF_REFERRALS
from helsami_appointments.stays.entrypoints import CATEGORY as OF_STAYS
from helsami_appointments.stays.models import STAYS
from helsami_kernel import Event, access_limits
from helsami_kernel.news import TellsNews, may_be_told, stored
from helsami_kernel.origins import Origin

TOLD_OF: Final = {"appointment": CATEGORY, "visit": OF_STAYS, "document": OF_REFERRALS}
"""The go-live categories of kinds of items of which citizens are told."""
NEWS_OF: Final = {
    "appointment": stored(APPOINTMENTS, latest=APPOINTMENTS.c.sequence),
    "visit": stored(STAYS, latest=STAYS.c.told),
    "document": stored(REFERRALS),
}


class Receiving(Changes, TellsNews):
    """Part of appointments: what a record system changes is told where its citizen has to act on it."""

    news_of = NEWS_OF

    def followed(self, tx: Any) -> None:
        """Tell of what this transaction has received."""
        super().followed(tx)
        for told, origin in access_limits.changed(tx, TOLD_OF):
            tx.announce(Event.of("access_limit_changed", subject=tx.owner, data=told), of=origin)
        for received in tx.received:
            if (news := self._news(received, tx.now)) is not None:
                self._tell(tx, received, news)

    def _news(self, received: Received, now: datetime) -> News | None:
        """What a citizen is told; what they are not shown was not, or is not."""
        if received.after is not None and not self._may_be_told(received.id, received.after):
            return None
        before = received.before
        if before is not None and not self._may_be_told(received.id, before):
            before = None
        return news_of(before, received.after, now)

    def _may_be_told(self, its: str, appointment: Appointment) -> bool:
        return may_be_told(_as_told(its, appointment), CATEGORY, self.rules[appointment.organisation])

    def _tell(self, tx: Any, received: Received, news: News) -> None:
        event = EVENTS[news](tx, received, tx.next_sequence(received))
        said = [one for one in (received.before, received.after) if one is not None]
        kept = origin_of(tx, received.id)
        of = _as_told(received.id, said[-1]) if kept is None else kept
        self.tell(tx, event, of, until=max(one.span.starts_at for one in said), gone=kept is None)


def scheduled(tx: Any, received: Received, sequence: int) -> Event:
    """The news that there is an appointment."""
    told = schemas.AppointmentScheduled().dump(AppointmentScheduled(received.id, received.access_limit))
    return Event.of("appointment_scheduled", subject=tx.owner, data=told, sequence=sequence)


EVENTS: Final = {News.SCHEDULED: scheduled, News.CHANGED: changed, News.CANCELLED: cancelled}


def _as_told(its: str, appointment: Appointment) -> Origin:
    return Origin(
        id=its,
        organisation=appointment.organisation,
        category=CATEGORY,
        occurred_at=appointment.span.starts_at,
        kind="appointment",
        setting=appointment.setting,
        visit_type=appointment.meeting.visit_type,
        access_limit=appointment.access_limit,
    )
