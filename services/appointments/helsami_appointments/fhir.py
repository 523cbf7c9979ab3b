"""Reads schedules, slots and appointments from FHIR R4: the few elements that are kept, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from helsami_appointments.domain import STATUSES, Appointment, Meeting, Opening, Schedule, Slot, Span

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
PLACES: Final = ("Location/", "HealthcareService/")
LONGEST_CODE: Final = 60
LONGEST_KEY: Final = 280

Resource = Mapping[str, Any]


class Unreadable(Exception):
    """A resource lacks what makes it one here; `path` says where, `code` what is wrong."""

    def __init__(self, code: str, path: str) -> None:
        super().__init__(code, path)
        self.code = code
        self.path = path


def schedule(key: str, resource: Resource, organisation: str) -> Schedule:
    """A Schedule: whose times, where and what for; active unless it says that it is not."""
    meeting = _meeting(resource, _objects(resource.get("actor")), organisation)
    return Schedule(key, meeting, active=resource.get("active") is not False)


def opening(key: str, resource: Resource) -> Opening:
    """A Slot: when, under which schedule, and whether it is free."""
    under = _key_of(_object(resource.get("schedule")))
    if not under:
        raise Unreadable("schedule-missing", "Slot.schedule")
    meeting = _meeting(resource, iter(()), "")
    free = resource.get("status") == "free"
    return Opening(key, under, meeting.visit_type, meeting.kind, _span(resource, None), free)


def slot_key(resource: Resource) -> str | None:
    """The key of the first Slot that an Appointment names."""
    return next((key for one in _objects(resource.get("slot")) if (key := _key_of(one))), None)


def appointment(resource: Resource, organisation: str, slot: Slot | None) -> Appointment:
    """
    An Appointment; what it leaves unsaid, the slot that it names says.

    Raises `Unreadable` where its times are not to be had.
    """
    actors = (_object(one.get("actor")) for one in _objects(resource.get("participant")))
    meeting = _meeting(resource, actors, organisation)
    return Appointment(
        organisation=organisation,
        meeting=meeting.or_else(slot.meeting) if slot else meeting,
        span=_span(resource, slot),
        status=status(resource),
        slot=slot.id if slot else None,
        setting=_setting(resource),
    )


def status(resource: Resource) -> str:
    """One of STATUSES; raises `Unreadable` for any other but that it was entered in error."""
    given = _text(resource.get("status"))
    known = SAME_STATUS.get(given, given)
    if known not in STATUSES:
        raise Unreadable("status-not-supported", f"{resource.get('resourceType')}.status")
    return known


def was_in_error(resource: Resource) -> bool:
    """Whether the record system takes the resource back."""
    return resource.get("status") == ENTERED_IN_ERROR


def _meeting(resource: Resource, actors: Iterator[Resource], organisation: str) -> Meeting:
    kind = _text(resource.get("resourceType"))
    met = list(actors)
    clinician = next((one for one in met if _text(one.get("reference")).startswith("Practitioner/")), {})
    place = next((one for one in met if _text(one.get("reference")).startswith(PLACES)), {})
    services = list(_objects(resource.get("serviceType")))
    return Meeting(
        visit_type=_within(LONGEST_CODE, _code(services), f"{kind}.serviceType"),
        kind=_label([*services, _object(resource.get("appointmentType"))]),
        unit=_within(LONGEST_CODE, _unit(_key_of(place), organisation), f"{kind}.participant"),
        place=_text(place.get("display")),
        clinician=_within(LONGEST_KEY, _key_of(clinician), f"{kind}.participant"),
        clinician_name=_text(clinician.get("display")),
    )


def _code(services: list[Resource]) -> str:
    """The organisation's own code of what the meeting is for, else the first code there is."""
    codings = [coding for concept in services for coding in _objects(concept.get("coding"))]
    own = [coding for coding in codings if coding.get("system") == SERVICE]
    return next(filter(None, (_text(coding.get("code")) for coding in [*own, *codings])), "")


def _label(concepts: list[Resource]) -> str:
    for concept in concepts:
        displays = (_text(coding.get("display")) for coding in _objects(concept.get("coding")))
        if label := _text(concept.get("text")) or next(filter(None, displays), ""):
            return label
    return ""


def _unit(key: str, organisation: str) -> str:
    """An organisation's code of a unit: the value of its identifier, without the organisation's own id before it."""
    return key.rpartition("|")[2].removeprefix(f"{organisation}.")


def _setting(resource: Resource) -> str:
    """Where the meeting takes place, where an act code says so: at home is what rules ask about (R29)."""
    concepts = [
        *_objects(resource.get("serviceCategory")),
        *_objects(resource.get("serviceType")),
        _object(resource.get("appointmentType")),
    ]
    acts = (one for concept in concepts for one in _objects(concept.get("coding")) if one.get("system") == ACT)
    return next(filter(None, (SETTINGS.get(_text(act.get("code"))) for act in acts)), "")


def _span(resource: Resource, slot: Slot | None) -> Span:
    kind = resource.get("resourceType")
    starts_at = _moment(resource.get("start"), f"{kind}.start")
    ends_at = _moment(resource.get("end"), f"{kind}.end")
    if starts_at is None and slot is not None:
        return slot.span
    if starts_at is None:
        raise Unreadable("time-missing", f"{kind}.start")
    if ends_at is None:
        raise Unreadable("time-missing", f"{kind}.end")
    if ends_at <= starts_at:
        raise Unreadable("ends-before-start", f"{kind}.end")
    return Span(starts_at, ends_at)


def _moment(value: object, path: str) -> datetime | None:
    """A FHIR instant in UTC; None where there is none."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(_text(value))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Unreadable("time-malformed", path)


def _within(longest: int, text: str, path: str) -> str:
    if len(text) > longest:
        raise Unreadable("too-long", path)
    return text


def _key_of(reference: Resource) -> str:
    return _text(reference.get("reference")).partition("/")[2]


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _object(value: object) -> Resource:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> Iterator[Resource]:
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else iter(())
