"""Reading FHIR R4 as the journal normalises it: times, concepts, references, and what limits who may see a resource."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from helsami_kernel.access_limits import AccessLimit, together
from helsami_kernel.clock import OSLO, written
from helsami_kernel.items import item_id
from helsami_kernel.journal import Unreadable, Unsupported

Json = Mapping[str, Any]

# Helsenorge's access limits: a parent may not see it, or the young person may not.
ACCESS_LIMITS: Final = "urn:oid:2.16.578.1.12.4.1.1.9603"
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
LIMITING: Final = frozenset({(CONFIDENTIALITY, "R"), (CONFIDENTIALITY, "V")})
LIMITS: Final[Mapping[str, AccessLimit]] = {
    "N": AccessLimit.NONE,
    "NORN_FORANS": AccessLimit.PARENTS,
    "NORN_UNGDOM": AccessLimit.YOUTH,
}

# By the type of what a resource may be a part of: where it says so.
PART_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "Appointment": ("appointment", "context.related"),
    "Encounter": ("encounter", "context", "context.encounter", "partOf"),
}
LONGEST_CODE: Final = 60
_DATE: Final = re.compile(r"(\d{4})(-\d{2})?(-\d{2})?")


@dataclass(frozen=True, slots=True)
class Coding:
    """A code of a system; any part may be empty."""

    system: str = ""
    code: str = ""
    display: str = ""


def objects(value: object) -> list[dict[str, Any]]:
    """Give the objects of a list; none when it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """Give a text; empty when it is none."""
    return value if isinstance(value, str) else ""


def element(node: object, path: str) -> Any:
    """Give what stands at a dotted path, in the first item of each list on the way; None when nothing does."""
    for name in path.split("."):
        if isinstance(node, list):
            node = node[0] if node else None
        if not isinstance(node, dict):
            return None
        node = node.get(name)
    return node


def codings(concept: object) -> list[Coding]:
    """Give the codings of a CodeableConcept that have a code."""
    found = objects(element(concept, "coding"))
    read = (Coding(text(one.get("system")), text(one.get("code")), text(one.get("display"))) for one in found)
    return [coding for coding in read if coding.code]


def code(concept: object) -> str:
    """Give the first code of a CodeableConcept, for those that FHIR defines itself; empty without one."""
    return next((coding.code for coding in codings(concept)), "")


def preferred(concept: object, systems: Iterable[str] = ()) -> Coding:
    """Give the coding of the first of these systems (or of their parts), else the first coding, else an empty one."""
    found = codings(concept)
    wanted = (coding for system in systems for coding in found if coding.system.startswith(system))
    return next(wanted, found[0] if found else Coding())


def name(concept: object) -> str:
    """Name a CodeableConcept as a citizen reads it: its text, else a display, else a code, else nothing."""
    displays = [text(coding.get("display")) for coding in objects(element(concept, "coding"))]
    return next(filter(None, [text(element(concept, "text")), *displays, code(concept)]), "")


def required_name(resource: Json, path: str) -> str:
    """Name the CodeableConcept at a path. Raises Unreadable when nothing there can be read."""
    if not (named := name(element(resource, path))):
        raise Unreadable("nameless", _full(resource, path))
    return named


def display(reference: object) -> str:
    """Name what a Reference leads to; empty when nobody has."""
    return text(element(reference, "display"))


def key(reference: object, kind: str) -> str | None:
    """Give the key of the resource of this type that a Reference leads to; None when it leads elsewhere."""
    found = text(element(reference, "reference"))
    return found.removeprefix(f"{kind}/") if found.startswith(f"{kind}/") else None


def moment(resource: Json, *paths: str) -> datetime | None:
    """
    Give the time at the first of these paths that holds one, in UTC; None when none does.

    A day, a month or a year stands for its beginning in Oslo. Raises Unreadable for what is no time.
    """
    return next((_moment(value, path) for value, path in _values(resource, paths)), None)


def moment_shown(resource: Json, *paths: str) -> str | None:
    """
    Give the time that `moment` gives, as a front end shows it: `2026-10-17`, `2026-10` or `2026` as it was written.

    Anything more precise is in UTC. A day sent as the moment at which it begins would elsewhere be the day before.
    Raises Unreadable for what is no time.
    """
    for value, path in _values(resource, paths):
        at = _moment(value, path)
        return value if _DATE.fullmatch(value) else written(at)
    return None


def required_moment(resource: Json, *paths: str) -> datetime:
    """
    Give the time at the first of these paths that holds one; Unreadable when none does.

    Without a time nobody can say whether a resource is from before its organisation joined (R64).
    """
    if (found := moment(resource, *paths)) is None:
        raise Unreadable("undated", _full(resource, paths[0]))
    return found


def required_moment_shown(resource: Json, *paths: str) -> str:
    """Give what `moment_shown` gives; Unreadable when there is no time."""
    if (found := moment_shown(resource, *paths)) is None:
        raise Unreadable("undated", _full(resource, paths[0]))
    return found


def within(resource: Json, owner: str, organisation: str) -> str:
    """
    Give the ids, a space between, of the visits and appointments that a resource says it is a part of.

    Where one of them is hidden, so is what it has led to (R69).
    """
    named = (
        item_id(owner, organisation, f"{kind}|{its}")
        for kind, paths in PART_OF.items()
        for path in paths
        for reference in _references(element(resource, path))
        if (its := key(reference, kind)) is not None
    )
    return " ".join(dict.fromkeys(named))


def access_limit(resource: Json) -> AccessLimit:
    """
    Give from whom a resource is to be hidden, as the codes of 9603 among its labels say.

    Raises Unsupported for a label that nothing here can keep to: the resource is then shown to nobody.
    """
    limits = []
    for label in (*objects(element(resource, "meta.security")), *_label_codings(resource)):
        system, limit = text(label.get("system")), text(label.get("code"))
        if (system, limit) in LIMITING or (system == ACCESS_LIMITS and limit not in LIMITS):
            raise Unsupported("access-limited", _full(resource, "meta.security"), f"of 9603 one of {', '.join(LIMITS)}")
        if system == ACCESS_LIMITS:
            limits.append(LIMITS[limit])
    return together(limits)


def iso(at: datetime | None) -> str | None:
    """Write a time as citizens' front ends read it: ISO 8601 in UTC."""
    return None if at is None else written(at)


def _references(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else (value,)


def _label_codings(resource: Json) -> list[dict[str, Any]]:
    return [coding for label in objects(resource.get("securityLabel")) for coding in objects(label.get("coding"))]


def _full(resource: Json, path: str) -> str:
    return f"{resource.get('resourceType', '')}.{path}"


def _values(resource: Json, paths: Iterable[str]) -> Iterator[tuple[Any, str]]:
    """What stands at each of these paths, where anything does, and its full path."""
    found = ((element(resource, path), _full(resource, path)) for path in paths)
    return ((value, path) for value, path in found if value is not None)


def _moment(value: object, path: str) -> datetime:
    try:
        read = _read_moment(text(value))
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Unreadable("no-time", path)


def _read_moment(value: str) -> datetime:
    if (part := _DATE.fullmatch(value)) is None:
        return datetime.fromisoformat(value)
    year, month, day = (int(found.lstrip("-")) if found else 1 for found in part.groups())
    return datetime(year, month, day, tzinfo=OSLO)
