"""Reading schedules, slots and appointments (FHIR R4, as the journal normalises them)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from helsami_appointments.domain import STATUSES, Appointment, Meeting, Opening, Schedule, Slot, Span
from helsami_appointments.video.virtual_service import held_by_video
from helsami_kernel import fhir
from helsami_kernel.fhir import LONGEST_CODE, Json
from helsami_kernel.journal import LONGEST_KEY, Entry, Unreadable, Unsupported

SERVICE: Final = "urn:helsami:service"
ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SETTINGS: Final = {
    "AMB": "outpatient",
    "IMP": "inpatient",
    "ACUTE": "inpatient",
    "NONAC": "inpatient",
    "EMER": "emergency",
    "HH": "home",
    "VR": "virtual",
}
NOTIFYING: Final = "http://helsenorge.no/fhir/varsling"
REMINDING: Final = "http://helsenorge.no/fhir/paminnelse"
NONE: Final = "1"
"""Of Helsenorge's tags on notices and on reminders: that none is wanted."""

ENTERED_IN_ERROR: Final = "entered-in-error"
SAME_STATUS: Final = {"checked-in": "arrived"}
PLACES: Final = ("Location", "HealthcareService")


def schedule(entry: Entry, organisation: str) -> Schedule:
    """Read a Schedule: whose times, where and what for; active unless it says that it is not."""
    meeting = _meeting(entry, fhir.objects(entry.resource.get("actor")), organisation)
    return Schedule(entry.key, meeting, active=entry.resource.get("active") is not False)


def opening(entry: Entry) -> Opening:
    """Read a Slot: when, under which schedule, and whether it is free."""
    under = fhir.key(entry.resource.get("schedule"), "Schedule")
    if not under:
        raise Unreadable("schedule-missing", "Slot.schedule")
    meeting = _meeting(entry, [], "")
    free = entry.resource.get("status") == "free"
    return Opening(entry.key, under, meeting.visit_type, meeting.kind, _span(entry), free)


def slot_key(entry: Entry) -> str | None:
    """Give the key of the first Slot that an Appointment names; None when it names none."""
    named = (fhir.key(one, "Slot") for one in fhir.objects(entry.resource.get("slot")))
    return next(filter(None, named), None)


def appointment(entry: Entry, organisation: str, slot: Slot | None) -> Appointment | None:
    """
    Read an Appointment; what it leaves unsaid, the slot that it names says. None when it was entered in error.

    Raises Unreadable where its times are not to be had, and Unsupported for a status that is not one of STATUSES.
    """
    resource = entry.resource
    if resource.get("status") == ENTERED_IN_ERROR:
        return None
    fhir.refuse_limited(resource)
    given = fhir.text(resource.get("status"))
    status = SAME_STATUS.get(given, given)
    if status not in STATUSES:
        raise Unsupported("status", "Appointment.status")
    setting, link = held_by_video(resource, entry.setting or _setting(resource))
    actors = [one["actor"] for one in fhir.objects(resource.get("participant")) if isinstance(one.get("actor"), dict)]
    meeting = _meeting(entry, actors, organisation)
    return Appointment(
        organisation=organisation,
        meeting=meeting if slot is None else meeting.or_else(slot.meeting),
        span=slot.span if slot is not None and resource.get("start") is None else _span(entry),
        status=status,
        slot=None if slot is None else slot.id,
        setting=setting,
        link=link,
        tell=not _is_tagged(resource, NOTIFYING),
        remind=not _is_tagged(resource, REMINDING),
    )


def _is_tagged(resource: Json, system: str) -> bool:
    """Whether a record system wants nothing of this sort."""
    tags = fhir.objects(fhir.element(resource, "meta.tag"))
    return any((tag.get("system"), tag.get("code")) == (system, NONE) for tag in tags)


def _meeting(entry: Entry, actors: Sequence[Json], organisation: str) -> Meeting:
    services = fhir.objects(entry.resource.get("serviceType"))
    clinician, clinician_name = _first(actors, "Practitioner")
    place, place_name = next(filter(any, (_first(actors, kind) for kind in PLACES)), ("", ""))
    return Meeting(
        visit_type=_within(LONGEST_CODE, _visit_type(services), f"{entry.type}.serviceType"),
        kind=next(filter(None, map(fhir.name, [*services, entry.resource.get("appointmentType")])), ""),
        unit=_within(LONGEST_CODE, _unit(place, organisation), f"{entry.type}.actor"),
        place=place_name,
        clinician=_within(LONGEST_KEY, clinician, f"{entry.type}.actor"),
        clinician_name=clinician_name,
    )


def _visit_type(services: Sequence[Json]) -> str:
    """The organisation's own code of what the meeting is for, else the first code there is."""
    codings = [coding for concept in services for coding in fhir.codings(concept)]
    own = [coding for coding in codings if coding.system == SERVICE]
    return next((coding.code for coding in [*own, *codings]), "")


def _first(actors: Sequence[Json], kind: str) -> tuple[str, str]:
    """Key and name of the first actor of a type."""
    found = ((key, fhir.display(actor)) for actor in actors if (key := fhir.key(actor, kind)))
    return next(found, ("", ""))


def _unit(key: str, organisation: str) -> str:
    """An organisation's code of a unit: the value of its identifier, without the organisation's own id before it."""
    return key.rpartition("|")[2].removeprefix(f"{organisation}.")


def _setting(resource: Json) -> str:
    """Where the meeting takes place, where an act code says so: at home is what rules ask about (R29)."""
    concepts: list[Any] = [
        *fhir.objects(resource.get("serviceCategory")),
        *fhir.objects(resource.get("serviceType")),
        resource.get("appointmentType"),
    ]
    acts = (coding.code for concept in concepts for coding in fhir.codings(concept) if coding.system == ACT)
    return next(filter(None, map(SETTINGS.get, acts)), "")


def _span(entry: Entry) -> Span:
    starts_at = fhir.required_moment(entry.resource, "start")
    ends_at = fhir.required_moment(entry.resource, "end")
    if ends_at <= starts_at:
        raise Unreadable("ends-before-start", f"{entry.type}.end")
    return Span(starts_at, ends_at)


def _within(longest: int, text: str, path: str) -> str:
    if len(text) > longest:
        raise Unreadable("too-long", path)
    return text
