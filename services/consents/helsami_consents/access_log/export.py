"""The access log as FHIR R4: a Bundle of AuditEvents, page by page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from helsami_consents.access_log.codes import ACT_REASON, PROFESSIONS, PROFESSIONS_SYSTEM, REASON_OF
from helsami_consents.access_log.domain import ALLOWED, REPRESENTATIVE, Access, Entry
from helsami_consents.access_log.shown import Reader, following
from helsami_kernel.clock import written

Json = dict[str, Any]

HL7: Final = "http://terminology.hl7.org/CodeSystem/"
CITIZEN: Final = "urn:helsami:citizen"
ORGANISATION: Final = "urn:helsami:organisation"
UNIT: Final = "urn:helsami:unit"
ACTOR: Final = "urn:helsami:actor"
ROLE: Final = "urn:helsami:access-role"
PURPOSE: Final = "urn:helsami:access-purpose"
KIND: Final = "urn:helsami:access-kind"
CODE_OF_PROFESSION: Final[Mapping[str, str]] = {word: code for code, word in PROFESSIONS.items()}
SERIOUS: Final = "8"


def bundle(entries: Sequence[Entry], limit: int, reader: Reader, path: str, asked: Mapping[str, str]) -> bytes:
    """
    A searchset of at most `limit` events, newest first, given one link more where there are more.

    `path` and `asked` are what was asked for; the next page is a link, as FHIR has it.
    """
    cursor = following(entries, limit)
    links = [{"relation": "self", "url": _url(path, asked)}]
    if cursor is not None:
        links.append({"relation": "next", "url": _url(path, {**asked, "cursor": cursor})})
    events = [{"fullUrl": f"urn:uuid:{_id(one)}", "resource": audit_event(one, reader)} for one in entries[:limit]]
    told: Json = {"resourceType": "Bundle", "type": "searchset", "link": links}
    return orjson.dumps({**told, "entry": events} if events else told)


def audit_event(entry: Entry, reader: Reader) -> Json:
    """One access as an AuditEvent, by IHE's basic audit patterns."""
    access = entry.access
    return {
        "resourceType": "AuditEvent",
        "id": _id(entry),
        "type": {"system": HL7 + "audit-event-type", "code": "rest"},
        "action": "R",
        "recorded": written(access.at, "milliseconds"),
        "outcome": "0" if access.outcome == ALLOWED else SERIOUS,
        "purposeOfEvent": [{"coding": _purposes(access)}],
        "agent": [_requestor(access, reader), *_places(access, reader)],
        "source": {
            "observer": {"display": "HelsaMi"},
            "type": [{"system": HL7 + "security-source-type", "code": "4"}],
        },
        "entity": [_subject(entry.subject), *({"type": _code(KIND, kind)} for kind in (access.kinds or "").split())],
    }


def _url(path: str, asked: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(asked)}" if asked else path


def _id(entry: Entry) -> str:
    return str(uuid.uuid5(uuid.UUID(entry.subject), str(entry.sequence)))


def _code(system: str, code: str) -> Json:
    return {"system": system, "code": code}


def _purposes(access: Access) -> list[Json]:
    reason = REASON_OF.get(access.purpose)
    return [_code(PURPOSE, access.purpose), *([_code(ACT_REASON, reason)] if reason else [])]


def _requestor(access: Access, reader: Reader) -> Json:
    name = reader.name(access)
    who: Json = {"identifier": {"system": CITIZEN if access.role == REPRESENTATIVE else ACTOR, "value": access.actor}}
    if name is not None:
        who["display"] = name
    profession = CODE_OF_PROFESSION.get(access.profession or "")
    return {
        "type": {"coding": [_code(HL7 + "v3-ParticipationType", "IRCP")]},
        "role": [
            {"coding": [_code(ROLE, access.role)]},
            *([{"coding": [_code(PROFESSIONS_SYSTEM, profession)]}] if profession else []),
        ],
        "who": who,
        "requestor": True,
    }


def _places(access: Access, reader: Reader) -> list[Json]:
    told = ((ORGANISATION, reader.organisation(access)), (UNIT, reader.unit(access)))
    return [
        {
            "type": {"coding": [_code(HL7 + "v3-RoleClass", "PROV")]},
            "who": {"identifier": {"system": system, "value": value}},
            "requestor": False,
        }
        for system, value in told
        if value is not None
    ]


def _subject(subject: str) -> Json:
    return {
        "what": {"identifier": {"system": CITIZEN, "value": subject}},
        "type": _code(HL7 + "audit-entity-type", "1"),
        "role": _code(HL7 + "object-role", "1"),
    }
