"""Reading a CareTeam (FHIR R4, as the journal normalises it) into those a citizen has to do with."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any, Final

from helsami_kernel import fhir
from helsami_kernel.access_limits import AccessLimit
from helsami_kernel.clock import OSLO
from helsami_kernel.fhir import Json
from helsami_kernel.journal import Entry, Unreadable, Unsupported
from helsami_messages.recipients.domain import ALWAYS, EVER, CareTeam, Relation
from helsami_messages.recipients.pseudonyms import Pseudonyms
from helsami_sdk.manifest import Manifest

CARE_TEAM: Final = "CareTeam"
ACTIVE: Final = "active"
PROFESSION: Final = "urn:oid:2.16.578.1.12.4.1.1.9060"
WORKS: Final = ("Practitioner", "PractitionerRole")
MANAGING: Final = f"{CARE_TEAM}.managingOrganization"
PARTICIPANT: Final = f"{CARE_TEAM}.participant"
MOST: Final = 100
LONGEST_NAME: Final = 200
YEAR, MONTH = len("2026"), len("2026-11")


def care_team(ids: Pseudonyms, manifest: Manifest, entry: Entry) -> CareTeam | None:
    """
    Read a team; None where it is not, or no longer, one that treats the citizen.

    Raises Unreadable `unknown-unit` without a unit of the organisation, `too-many` or `too-long`, and Unsupported for a
    label that cannot be kept to.
    """
    team = entry.resource
    access_limit = fhir.access_limit(team)
    if team.get("status") != ACTIVE:
        return None
    participants = fhir.objects(team.get("participant"))
    if len(participants) > MOST:
        raise Unreadable("too-many", PARTICIPANT, f"at most {MOST}")
    own = [*_units(manifest, fhir.objects(team.get("managingOrganization")))]
    members = [*chain.from_iterable(_member(ids, manifest, own, one) for one in participants)]
    units = dict.fromkeys((*own, *(member.unit for member in members)))
    if not units:
        raise Unreadable("unknown-unit", MANAGING, f"one of {', '.join(manifest.units) or 'the units of a manifest'}")
    starts_at, ends_at = _period(team, CARE_TEAM)
    relations = (*(Relation(manifest.id, unit) for unit in units), *members)
    within = (_within(one, starts_at, ends_at, access_limit) for one in relations)
    return CareTeam(starts_at, access_limit, tuple(within))


def limit_told(entry: Entry) -> AccessLimit:
    """From whom a team is hidden, also one that is over; from everybody who can be, for a label that is not known."""
    try:
        return fhir.access_limit(entry.resource)
    except Unsupported:
        return AccessLimit.BOTH


def _member(ids: Pseudonyms, manifest: Manifest, own: list[str], participant: Json) -> Iterator[Relation]:
    """Somebody who works in a unit of the organisation, as a relation; nothing for anybody else."""
    member = participant.get("member")
    key = _employee(member)
    units = [*_units(manifest, fhir.objects([participant.get("onBehalfOf")])), *own]
    if not key or not units:
        return
    name = fhir.display(member)
    if len(name) > LONGEST_NAME:
        raise Unreadable("too-long", f"{PARTICIPANT}.member.display", f"at most {LONGEST_NAME} characters")
    starts_at, ends_at = _period(participant, PARTICIPANT)
    employee = ids.employee(manifest.id, key)
    yield Relation(manifest.id, units[0], employee, _role(participant), name, starts_at, ends_at)


def _employee(member: Any) -> str:
    """What the record system calls somebody who works there, as `system|value`; empty for patients and relatives."""
    found = next(filter(None, (fhir.key(member, kind) for kind in WORKS)), "")
    identifier = fhir.element(member, "identifier") or {}
    if found or fhir.element(member, "reference") is not None or not (value := fhir.text(identifier.get("value"))):
        return found
    return f"{fhir.text(identifier.get('system'))}|{value}"


def _units(manifest: Manifest, references: list[dict[str, Any]]) -> Iterator[str]:
    """The codes of units, each the value of an identifier without the organisation's own id before it."""
    for reference in references:
        key = fhir.key(reference, "Organization") or fhir.text(fhir.element(reference, "identifier.value"))
        code = key.rpartition("|")[2].removeprefix(f"{manifest.id}.")
        if code in manifest.units:
            yield code


def _role(participant: Json) -> str:
    """The profession by its code of 9060, else whatever code there is."""
    roles = fhir.objects(participant.get("role"))
    found = [coding for role in roles for coding in fhir.codings(role)]
    profession = next((one.code for one in found if one.system == PROFESSION), found[0].code if found else "")
    if len(profession) > fhir.LONGEST_CODE:
        raise Unreadable("too-long", f"{PARTICIPANT}.role", f"at most {fhir.LONGEST_CODE} characters")
    return profession


def _period(node: Json, path: str) -> tuple[datetime, datetime]:
    """From when to when something holds: a day, month or year with which it ends is part of it."""
    named = {"resourceType": path, "period": node.get("period")}
    starts_at, ends_at = fhir.moment(named, "period.start"), fhir.moment(named, "period.end")
    if ends_at is not None:
        ends_at = _end(ends_at, fhir.text(fhir.element(named, "period.end")))
    return starts_at or EVER, ends_at or ALWAYS


def _end(begins: datetime, written: str) -> datetime:
    """When a time is over that is as precise as it was written."""
    if "T" in written:
        return begins
    return datetime.combine(_last_day(begins.astimezone(OSLO).date(), written) + timedelta(days=1), time(), OSLO)


def _last_day(day: date, written: str) -> date:
    if len(written) == YEAR:
        return day.replace(month=12, day=31)
    return day.replace(day=monthrange(day.year, day.month)[1]) if len(written) == MONTH else day


def _within(relation: Relation, starts_at: datetime, ends_at: datetime, access_limit: str) -> Relation:
    """A relation as long as its team is one, hidden from whom the team is."""
    return replace(
        relation,
        starts_at=max(relation.starts_at, starts_at),
        ends_at=min(relation.ends_at, ends_at),
        access_limit=access_limit,
    )
