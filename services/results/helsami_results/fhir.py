"""Reading a DiagnosticReport or Observation (FHIR R4, as the journal normalises it) into a result."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, Final

from helsami_kernel import fhir
from helsami_kernel.access_limits import together
from helsami_kernel.fhir import Coding, Json, element, objects, text
from helsami_kernel.journal import Entry, Unsupported
from helsami_results.domain import Asked, Result, Stage, Value

REPORT: Final = "DiagnosticReport"
OBSERVATION: Final = "Observation"
TYPES: Final = (REPORT, OBSERVATION)

STAGES: Final = {
    "final": Stage.READY,
    "amended": Stage.READY,
    "corrected": Stage.READY,
    "appended": Stage.READY,
    "registered": Stage.WAITING,
    "partial": Stage.WAITING,
    "preliminary": Stage.WAITING,
    "unknown": Stage.WAITING,
    "cancelled": Stage.VOID,
    "entered-in-error": Stage.VOID,
}
TIMES: Final = ("effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "effectiveTiming.event", "issued")
# LOINC and the Norwegian laboratory code system before whatever a laboratory calls it itself.
SYSTEMS: Final = ("http://loinc.org", "urn:oid:2.16.578.1.12.4.1.1.7280")


def result(entry: Entry) -> Result | None:
    """
    Read a result; None when its source has taken it back.

    Raises Unreadable without a name or a time, Unsupported for a status that R4 does not know and for a label that
    cannot be kept to.
    """
    resource = entry.resource
    stage = STAGES.get(text(resource.get("status")))
    if stage is None:
        raise Unsupported("status", f"{entry.type}.status")
    if stage is Stage.VOID:
        return None
    own = _contained(resource) if entry.type == REPORT else [resource]
    coding = fhir.preferred(resource.get("code"), SYSTEMS)
    return Result(
        is_report=entry.type == REPORT,
        stage=stage,
        name=fhir.required_name(resource, "code"),
        system=coding.system,
        code=coding.code,
        status=text(resource.get("status")),
        taken_at=fhir.required_moment_shown(resource, *TIMES),
        occurred_at=fhir.required_moment(resource, *TIMES),
        answered_at=fhir.moment(resource, "issued"),
        values=tuple(value for one in own for value in _values(one)),
        conclusion=_conclusion(resource),
        asked=tuple(dict.fromkeys(asked for one in (resource, *own) for asked in _asked(one, resource, entry.setting))),
        members=tuple(dict.fromkeys(_members(resource))) if entry.type == REPORT else (),
        access_limit=together(map(fhir.access_limit, (resource, *own))),
    )


def _members(report: Json) -> Iterator[str]:
    for reference in objects(report.get("result")):
        if (key := fhir.key(reference, OBSERVATION)) is not None:
            yield key


def _contained(report: Json) -> list[dict[str, Any]]:
    """The observations that a report carries in itself."""
    found = {
        f"#{one.get('id')}": one for one in objects(report.get("contained")) if one.get("resourceType") == OBSERVATION
    }
    references = (text(reference.get("reference")) for reference in objects(report.get("result")))
    return [found[reference] for reference in references if reference in found]


def _asked(part: Json, whole: Json, setting: str) -> Iterator[Asked]:
    """Every code of a result in every category of it: the strictest answer counts, whichever is named first."""
    codes = fhir.codings(part.get("code")) or [Coding()]
    found = [coding.code for category in _categories(part) or _categories(whole) for coding in fhir.codings(category)]
    for coding, category in product(codes, found or [""]):
        yield Asked(coding.code, coding.system, category, setting)


def _categories(resource: Json) -> list[dict[str, Any]]:
    return objects(resource.get("category"))


def _conclusion(resource: Json) -> str | None:
    codes = (fhir.name(code) for code in objects(resource.get("conclusionCode")))
    return text(resource.get("conclusion")) or "\n".join(filter(None, codes)) or None


def _values(observation: Json) -> Iterator[Value]:
    """The observation's own value, then those of its components (a blood pressure has only these)."""
    for part in (observation, *objects(observation.get("component"))):
        measured = _measured(part)
        if measured != (None, None, None):
            coding = fhir.preferred(part.get("code"), SYSTEMS)
            yield Value(fhir.name(part.get("code")), coding.code, *measured)


def _measured(part: Json) -> tuple[str | None, str | None, str | None]:
    """Value, unit and text; all None when there is nothing."""
    if quantity := _quantity(part.get("valueQuantity")):
        return quantity[0], quantity[1], None
    for kind in ("valueInteger", "valueBoolean"):
        if (plain := part.get(kind)) is not None:
            return str(plain).lower(), None, None
    for kind in ("valueRange", "valueRatio"):
        if (pair := part.get(kind)) is not None:
            return _pair(pair)
    texts = (text(part.get(kind)) for kind in ("valueString", "valueTime", "valueDateTime"))
    named = (fhir.name(part.get(kind)) for kind in ("valueCodeableConcept", "dataAbsentReason"))
    return None, None, next(filter(None, (*texts, *named)), None)


def _quantity(quantity: object) -> tuple[str, str | None] | None:
    number = element(quantity, "value")
    if not isinstance(number, str | int):
        return None
    unit = text(element(quantity, "unit")) or text(element(quantity, "code"))
    return f"{text(element(quantity, 'comparator'))}{number}", unit or None


def _pair(pair: object) -> tuple[str | None, str | None, str | None]:
    ends = {name: _quantity(element(pair, name)) for name in ("low", "high", "numerator", "denominator")}
    between = ":" if ends["numerator"] else "–"
    found = [end for end in ends.values() if end]
    return None, None, between.join(" ".join(filter(None, end)) for end in found) or None
