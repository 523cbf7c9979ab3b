"""
What Helsenorge's profile of Appointment says in its own ways (hn-basis-appointment 2.5.5).

Places and clinicians come as contained resources, the care service as a code of `serviceCategory`, the kind as codes of
`appointmentType`, and what a citizen may do as contained Flags.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from helsami_kernel import fhir
from helsami_kernel.fhir import Coding, Json

VOLVEN: Final = "urn:oid:2.16.578.1.12.4.1.1."
CITIZENS_TYPE: Final = (VOLVEN + "7617", "http://helsenorge.no/fhir/CodeSystem/no-kodeverk-7617.codesystem")
CONTACT_TYPE: Final = (VOLVEN + "8432", "http://helsenorge.no/fhir/CodeSystem/no-kodeverk-8432.codesystem")
CARE_LEVEL: Final = (VOLVEN + "8406", "http://helsenorge.no/fhir/CodeSystem/Hn-AppointmentTypeProposed-New-Codes-cs")
REASONS: Final = (VOLVEN + "7621", "http://helsenorge.no/fhir/CodeSystem/no-kodeverk-7621.codesystem")
OWN_TYPES: Final = ("urn:helsami:service", "urn:helsami:visit-type")
ROLE: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
AT_HOME: Final = "PTRES"
PLACE_WITHIN: Final = ("HU", "HOSP")
"""Of a hospital appointment's places, the unit comes before the hospital that it is in."""

NOTIFYING: Final = "http://helsenorge.no/fhir/varsling"
REMINDING: Final = "http://helsenorge.no/fhir/paminnelse"
NONE: Final = "1"
"""Of Helsenorge's tags on notices and on reminders: that none is wanted."""

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Ordinær": "Time",
        "Hastetime": "Hastetime",
        "Vaksine": "Vaksinetime",
        "Lab": "Prøvetaking",
        "Hjemmebesok": "Hjemmebesøk",
        "Dagbehandling": "Dagbehandling",
        "Innleggelse": "Innleggelse",
        "Konsultasjon": "Konsultasjon",
        "Poliklinisk": "Poliklinisk time",
    }
)
"""What a citizen reads where a code of 7617 comes without words of its own."""

VISIT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Ordinær": "consultation",
        "Konsultasjon": "consultation",
        "Poliklinisk": "consultation",
        "Vaksine": "vaccination",
        "Lab": "blood-test",
        "Hjemmebesok": "home-care-visit",
        "Innleggelse": "inpatient-stay",
    }
)
"""What organisations' rules call a kind of 7617; a code that is not here is asked about as it is."""

SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {"Hjemmebesok": "home", "Innleggelse": "inpatient", "Dagbehandling": "outpatient", "Poliklinisk": "outpatient"}
)
LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "inpatient",
        "2": "outpatient",
        "3": "outpatient",
        "8": "outpatient",
        "Innleggelse": "inpatient",
        "Poliklinisktime": "outpatient",
    }
)
CANCELLED_BECAUSE: Final[Mapping[str, str]] = MappingProxyType(
    {"AAT": "service", "AAI": "citizen", "APVAI": "on-behalf", "AIH": "not-home", "IM": "no-show"}
)
"""Why an appointment is cancelled (7621), as front ends have words for it; hospitals' own codes are `other`."""

OTHER: Final = "other"
FLAGS: Final = frozenset({"cancel", "cancelWithComment", "canChangeAppointment", "canChangeAppointmentDialog"})
"""Of what a Flag may let a citizen do, that which is also done here."""

OUTDATED_FLAGS: Final = frozenset({"inactive", "entered-in-error"})


def actors(resource: Json) -> list[Json]:
    """
    Give whom and what an Appointment brings together, each as a reference by key with a name.

    What is contained is known by its identifier, and named by itself. Places that stand beside the participants count
    as well: the profile asks for a contained Location, and for no participant that refers to it.
    """
    contained = fhir.objects(resource.get("contained"))
    by_id = {f"#{one['id']}": one for one in contained if isinstance(one.get("id"), str)}
    named = [one["actor"] for one in fhir.objects(resource.get("participant")) if isinstance(one.get("actor"), dict)]
    within = [_within(actor, by_id) for actor in named]
    referred = {fhir.text(actor.get("reference")) for actor in named}
    beside = [_as_actor(one, {}) for one in _places(contained) if f"#{one.get('id')}" not in referred]
    return [*within, *beside]


def place_named(resource: Json) -> str:
    """Name the place by the unit and the hospital that it is in, where an Appointment contains both; else nothing."""
    places = {
        role: fhir.text(place.get("name"))
        for place in _places(fhir.objects(resource.get("contained")))
        for role in _roles(place)
    }
    names = [places.get(role, "") for role in PLACE_WITHIN]
    return ", ".join(names) if all(names) else ""


def kind(resource: Json) -> str:
    """What a citizen calls such an appointment, as its type's codes say; empty where they have no words."""
    if written := fhir.text(fhir.element(resource, "appointmentType.text")):
        return written
    for systems in (CITIZENS_TYPE, CONTACT_TYPE, CARE_LEVEL):
        for coding in _types(resource, systems):
            known = KINDS.get(coding.code, "") if systems is CITIZENS_TYPE else ""
            if words := coding.display or known:
                return words
    return ""


def visit_type(resource: Json) -> str:
    """What rules call such an appointment: the organisation's own code, else that of the citizens' type; or empty."""
    own = next(iter(_types(resource, OWN_TYPES)), None)
    if own is not None:
        return own.code
    named = next(iter(_types(resource, CITIZENS_TYPE)), None)
    return "" if named is None else VISIT_TYPES.get(named.code, named.code)


def setting(resource: Json) -> str:
    """Where people meet (helsami_sdk.questions.SETTINGS), as far as the profile says; or empty."""
    if any(AT_HOME in _roles(place) for place in _places(fhir.objects(resource.get("contained")))):
        return "home"
    told = [SETTINGS.get(one.code, "") for one in _types(resource, CITIZENS_TYPE)]
    told += [LEVELS.get(one.code, "") for one in _types(resource, CARE_LEVEL)]
    return next(filter(None, told), "")


def instructions(resource: Json) -> str:
    """What the citizen is to do before they come; empty where nothing is said."""
    return fhir.text(resource.get("patientInstruction")).strip()


def cancelled_because(resource: Json) -> str:
    """Why an appointment was cancelled: one of CANCELLED_BECAUSE, OTHER where it is said in other codes, or empty."""
    reason = resource.get("cancelationReason")
    codes = [coding for coding in fhir.codings(reason) if coding.system in REASONS]
    known = (CANCELLED_BECAUSE.get(coding.code, "") for coding in codes)
    return next(filter(None, known), OTHER if fhir.name(reason) else "")


def flags(resource: Json) -> frozenset[str] | None:
    """What a citizen may do with it, as the record system says; None where it says nothing of that."""
    contained = [one for one in fhir.objects(resource.get("contained")) if one.get("resourceType") == "Flag"]
    valid = [one for one in contained if one.get("status") not in OUTDATED_FLAGS]
    said = {coding.code for one in valid for coding in fhir.codings(one.get("code"))}
    return frozenset(said & FLAGS) if valid else None


def is_tagged(resource: Json, system: str) -> bool:
    """Whether a record system wants nothing of this sort: no notice, or no reminder."""
    tags = fhir.objects(fhir.element(resource, "meta.tag"))
    return any((tag.get("system"), tag.get("code")) == (system, NONE) for tag in tags)


def _types(resource: Json, systems: tuple[str, ...]) -> list[Coding]:
    return [coding for coding in fhir.codings(resource.get("appointmentType")) if coding.system in systems]


def _within(actor: Json, by_id: Mapping[str, Json]) -> Json:
    inside = by_id.get(fhir.text(actor.get("reference")))
    return actor if inside is None else _as_actor(inside, actor)


def _as_actor(inside: Json, actor: Json) -> dict[str, Any]:
    """A contained resource as a reference by its identifier; a role is read as the professional who has it."""
    is_role = inside.get("resourceType") == "PractitionerRole"
    professional = inside.get("practitioner") if is_role else None
    named = filter(None, (_name(inside), fhir.display(actor), fhir.display(professional)))
    kind_of = "Practitioner" if is_role else fhir.text(inside.get("resourceType"))
    name = next(named, "")
    return {"reference": f"{kind_of}/{_key(inside) or name}", "display": name}


def _key(inside: Json) -> str:
    found = (
        f"{fhir.text(one.get('system'))}|{fhir.text(one.get('value'))}"
        for one in fhir.objects(inside.get("identifier"))
        if fhir.text(one.get("value"))
    )
    return next(found, "")


def _name(inside: Json) -> str:
    name = inside.get("name")
    if isinstance(name, str):
        return name
    return next(filter(None, map(_written_out, fhir.objects(name))), "")


def _written_out(name: Json) -> str:
    given = name.get("given")
    parts = [*(given if isinstance(given, list) else []), name.get("family")]
    return fhir.text(name.get("text")) or " ".join(part for part in parts if isinstance(part, str))


def _places(contained: list[dict[str, Any]]) -> Iterator[Json]:
    return (one for one in contained if one.get("resourceType") == "Location")


def _roles(place: Json) -> set[str]:
    return {
        coding.code for one in fhir.objects(place.get("type")) for coding in fhir.codings(one) if coding.system == ROLE
    }
