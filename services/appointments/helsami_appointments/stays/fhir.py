"""Reading a stay: an Encounter (FHIR R4, as the journal normalises it) of one who is admitted."""

from __future__ import annotations

from typing import Final

from helsami_appointments.stays.domain import Status, Stay
from helsami_kernel import fhir
from helsami_kernel.fhir import LONGEST_CODE, element, objects, text
from helsami_kernel.journal import Entry, Unsupported

ADMITTED: Final = frozenset({"IMP", "ACUTE", "NONAC"})
"""HL7 v3 ActCode, as Encounter.class has it, of those who stay the night."""

NURSING_HOME: Final = "nursing-home"
STATUSES: Final = {
    "planned": Status.PLANNED,
    "arrived": Status.ONGOING,
    "triaged": Status.ONGOING,
    "in-progress": Status.ONGOING,
    "onleave": Status.ONGOING,
    "finished": Status.ENDED,
    "cancelled": Status.CANCELLED,
}
ENTERED_IN_ERROR: Final = "entered-in-error"


def stay(entry: Entry) -> Stay | None:
    """
    Read a stay; None for one that was entered in error, or was called off and has no time.

    Raises Unsupported for a visit of one who was not admitted, or is no longer to be, and Unreadable without a time.
    """
    resource = entry.resource
    if resource.get("status") == ENTERED_IN_ERROR:
        return None
    if text(element(resource, "class.code")) not in ADMITTED:
        raise Unsupported("no-stay", "Encounter.class")
    status = STATUSES.get(text(resource.get("status")))
    if status is None:
        raise Unsupported("status", "Encounter.status")
    if status is Status.CANCELLED and not fhir.element(resource, "period.start"):
        return None  # nobody knows any longer when it would have been
    access_limit = fhir.access_limit(resource)
    kinds = [*objects(resource.get("type")), *objects([resource.get("serviceType")])]
    codes = [coding.code for kind in kinds for coding in fhir.codings(kind)]
    places = (element(place, "location.display") for place in objects(resource.get("location")))
    return Stay(
        status=status,
        setting=NURSING_HOME if NURSING_HOME in codes else "inpatient",
        visit_type=next((code for code in codes if len(code) <= LONGEST_CODE), ""),
        name=next(filter(None, map(fhir.name, kinds)), ""),
        place=next(filter(None, map(text, places)), fhir.display(resource.get("serviceProvider"))),
        starts_at=fhir.required_moment_shown(resource, "period.start"),
        ends_at=fhir.moment_shown(resource, "period.end"),
        begins=fhir.required_moment(resource, "period.start"),
        ended=fhir.moment(resource, "period.end"),
        access_limit=access_limit,
    )
