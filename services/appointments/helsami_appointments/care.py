"""What record systems deliver of a citizen's care beside appointments, each part of it taken by who keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy.engine import Row

from helsami_appointments import storage
from helsami_appointments.booked import known_of
from helsami_appointments.calendar.models import ACTIONS
from helsami_appointments.calendar.plans import CATEGORY as PLANS
from helsami_appointments.calendar.plans import hidden_with
from helsami_appointments.letters import Letters, known_as
from helsami_appointments.referrals.entrypoints import Referrals, take_base
from helsami_appointments.referrals.storage import SECTION as REFERRALS
from helsami_appointments.stays.entrypoints import SECTION as STAYS
from helsami_appointments.stays.entrypoints import Stays
from helsami_kernel.database import Writes
from helsami_kernel.journal import STORED, UNCHANGED, Delivery
from helsami_kernel.sections import Section
from helsami_kernel.shieldable import Shieldable

KEPT: Final = frozenset({STORED, UNCHANGED})
APPOINTMENT: Final = "Appointment"
PLAN: Final = "plan"

Json = dict[str, Any]


SHIELDABLE: Final[Mapping[str, Section]] = {
    "appointment": storage.SECTION,
    PLAN: Section(ACTIONS, PLANS),
    "referral": REFERRALS,
    "stay": STAYS,
}
"""What a citizen may hide, by its kind; what belongs to an appointment is hidden with it."""


class Care(Stays, Referrals, Letters, Shieldable):
    """Part of appointments: stays, referrals, and what leads from them to appointments."""

    take_plans: Any  # of the calendar
    shieldable = SHIELDABLE

    def also_known_as(self, reads: Any, kind: str, row: Row[Any]) -> str | None:
        """
        Another id of an appointment that was booked here first, or that of the plan of something to do.

        Letters about the appointment, and all that the plan says is to be done, are hidden with it.
        """
        if kind == PLAN:
            return hidden_with(reads.owner, row.organisation, row.key)
        if kind != APPOINTMENT.lower():
            return None
        other = known_as(reads.owner, known_of(reads.appointment_row(row.id)))
        return None if other == row.id else other

    def take_care(self, tx: Writes, delivery: Delivery) -> dict[int, Json]:
        """Keep the part of a delivery that is no appointment; the outcome of each such entry, by its place."""
        takers = {"Encounter": self.take_stays, "ServiceRequest": self.take_referrals, "CarePlan": self.take_plans}
        told: dict[int, Json] = {}
        for kind, take in takers.items():
            places = [place for place, entry in enumerate(delivery.entries) if entry.type == kind]
            if places:
                some = replace(delivery, entries=tuple(delivery.entries[place] for place in places))
                told |= dict(zip(places, take(tx, some)["outcomes"], strict=True))
        return told

    def take_bases(self, tx: Writes, delivery: Delivery, outcomes: list[Json]) -> list[Json]:
        """Keep on which referral each appointment of a delivery is based; what became of each entry, that counted."""
        found = []
        for entry, outcome in zip(delivery.entries, outcomes, strict=True):
            kept = entry.type == APPOINTMENT and outcome["outcome"] in KEPT
            new = kept and take_base(tx, delivery.organisation, entry)
            found.append({**outcome, "outcome": STORED} if new else outcome)
        return found
