"""Appointments as Helsenorge's profile has them (hn-basis-appointment 2.5.5), built here for the tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

Json = dict[str, Any]

VOLVEN: Final = "urn:oid:2.16.578.1.12.4.1.1."
NUMBERS: Final = "urn:oid:2.16.578.1.12.4.1.4."
HOSPITAL: Final = "http://terminology.hl7.org/CodeSystem/service-category"
ROLE: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
HELSENORGE: Final = "http://helsenorge.no/fhir/"
HOSPITALS: Final = frozenset({"27", "30"})


def concept(system: str, code: str, display: str | None = None) -> Json:
    """A CodeableConcept of one coding."""
    return {"coding": [coding(system, code, display)]}


def coding(system: str, code: str, display: str | None = None) -> Json:
    """A Coding, with its words where it has any."""
    return {"system": system, "code": code} | ({"display": display} if display else {})


def appointment(  # noqa: PLR0913  what a profile leaves open, by name
    key: str,
    pid: str,
    starts_at: datetime,
    *,
    category: str,
    status: str = "booked",
    kind: Sequence[Json] = (),
    places: Sequence[tuple[str, str, str]] = (),
    clinician: str = "Klar Kompass",
    flags: Sequence[str] = (),
    **more: Any,
) -> Json:
    """
    An appointment of a citizen with this national number.

    `places` are role (OF, PTRES, HU, HOSP), name and identifier; `kind` codings of appointmentType. What is in `more`
    takes the place of an element, and None leaves it out.
    """
    hospital = category in HOSPITALS
    contained = [*_organisations(), *(_place(*place) for place in places), *(_flag(code, pid) for code in flags)]
    whole = {
        "resourceType": "Appointment",
        "meta": {"lastUpdated": _instant(datetime.now(UTC).replace(microsecond=0))},
        "contained": [*contained, _professional(clinician)],
        "identifier": [_identifier(key)],
        "status": status,
        "serviceCategory": [concept(HOSPITAL if hospital else VOLVEN + "7619", category)],
        "appointmentType": {"coding": list(kind) or [coding(VOLVEN + "7617", "Konsultasjon", "Konsultasjon")]},
        "supportingInformation": [{"reference": "#partner"}, *({"reference": f"#{code}"} for code in flags)],
        "start": _instant(starts_at),
        "end": _instant(starts_at + timedelta(minutes=30)),
        "participant": [_patient(pid), *(_participant(f"#{role}") for role, *_ in places), _participant("#who")],
        **more,
    }
    return {name: value for name, value in whole.items() if value is not None}


def bundle(*appointments: Json) -> Json:
    """A transaction that puts them."""
    entries = [
        {
            "fullUrl": f"urn:uuid:{one['identifier'][0]['value']}",
            "resource": one,
            "request": {"method": "PUT", "url": f"Appointment?identifier={one['identifier'][0]['value']}"},
        }
        for one in appointments
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def cancelled(system: str, code: str) -> Json:
    """Why an appointment was cancelled: a code of Volven's 7621 outside hospitals, of 8445 in them."""
    return {"status": "cancelled", "cancelationReason": concept(VOLVEN + system, code)}


def by_video(address: str) -> Json:
    """The extension of an appointment that is held by video."""
    parts = [
        {"url": "channelType", "valueCoding": coding("http://hl7.org/fhir/contact-point-system", "url", "URL")},
        {"url": "virtualAddress", "valueUrl": address},
    ]
    return {"url": f"{HELSENORGE}StructureDefinition/hn-basis-virtual-service", "extension": parts}


def tags(**codes: str) -> Json:
    """A `meta` that says what is to be notified and reminded of: `varsling` and `paminnelse` by code."""
    told = [{"system": HELSENORGE + name, "code": code} for name, code in codes.items()]
    return {"meta": {"lastUpdated": _instant(datetime.now(UTC).replace(microsecond=0)), "tag": told}}


def window(starts_at: datetime, days: int) -> Json:
    """What is proposed to take place within some days, at a time that is not agreed."""
    period = {"start": _instant(starts_at), "end": _instant(starts_at + timedelta(days=days))}
    return {"status": "proposed", "start": None, "end": None, "requestedPeriod": [period]}


def _identifier(key: str) -> Json:
    assigner = {"reference": "#partner", "type": "Organization", "display": "Rimfrost helsetjeneste"}
    return {"system": "urn:ietf:rfc:3986", "value": str(uuid5(NAMESPACE_URL, key)), "assigner": assigner}


def _organisations() -> list[Json]:
    """Who is written to about it, and the organisation that they are part of."""
    partner: Json = {
        "resourceType": "Organization",
        "id": "partner",
        "meta": {"profile": [f"{HELSENORGE}StructureDefinition/kommunikasjonspart-Organization"]},
        "identifier": [{"system": NUMBERS + "102", "value": "8000001"}],
        "name": "Rimfrost helsetjeneste",
        "partOf": {"reference": "#owner"},
    }
    owner = {"resourceType": "Organization", "id": "owner", "identifier": [{"system": NUMBERS + "101", "value": "8"}]}
    return [partner, owner]


def _place(role: str, name: str, value: str) -> Json:
    return {
        "resourceType": "Location",
        "id": role,
        "identifier": [{"system": "urn:rimfrost", "value": value}],
        "name": name,
        "type": [concept(ROLE, role)],
        "managingOrganization": {"reference": "#owner"},
    }


def _flag(code: str, pid: str) -> Json:
    category = concept("http://terminology.hl7.org/CodeSystem/flag-category", "admin")
    return {
        "resourceType": "Flag",
        "id": code,
        "status": "active",
        "category": [category],
        "code": concept(f"{HELSENORGE}CodeSystem/hn-appointment-flag-code-cs", code),
        "subject": _patient(pid)["actor"],
    }


def _professional(name: str) -> Json:
    given, _, family = name.partition(" ")
    number = {"system": NUMBERS + "4", "value": f"90{len(name):05}"}
    return {
        "resourceType": "Practitioner",
        "id": "who",
        "identifier": [number],
        "name": [{"given": [given], "family": family}],
    }


def _patient(pid: str) -> Json:
    identifier = {"type": concept(VOLVEN + "8116", "FNR"), "system": NUMBERS + "1", "value": pid}
    return {"actor": {"type": "Patient", "identifier": identifier}, "status": "accepted"}


def _participant(reference: str) -> Json:
    return {"actor": {"reference": reference}, "status": "accepted"}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
