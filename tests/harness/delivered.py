"""What a record system knows of a citizen: an appointment with a task, a referral that led to it, a letter about it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Json = dict[str, Any]

FNR: Final = "urn:oid:2.16.578.1.12.4.1.4.1"
VISIT_TYPE: Final = "urn:helsami:visit-type"
PROFESSION: Final = "urn:oid:2.16.578.1.12.4.1.1.9060"
SYSTEM: Final = "urn:helsami:tests:foreign"


def about(pid: str, key: str, visit_type: str, starts_at: datetime) -> Json:
    """A bundle in which this citizen has one of each, all known by the same key."""
    written = instant(datetime.now(UTC) - timedelta(days=1))
    subject = {"type": "Patient", "identifier": {"system": FNR, "value": pid}}
    appointment = {
        "status": "booked",
        "start": instant(starts_at),
        "end": instant(starts_at + timedelta(minutes=20)),
        "serviceType": [{"coding": [{"system": VISIT_TYPE, "code": visit_type}], "text": "Kontroll"}],
        "basedOn": [{"type": "ServiceRequest", "identifier": identifier(key)}],
        "participant": [{"status": "accepted", "actor": subject}],
    }
    task = {
        "status": "requested",
        "intent": "order",
        "description": "Ta med listen over medisinene dine.",
        "for": subject,
        "focus": {"type": "Appointment", "identifier": identifier(key)},
    }
    referral = {
        "status": "active",
        "intent": "order",
        "code": {"text": "Vurdering"},
        "subject": subject,
        "authoredOn": written,
    }
    letter = {
        "status": "current",
        "category": [{"coding": [{"system": "urn:helsami:document-category", "code": "summons"}]}],
        "subject": subject,
        "date": written,
        "description": "Innkalling",
        "content": [{"attachment": enclosed("text/plain", "Velkommen.")}, {"attachment": enclosed("image/png", PIXEL)}],
        "context": {"related": [{"type": "Appointment", "identifier": identifier(key)}]},
    }
    told: Json = {"ServiceRequest": referral, "Appointment": appointment, "Task": task, "DocumentReference": letter}
    return _bundle(key, told)


def visit_of(pid: str, key: str, ended_at: datetime) -> Json:
    """A bundle with the visit that came of the appointment of this key, and what was found and prescribed at it."""
    subject = {"type": "Patient", "identifier": {"system": FNR, "value": pid}}
    at_the_visit = {"subject": subject, "encounter": {"type": "Encounter", "identifier": identifier(key)}}
    when = instant(ended_at)
    visit = {
        "status": "finished",
        "class": {"code": "AMB"},
        "type": [{"text": "Konsultasjon"}],
        "subject": subject,
        "period": {"start": when, "end": when},
        "appointment": [{"type": "Appointment", "identifier": identifier(key)}],
    }
    prescribed = {"status": "active", "intent": "order", "medicationCodeableConcept": {"text": "Et middel"}}
    found = {"status": "final", "category": [{"coding": [{"code": "vital-signs"}]}], "code": {"text": "Et funn"}}
    told: Json = {
        "Encounter": visit,
        "Condition": {"code": {"text": "En plage"}, "recordedDate": when, **at_the_visit},
        "MedicationRequest": {**prescribed, "authoredOn": when, **at_the_visit},
        "Observation": {**found, "effectiveDateTime": when, "valueString": "Normalt", **at_the_visit},
    }
    return _bundle(key, told)


def _bundle(key: str, told: Mapping[str, Json]) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "request": {"method": "PUT", "url": f"{kind}?identifier={named(key)}"},
                "resource": {"resourceType": kind, "identifier": [identifier(key)], **body},
            }
            for kind, body in told.items()
        ],
    }


def care_team(pid: str, key: str, unit: str, members: Mapping[str, str]) -> Json:
    """An entry that says who treats a citizen in a unit: the physiotherapists there, by their keys and names."""
    role = {"coding": [{"system": PROFESSION, "code": "FT"}]}
    participants = [
        {"role": [role], "member": {"type": "Practitioner", "identifier": identifier(each), "display": name}}
        for each, name in members.items()
    ]
    body = {
        "resourceType": "CareTeam",
        "identifier": [identifier(key)],
        "status": "active",
        "subject": {"type": "Patient", "identifier": {"system": FNR, "value": pid}},
        "managingOrganization": [{"identifier": {"system": "urn:helsami:unit", "value": unit}}],
        **({"participant": participants} if participants else {}),
    }
    return {"request": {"method": "PUT", "url": f"CareTeam?identifier={named(key)}"}, "resource": body}


def identifier(key: str) -> Json:
    """How the record system names each of them."""
    return {"system": SYSTEM, "value": key}


def named(key: str) -> str:
    """The same as its staff write it."""
    return f"{SYSTEM}|{key}"


def enclosed(kind: str, content: str | bytes) -> Json:
    """A file of a letter."""
    data = content.encode() if isinstance(content, str) else content
    return {"contentType": kind, "title": "Vedlegg", "data": b64encode(data).decode()}


def instant(moment: datetime) -> str:
    """As FHIR writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


PIXEL: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
