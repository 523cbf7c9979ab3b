"""The access log's routes as front-end teams read them."""

from __future__ import annotations

from typing import Final

from helsami_gateway import access_log_schemas
from helsami_gateway.described import OF_CITIZENS, Route

FHIR: Final = "application/fhir+json"
UNFILTERED: Final = ("422", "Nobody at a protected address filters by organisation (`protected-address`).")
STAFF: Final = {
    "id": "41",
    "organisation": "st_olavs",
    "unit": "surgery",
    "at": "2026-03-01T09:12:44Z",
    "actor": "0d5f0a7c4e1b4b0e9a3f0c6d2b8e7f11",
    "name": "Klar Kompass",
    "role": "staff",
    "profession": "doctor",
    "basis": "staff",
    "purpose": "treatment",
    "kinds": ["records", "results"],
    "outcome": "allowed",
}
REPRESENTATIVE: Final = {
    "id": "40",
    "organisation": None,
    "unit": None,
    "at": "2026-02-27T17:03:02Z",
    "actor": "9c1f6b3f0d8e4a52b7c0a1d2e3f40516",
    "name": "Modig Fjell",
    "role": "representative",
    "profession": None,
    "basis": "grant",
    "purpose": "home",
    "kinds": ["overview"],
    "outcome": "refused",
}
PAGE: Final = {
    "items": [STAFF, REPRESENTATIVE],
    "as_of": "2026-03-02T08:00:00Z",
    "status": "ok",
    "absences": [],
    "next": None,
}
HL7: Final = "http://terminology.hl7.org/CodeSystem/"
EVENT: Final = {
    "resourceType": "AuditEvent",
    "id": "5b6f2f0e-7d0d-5a8e-9c39-6d1f0b9a4f10",
    "type": {"system": HL7 + "audit-event-type", "code": "rest"},
    "action": "R",
    "recorded": "2026-03-01T09:12:44.000Z",
    "outcome": "0",
    "purposeOfEvent": [
        {
            "coding": [
                {"system": "urn:helsami:access-purpose", "code": "treatment"},
                {"system": HL7 + "v3-ActReason", "code": "TREAT"},
            ]
        }
    ],
    "agent": [
        {
            "type": {"coding": [{"system": HL7 + "v3-ParticipationType", "code": "IRCP"}]},
            "role": [
                {"coding": [{"system": "urn:helsami:access-role", "code": "staff"}]},
                {"coding": [{"system": "urn:oid:2.16.578.1.12.4.1.1.9060", "code": "LE"}]},
            ],
            "who": {
                "identifier": {"system": "urn:helsami:actor", "value": STAFF["actor"]},
                "display": "Klar Kompass",
            },
            "requestor": True,
        },
        {
            "type": {"coding": [{"system": HL7 + "v3-RoleClass", "code": "PROV"}]},
            "who": {"identifier": {"system": "urn:helsami:organisation", "value": "st_olavs"}},
            "requestor": False,
        },
    ],
    "source": {
        "observer": {"display": "HelsaMi"},
        "type": [{"system": HL7 + "security-source-type", "code": "4"}],
    },
    "entity": [
        {
            "what": {"identifier": {"system": "urn:helsami:citizen", "value": "b7a9c6e0d1f24c3e8a5b4d3c2e1f0a99"}},
            "type": {"system": HL7 + "audit-entity-type", "code": "1"},
            "role": {"system": HL7 + "object-role", "code": "1"},
        },
        {"type": {"system": "urn:helsami:access-kind", "code": "results"}},
    ],
}
BUNDLE: Final = {
    "resourceType": "Bundle",
    "type": "searchset",
    "link": [
        {"relation": "self", "url": "/api/v1/access-log/export?limit=1"},
        {"relation": "next", "url": "/api/v1/access-log/export?limit=1&cursor=MjAyNi0wMy0wMXw0MQ"},
    ],
    "entry": [{"fullUrl": f"urn:uuid:{EVENT['id']}", "resource": EVENT}],
}
ROUTES: Final = (
    Route(
        "list_access",
        "get",
        "/api/v1/access-log",
        "Who has looked, and who was refused, newest first: staff, representatives and systems. For oneself alone.",
        access_log_schemas.AccessLog,
        access_log_schemas.AccessLogQuery,
        problems=(*OF_CITIZENS, UNFILTERED),
        on_behalf=False,
        example=PAGE,
    ),
    Route(
        "export_access",
        "get",
        "/api/v1/access-log/export",
        "The same as FHIR R4, to keep or to pass on: a searchset of AuditEvents, with a link to the next page.",
        {"type": "object", "description": "A FHIR R4 Bundle of type searchset."},
        access_log_schemas.ExportQuery,
        problems=(*OF_CITIZENS, UNFILTERED),
        on_behalf=False,
        media=FHIR,
        example=BUNDLE,
    ),
)
