"""What other services need in order to say what they have of an appointment, such as letters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helsami_appointments.changes import Changes
from helsami_appointments.domain import Known
from helsami_appointments.receiving import schemas
from helsami_appointments.receiving.domain import AppointmentNamed
from helsami_kernel import Event, fhir
from helsami_kernel.access import AccessToken
from helsami_kernel.items import item_id
from helsami_kernel.journal import Delivery

Json = dict[str, Any]


class Letters(Changes):
    """Part of appointments: by what name others know an appointment."""

    def followed(self, tx: Any) -> None:
        """Tell by what other id others know now what was booked here: whoever hides it hides what is about it."""
        super().followed(tx)
        for appointment, other in tx.named.items():
            told = schemas.AppointmentNamed().dump(AppointmentNamed(appointment, other))
            tx.announce(Event.of("appointment_named", subject=tx.owner, data=told))

    def other_ids(self, tx: Any, delivery: Delivery) -> list[Json]:
        """
        By what other ids others know the appointments of a delivery; again each time.

        Of what was booked here it is that of its record system's appointment, and of that the id of a visit which came
        of it, and of a visit those of its parts: what was made at them is hidden with the appointment, or the visit.
        """
        if delivery.citizen is None:
            return []
        keys = [entry.key for entry in delivery.entries if entry.type == "Appointment"]
        booked = tx.booked_here(delivery.organisation, keys) if keys else {}
        pairs = [*booked.items(), *_visits(delivery.citizen, delivery)]
        return [schemas.AppointmentNamed().dump(AppointmentNamed(*pair)) for pair in sorted(pairs)]

    def particulars(self, reads: Any, known: Known, access: AccessToken) -> Json:
        """
        The id under which others know what its record system has told of an appointment.

        It is the appointment's own, but where it was booked here first: who reads a record system's other resources
        knows nothing of bookings, and can reckon this id alone.
        """
        record = known_as(access.subject, known)
        return {**super().particulars(reads, known, access), "known_as": record}


def _visits(owner: str, delivery: Delivery) -> Iterator[tuple[str, str]]:
    """Each appointment that a visit came of with that visit, and each visit with its parts."""
    for entry in delivery.entries:
        if entry.type != "Encounter":
            continue
        came_of = [("Appointment", named) for named in fhir.objects(entry.resource.get("appointment"))]
        for kind, reference in (*came_of, ("Encounter", entry.resource.get("partOf"))):
            key = fhir.key(reference, kind)
            if key is not None and (kind, key) != (entry.type, entry.key):
                whole = item_id(owner, delivery.organisation, f"{kind}|{key}")
                yield whole, item_id(owner, delivery.organisation, entry.item_key)


def known_as(owner: str | None, known: Known) -> str:
    """The id under which others know an appointment of this owner's."""
    if known.record_key is None or owner is None:
        return known.id
    return item_id(owner, known.appointment.organisation, f"Appointment|{known.record_key}")
