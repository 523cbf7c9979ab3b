"""Reading FHIR R4 AuditEvents, by IHE's basic audit patterns and the Norwegian trust framework."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from helsami_consents.access_log.codes import (
    KIND_OF_TYPE,
    NOT_STATED,
    OPERATIONS,
    PROFESSIONS,
    PROFESSIONS_SYSTEM,
    PURPOSES,
)
from helsami_consents.access_log.domain import (
    ALLOWED,
    OTHER,
    REFUSED,
    STAFF,
    SUPPORT,
    SYSTEM,
    Access,
    pseudonym,
    source_of,
    written_kinds,
)
from helsami_kernel.fhir import Json, codings, element, objects, required_moment, text
from helsami_kernel.journal import Entry, Unreadable, Unsupported

HPR: Final = "urn:oid:2.16.578.1.12.4.1.4.4"
UNITS: Final = "urn:helsami:unit"
RECORD_SYSTEM: Final = "record-system"
READS: Final = frozenset({"R", "E"})
UNTYPED: Final = frozenset({"", "Resource"})
"""What the journal makes of an identifier of anything: a request's number, and no content."""
CITIZENS: Final = frozenset({"Patient", "RelatedPerson"})
EARLY: Final = timedelta(minutes=5)
"""How far ahead of ours another clock may be."""

LONGEST_NAME: Final = 80
_WORD: Final = r"(?:[^\W\d_a-zæøå][^\W\d_]*(?:['’-][^\W\d_]+)*\.?|av|de|den|der|di|dr\.|la|van|von)"
NAME: Final = re.compile(rf"{_WORD}(?: {_WORD}){{0,5}}")
"""A person's name: up to six words that begin with a capital. Anything else in its place is no name, and not kept."""
UNIT: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


def access(entry: Entry, organisation: str, subject: str, now: datetime, key: bytes) -> Access:
    """
    What an AuditEvent says of an access to a citizen's record.

    Only codes, a time and a name are read: descriptions, queries, details, addresses and other free text are not.
    Raises Unreadable for a time that is not yet, Unsupported for what is no reading, and for a citizen's own.
    """
    event = entry.resource
    if text(event.get("action")) not in READS:
        raise Unsupported("not-a-read", "AuditEvent.action")
    at = required_moment(event, "recorded")
    if at > now + EARLY:
        raise Unreadable("in-the-future", "AuditEvent.recorded")
    agent = requestor(event)
    if _type(agent) in CITIZENS:
        raise Unsupported("not-by-staff", "AuditEvent.agent")
    purpose, basis = _purpose(event, agent), _basis(agent)
    if basis == STAFF and purpose == OPERATIONS:
        basis = SUPPORT
    return Access(
        at=at,
        actor=RECORD_SYSTEM if basis == SYSTEM else pseudonym(key, *_identity(agent, organisation)),
        basis=basis,
        purpose=purpose,
        outcome=ALLOWED if text(event.get("outcome")) in {"", "0"} else REFUSED,
        reason="audit-event",
        organisation=organisation,
        unit=_unit(event, organisation),
        name=None if basis == SYSTEM else _name(event, agent),
        profession=None if basis == SYSTEM else _profession(event, agent),
        kinds=written_kinds(_kinds(event)),
        source=source_of(organisation, subject, entry.key),
    )


def requestor(event: Json) -> Json:
    """The agent who asked; an empty one where nobody did, as in a job of a record system's own."""
    return next((agent for agent in objects(event.get("agent")) if agent.get("requestor") is True), {})


def _basis(agent: Json) -> str:
    return STAFF if agent and _type(agent) != "Device" else SYSTEM


def _type(agent: Json) -> str:
    """The type of resource that an agent is, where that is told."""
    who = agent.get("who", {})
    return text(who.get("type")) or text(who.get("reference")).partition("/")[0]


def _purpose(event: Json, agent: Json) -> str:
    reasons = [*objects(agent.get("purposeOfUse")), *objects(event.get("purposeOfEvent"))]
    told = [coding.code for reason in reasons for coding in codings(reason)]
    known = next((PURPOSES[code] for code in told if code in PURPOSES), OTHER)
    return known if told else NOT_STATED


def _identity(agent: Json, organisation: str) -> tuple[str, ...]:
    """What makes somebody the same the next time: their number as health personnel, else what the organisation says."""
    who = agent.get("who", {})
    system, value = _token(who)
    if system == HPR and value:
        return (HPR, value)
    return (organisation, system, value or text(who.get("reference")) or text(who.get("display")))


def _token(reference: Json) -> tuple[str, str]:
    """System and value of whom a Reference leads to: of its identifier, or of the key that the journal made of it."""
    identifier = reference.get("identifier") or {}
    if "value" in identifier:
        return text(identifier.get("system")), text(identifier.get("value"))
    system, _, value = text(reference.get("reference")).partition("/")[2].rpartition("|")
    return system, value


def _name(event: Json, agent: Json) -> str | None:
    role = _contained(event, agent)
    told = (element(agent, "who.display"), agent.get("name"), element(role, "practitioner.display"))
    return next((name for name in told if isinstance(name, str) and _is_name(name)), None)


def _is_name(told: str) -> bool:
    return len(told) <= LONGEST_NAME and NAME.fullmatch(told) is not None


def _profession(event: Json, agent: Json) -> str | None:
    concepts = [*objects(agent.get("role")), *objects(_contained(event, agent).get("code"))]
    told = [coding.code for concept in concepts for coding in codings(concept) if coding.system == PROFESSIONS_SYSTEM]
    return next((PROFESSIONS.get(code, OTHER) for code in told), None)


def _contained(event: Json, agent: Json) -> dict[str, Any]:
    """The resource inside the event that an agent is, such as a PractitionerRole; an empty one without."""
    named = text(element(agent, "who.reference")).removeprefix("#")
    return next((one for one in objects(event.get("contained")) if named and one.get("id") == named), {})


def _unit(event: Json, organisation: str) -> str | None:
    """The organisation's code of the unit somebody looked from, without its own id before it; None for what is none."""
    agents = objects(event.get("agent"))
    whose = [value for agent in agents for system, value in [_token(agent.get("who", {}))] if system == UNITS]
    where = [_token(agent["location"])[1] for agent in agents if "location" in agent]
    codes = (told.removeprefix(f"{organisation}.") for told in (*whose, *where))
    return next((code for code in codes if UNIT.fullmatch(code)), None)


def _kinds(event: Json) -> Iterator[str]:
    """Areas of what was looked at; nobody's identity is one, and an event that names nothing has one all the same."""
    found = False
    for entity in objects(event.get("entity")):
        kind = _type({"who": entity.get("what", {})}) or _type_by_code(entity)
        if kind not in UNTYPED and not _is_the_subject(entity, kind):
            found = True
            yield KIND_OF_TYPE.get(kind, OTHER)
    if not found:
        yield OTHER


def _type_by_code(entity: Json) -> str:
    told = entity.get("type", {})
    return text(told.get("code")) if text(told.get("system")).endswith("resource-types") else ""


def _is_the_subject(entity: Json, kind: str) -> bool:
    return kind == "Patient" and text(element(entity, "role.code")) in {"", "1"}
