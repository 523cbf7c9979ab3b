"""Whom an organisation expects on a day, for its staff: what was done about each visit, and no name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from helsami_appointments.booked import known_of
from helsami_appointments.visits import schemas
from helsami_appointments.visits.asking import arrival_shown, asked_of, check_in_shown
from helsami_appointments.visits.entrypoints import Visits
from helsami_kernel import rpc
from helsami_kernel.access import AccessToken
from helsami_kernel.clock import OSLO, written
from helsami_kernel.errors import NotFound, load
from helsami_kernel.pages import Cursor
from helsami_kernel.staff import organisation_of

Json = dict[str, Any]


class StaffVisits(Visits):
    """Part of appointments: the day list of one organisation."""

    @rpc(scope="organisations:manage", answers=schemas.Visits)
    def visits_of_day(self, question: Json, access: AccessToken) -> Json:
        """
        The appointments of the organisation whose staff ask, on one day by the calendar in Oslo, the earliest first.

        Those that were over when they first came in are not among them. Raises Malformed.
        """
        wanted = load(schemas.Day, question)
        organisation = organisation_of(access)
        begins, ends = day_of(wanted["date"] or self.clock().astimezone(OSLO).date())
        start = Cursor.read(wanted["cursor"], Cursor(begins, ""))
        place = start if start.at >= begins else Cursor(begins, "")
        reads = self.store.reading(None)
        found = reads.day(organisation, wanted["unit"], place, ends, wanted["limit"] + 1)
        page = found[: wanted["limit"]]
        shown = [visit for appointment, owner, _ in page for visit in self._visit(organisation, owner, appointment)]
        return {"appointments": shown, "next": str(page[-1][2]) if len(found) > len(page) else None}

    def _visit(self, organisation: str, owner: str, appointment_id: str) -> Iterator[Json]:
        """One appointment of the day; nothing where it has gone meanwhile."""
        reads = self.store.reading(owner)
        try:
            row = reads.appointment_row(appointment_id)
        except NotFound:
            return
        known, now = known_of(row), self.clock()
        if known.appointment.organisation != organisation:
            return
        asked, visited = asked_of(self.rules, known.appointment, now).answer, reads.visited(known)
        yield {
            "id": known.id,
            "record_key": known.record_key,
            "unit": known.appointment.meeting.unit or None,
            "starts_at": written(known.appointment.span.starts_at),
            "ends_at": written(known.appointment.span.ends_at),
            "status": known.appointment.status,
            "check_in": check_in_shown(asked, known, visited, now),
            "arrival": arrival_shown(asked, known, visited, now),
        }


def day_of(day: date) -> tuple[datetime, datetime]:
    """When a day begins and ends in Oslo: 23 or 25 hours in the nights in which the clocks change."""
    begins, ends = (datetime.combine(each, time(), OSLO) for each in (day, day + timedelta(days=1)))
    return begins, ends
