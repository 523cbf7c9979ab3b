"""FHIR R4 in small pieces: concepts, references, entries of a transaction, and JSON with decimals as written."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any
from uuid import NAMESPACE_URL, uuid5

Json = dict[str, Any]

DEMO = "urn:helsami:demo"
VISIT_TYPE = "urn:helsami:visit-type"
UNIT = "urn:helsami:unit"
ORGANISATION = "urn:helsami:organisation:"

FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
ICD_10 = "urn:oid:2.16.578.1.12.4.1.1.7110"
ICPC_2 = "urn:oid:2.16.578.1.12.4.1.1.7170"
LABORATORY = "urn:oid:2.16.578.1.12.4.1.1.7280"
PROFESSION = "urn:oid:2.16.578.1.12.4.1.1.9060"
DOCUMENT_TYPE = "urn:oid:2.16.578.1.12.4.1.1.9602"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
LANGUAGE = "urn:ietf:bcp:47"

HL7 = "http://terminology.hl7.org/CodeSystem/"
ACT = HL7 + "v3-ActCode"
CONFIDENTIALITY = HL7 + "v3-Confidentiality"


def coding(system: str, code: str, display: str | None = None) -> Json:
    """A code of a system, with its text where the code alone says little."""
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(text: str, *codings: Json) -> Json:
    """A CodeableConcept: the text a citizen reads, and its codes."""
    return {"coding": list(codings), "text": text}


def flag(system: str, code: str) -> Json:
    """A CodeableConcept of one of HL7's own small systems, which needs no text."""
    return {"coding": [coding(HL7 + system, code)]}


def identifier(value: str) -> Json:
    """The demo's own identifier: the same each time, so that a second load changes nothing."""
    return {"system": DEMO, "value": value}


def entry(kind: str, key: str, body: Mapping[str, Any]) -> Json:
    """An entry of a transaction that puts a resource by its identifier, `body`'s own identifiers coming first."""
    own = {"resourceType": kind, "identifier": [*body.get("identifier", ()), identifier(key)]}
    return {
        "fullUrl": full_url(kind, key),
        "resource": own | {name: value for name, value in body.items() if name != "identifier"},
        "request": {"method": "PUT", "url": conditional(kind, key)},
    }


def event(kind: str, key: str, body: Mapping[str, Any]) -> Json:
    """An entry of a transaction for a resource that has no identifiers: its address here is all that it is known by."""
    return {
        "fullUrl": full_url(kind, key),
        "resource": {"resourceType": kind, **body},
        "request": {"method": "POST", "url": kind},
    }


def full_url(kind: str, key: str) -> str:
    """Where a resource stands inside its bundle."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{DEMO}:{kind}:{key}')}"


def conditional(kind: str, key: str) -> str:
    """How to name a resource by its identifier, from any bundle."""
    return f"{kind}?identifier={DEMO}|{key}"


def inside(kind: str, key: str) -> Json:
    """A reference to a resource of the same bundle."""
    return {"reference": full_url(kind, key)}


def outside(kind: str, key: str, display: str) -> Json:
    """A reference to a resource of another bundle: whoever has not got it still has its identifier and its name."""
    return {"reference": conditional(kind, key), "type": kind, "identifier": identifier(key), "display": display}


def transaction(organisation: str, entries: list[Json]) -> Json:
    """A transaction bundle that says which organisation it comes from."""
    return {
        "resourceType": "Bundle",
        "meta": {"source": ORGANISATION + organisation},
        "type": "transaction",
        "entry": entries,
    }


def instant(moment: datetime) -> str:
    """An aware time as FHIR writes it, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(moment: date) -> str:
    """A day as FHIR writes it."""
    return f"{moment:%Y-%m-%d}"


def dumps(bundle: Json) -> bytes:
    """Write JSON in UTF-8 with each `Decimal` as a number with all its digits: 5.40 stays 5.40."""
    return _written(bundle).encode()


def _written(value: Any) -> str:
    match value:
        case str():
            return encode_basestring(value)
        case dict():
            return "{" + ",".join(f"{encode_basestring(name)}:{_written(held)}" for name, held in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_written, value)) + "]"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case int():
            return str(value)
    message = f"a bundle holds no {type(value).__name__}"
    raise TypeError(message)
