"""Reading schedules, slots and appointments (FHIR R4, as the journal normalises them)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from helsami_appointments.domain import CANCELLED, STATUSES, Appointment, Meeting, Opening, Schedule, Slot, Span
from helsami_appointments.receiving import profile
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
ENTERED_IN_ERROR: Final = "entered-in-error"
SAME_STATUS: Final = {"checked-in": "arrived"}
PLACES: Final = ("Location", "HealthcareService")
OFF: Final = frozenset({CANCELLED, "noshow"})
LONGEST_INSTRUCTIONS: Final = 1000
AFTER_START: Final = "a time after the start"
LONGEST_MEETING: Final = timedelta(days=366)


def schedule(entry: Entry, organisation: str) -> Schedule:
    """Read a Schedule: whose times, where and what for; active unless it says that it is not."""
    meeting = _meeting(entry, fhir.objects(entry.resource.get("actor")), organisation)
    return Schedule(entry.key, meeting, active=entry.resource.get("active") is not False)


def opening(entry: Entry) -> Opening:
    """Read a Slot: when, under which schedule, and whether it is free."""
    under = fhir.key(entry.resource.get("schedule"), "Schedule")
    if not under:
        raise Unreadable("schedule-missing", "Slot.schedule", "a reference to a Schedule")
    meeting = _meeting(entry, [], "")
    free = entry.resource.get("status") == "free"
    return Opening(entry.key, under, meeting.visit_type, meeting.kind, _span(entry), free)


def slot_key(entry: Entry) -> str | None:
    """Give the key of the first Slot that an Appointment names; None when it names none."""
    named = (fhir.key(one, "Slot") for one in fhir.objects(entry.resource.get("slot")))
    return next(filter(None, named), None)


def appointment(entry: Entry, organisation: str, slot: Slot | None, known: Span | None = None) -> Appointment | None:
    """
    Read an Appointment; what it leaves unsaid, the slot that it names says. None when it was entered in error.

    One that is cancelled need not say again when it was to be: `known` is when, if that is known. Raises Unreadable
    where its times are not to be had, and Unsupported for a status that is not one of STATUSES, or a label that cannot
    be kept to.
    """
    resource = entry.resource
    told_at = fhir.moment(resource, "meta.lastUpdated")
    if resource.get("status") == ENTERED_IN_ERROR:
        return None
    access_limit = fhir.access_limit(resource)
    given = fhir.text(resource.get("status"))
    status = SAME_STATUS.get(given, given)
    if status not in STATUSES:
        raise Unsupported("status", "Appointment.status", "one of " + ", ".join(sorted(STATUSES)))
    setting, link = held_by_video(resource, entry.setting or _setting(resource))
    meeting = _meeting(entry, profile.actors(resource), organisation)
    window = _window(resource)
    return Appointment(
        organisation=organisation,
        meeting=meeting if slot is None else meeting.or_else(slot.meeting),
        span=window or _when(entry, slot.span if slot is not None else known, status),
        status=status,
        slot=None if slot is None else slot.id,
        setting=setting,
        link=link,
        tell=not profile.is_tagged(resource, profile.NOTIFYING),
        remind=not profile.is_tagged(resource, profile.REMINDING),
        instructions=_within(LONGEST_INSTRUCTIONS, profile.instructions(resource), "Appointment.patientInstruction"),
        cancelled_because=profile.cancelled_because(resource) if status in OFF else "",
        window=window is not None,
        flags=profile.flags(resource),
        told_at=told_at,
        access_limit=access_limit,
    )


def _meeting(entry: Entry, actors: Sequence[Json], organisation: str) -> Meeting:
    services = fhir.objects(entry.resource.get("serviceType"))
    clinician, clinician_name = _first(actors, "Practitioner")
    place, place_name = next(filter(any, (_first(actors, kind) for kind in PLACES)), ("", ""))
    return Meeting(
        visit_type=_within(
            LONGEST_CODE, _visit_type(services) or profile.visit_type(entry.resource), f"{entry.type}.serviceType"
        ),
        kind=next(filter(None, map(fhir.name, services)), "") or _kind(entry.resource),
        unit=_within(LONGEST_CODE, _unit(place, organisation), f"{entry.type}.actor"),
        place=profile.place_named(entry.resource) or place_name,
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
    return next(filter(None, map(SETTINGS.get, acts)), "") or profile.setting(resource)


def _kind(resource: Json) -> str:
    return profile.kind(resource) or fhir.name(resource.get("appointmentType"))


def _window(resource: Json) -> Span | None:
    """Within what a proposed appointment is to take place, which has no time of its own yet."""
    if resource.get("start") is not None or not fhir.objects(resource.get("requestedPeriod")):
        return None
    period = {"resourceType": "Appointment", "requestedPeriod": resource["requestedPeriod"]}
    starts_at = fhir.required_moment(period, "requestedPeriod.start")
    ends_at = fhir.required_moment(period, "requestedPeriod.end")
    if ends_at <= starts_at:
        raise Unreadable("ends-before-start", "Appointment.requestedPeriod.end", AFTER_START)
    return Span(starts_at, ends_at)


def _when(entry: Entry, otherwise: Span | None, status: str) -> Span:
    unsaid = entry.resource.get("start") is None and (status == CANCELLED or fhir.objects(entry.resource.get("slot")))
    return otherwise if unsaid and otherwise is not None else _span(entry)


def _span(entry: Entry) -> Span:
    starts_at = fhir.required_moment(entry.resource, "start")
    ends_at = _end(entry.resource, starts_at) or fhir.required_moment(entry.resource, "end")
    if ends_at <= starts_at:
        raise Unreadable("ends-before-start", f"{entry.type}.end", AFTER_START)
    return Span(starts_at, ends_at)


def _end(resource: Json, starts_at: datetime) -> datetime | None:
    """The end as its length says, where only that is said."""
    minutes = resource.get("minutesDuration")
    if resource.get("end") is not None or not isinstance(minutes, int) or minutes < 1:
        return None
    if minutes > LONGEST_MEETING / timedelta(minutes=1):
        raise Unreadable("too-long", "Appointment.minutesDuration", f"at most {LONGEST_MEETING.days} days")
    return starts_at + timedelta(minutes=minutes)


def _within(longest: int, text: str, path: str) -> str:
    if len(text) > longest:
        raise Unreadable("too-long", path, f"at most {longest} characters")
    return text
