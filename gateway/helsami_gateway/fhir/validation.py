"""
Say what is wrong with a resource: fhir.resources, and the checks it lacks.

The models see to cardinality, unknown elements and choices. They do not see to required codes, nulls, numbers where a
date belongs or a booked appointment without a time, and they leak exceptions for unknown contained types, so every
element is also visited here.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from helsami_gateway.fhir.elements import Element, elements_of, is_resource, model_of
from helsami_gateway.fhir.primitives import DATE_TIME, check_of
from helsami_gateway.fhir.problem import Problem

DEEPEST: Final = 32
MOST_PROBLEMS: Final = 20
NAME: Final = re.compile(r"_?[A-Za-z][A-Za-z]{0,63}")
FULL_DATE: Final = len("2001-02-03")
MISSING: Final = frozenset({"missing", "model_field_validation.missing"})
# The names between the quotes are FHIR's own, from the model.
CHOICE: Final = re.compile(r"from this list \[([A-Za-z', ]+)\]")
# A receiver that does not know these must not use the resource (R4, "Extensibility" and "Resource.implicitRules").
MODIFIERS: Final = ("modifierExtension", "implicitRules")
TIMELESS: Final = frozenset({"proposed", "cancelled", "waitlist"})


def problems(resource: dict[str, Any]) -> list[Problem]:
    """
    Check a resource of a supported type against FHIR R4; an empty list means it is sound.

    Decimals are `int` or `WrittenDecimal`. No more than 20 problems are told; none repeats what the resource holds.
    """
    kind = resource["resourceType"]
    found: list[Problem] = []
    _visit(resource, kind, kind, 0, found)
    if not found:
        found.extend(_of_model(resource, kind))
    if not found:
        found.extend(_invariants(resource, kind))
    return found[:MOST_PROBLEMS]


def _visit(node: dict[str, Any], kind: str, path: str, depth: int, found: list[Problem]) -> None:
    if depth > DEEPEST:
        found.append(Problem(path, "too-long", f"no more than {DEEPEST} levels"))
        return
    if not node:
        found.append(Problem(path, "structure", "an object that holds something"))
    known = elements_of(kind)
    for name, value in node.items():
        element = known.get(name)
        # What is unknown here is reported by the model.
        if element is not None:
            _visit_element(value, element, f"{path}.{name}", depth, found)
    if kind == "Period":
        _check_period(node, path, found)
    found.extend(
        Problem(f"{path}.{name}", "extension", "nothing that changes the meaning of the rest unseen")
        for name in MODIFIERS
        if name in node
    )


def _visit_element(value: Any, element: Element, path: str, depth: int, found: list[Problem]) -> None:
    if not element.repeats:
        _visit_value(value, element, path, depth, found)
    elif not isinstance(value, list) or not value:
        found.append(Problem(path, "structure", "a list that holds something"))
    else:
        # A primitive without a value stands as null beside its `_name` companion.
        may_lack = element.is_primitive or element.kind == "FHIRPrimitiveExtension"
        for index, item in enumerate(value):
            if item is not None or not may_lack:
                _visit_value(item, element, f"{path}[{index}]", depth, found)


def _visit_value(value: Any, element: Element, path: str, depth: int, found: list[Problem]) -> None:
    if element.is_primitive:
        passes, expected = check_of(element.kind)
        if not passes(value):
            found.append(Problem(path, "value", expected))
        elif element.codes is not None and value not in element.codes:
            found.append(Problem(path, "code-invalid", "one of " + ", ".join(sorted(element.codes))))
    elif not isinstance(value, dict):
        found.append(Problem(path, "structure", "an object"))
    elif element.kind == "Resource":
        _visit_contained(value, path, depth, found)
    else:
        _visit(value, element.kind, path, depth + 1, found)
        if element.codes is not None and not found:
            _check_concept(value, element, path, found)


def _visit_contained(value: dict[str, Any], path: str, depth: int, found: list[Problem]) -> None:
    kind = value.get("resourceType")
    if is_resource(kind):
        _visit(value, str(kind), path, depth + 1, found)
    else:
        found.append(Problem(f"{path}.resourceType", "structure", "the name of a resource type of FHIR R4"))


def _check_concept(concept: dict[str, Any], element: Element, path: str, found: list[Problem]) -> None:
    codes = element.codes or frozenset()
    held = [coding.get("code") for coding in concept.get("coding", []) if coding.get("system") == element.system]
    if not held or not codes.issuperset(held):
        expected = f"a code of {element.system}: " + ", ".join(sorted(codes))
        found.append(Problem(f"{path}.coding", "code-invalid", expected))


def _check_period(period: dict[str, Any], path: str, found: list[Problem]) -> None:
    start, end = period.get("start"), period.get("end")
    if isinstance(start, str) and isinstance(end, str) and _is_after(start, end):
        found.append(Problem(path, "invariant", "a start that is not after the end"))


def _is_after(start: str, end: str) -> bool:
    """Compare two FHIR times as finely as both allow (R4 per-1)."""
    if not (DATE_TIME.fullmatch(start) and DATE_TIME.fullmatch(end)):
        return False
    shared = min(len(start), len(end), FULL_DATE)
    if "T" not in start or "T" not in end:
        return start[:shared] > end[:shared]
    return _moment(start) > _moment(end)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _of_model(resource: dict[str, Any], kind: str) -> Iterator[Problem]:
    from pydantic import ValidationError  # noqa: PLC0415  as heavy as the models, and as seldom needed

    try:
        model_of(kind).model_validate(resource)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False, include_input=False):
            yield _told(kind, detail["loc"], detail["type"], detail["msg"])


def _told(kind: str, location: tuple[int | str, ...], fault: str, message: str) -> Problem:
    """Tell what pydantic found in words that hold none of the values it quotes."""
    path = _path(kind, location)
    if fault in MISSING:
        return Problem(path, "required", "a value, which is required here")
    if fault == "extra_forbidden":
        return Problem(path, "structure", "no such element: it is not part of this type in FHIR R4")
    if choice := CHOICE.search(message):
        names = choice[1].replace("'", "")
        one = "required" if "multiple" not in message else "structure"
        return Problem(path, one, f"exactly one of {names}")
    return Problem(path, "structure", "what FHIR R4 describes for this element")


def _path(kind: str, location: tuple[int | str, ...]) -> str:
    path = kind
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step != "root":
            # An unknown element's name is the sender's own text, so only what looks like a name is repeated.
            path += f".{step}" if NAME.fullmatch(step) else ".?"
    return path


def _invariants(resource: dict[str, Any], kind: str) -> Iterator[Problem]:
    if "_status" in resource and "status" not in resource:
        # FHIR lets an extension say why there is none; what is shown to a citizen hangs on it.
        yield Problem(f"{kind}.status", "required", "a value, which is required here")
    if kind not in {"Appointment", "Slot"}:
        return
    start, end = resource.get("start"), resource.get("end")
    # The end may be left to the length: Helsenorge's profile asks for a start alone.
    ends = end is not None or (start is not None and "minutesDuration" in resource)
    if kind == "Appointment" and (start is not None) != ends:
        yield Problem("Appointment", "invariant", "a start with an end or minutesDuration, or neither (app-2)")
    elif start is None and resource.get("status") not in TIMELESS:
        yield Problem("Appointment.start", "invariant", "a start and an end unless proposed or cancelled (app-3)")
    elif start is not None and end is not None and _is_after(start, end):
        yield Problem(f"{kind}.end", "invariant", "an end that is not before the start")
