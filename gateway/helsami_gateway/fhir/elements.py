"""Which elements each FHIR R4 type has, read once a type from the models of fhir.resources."""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from helsami_gateway.fhir.codes import CODES, CONCEPTS

# R4 lives on in the R4B package: the two differ in no type the journal supports.
PACKAGE: Final = "fhir.resources.R4B"
PREFIX: Final = "R4."
ABSTRACT: Final = frozenset({"Resource", "DomainResource"})


@dataclass(frozen=True, slots=True)
class Element:
    """
    One element of a type.

    `kind` is a FHIR type name (`dateTime`, `CodeableConcept`, `ObservationComponent`), `codes` the only codes it may
    hold, `system` the code system these must come from (concepts only), `targets` the types a reference may point to.
    """

    kind: str
    repeats: bool
    is_primitive: bool
    codes: frozenset[str] | None
    system: str | None
    targets: tuple[str, ...]


def model_of(kind: str) -> Any:
    """
    Give the pydantic model of a FHIR type; raises ValueError when FHIR has no such type.

    Imported at first use: the models take half a second and 30 MiB, which a gateway that gets no bundles need not
    spend.
    """
    return importlib.import_module(PACKAGE).get_fhir_model_class(kind)


def is_resource(kind: object) -> bool:
    """Say whether this names a resource type of FHIR R4."""
    if not isinstance(kind, str) or kind in ABSTRACT:
        return False
    try:
        return bool(model_of(kind).has_resource_base())
    except ValueError:
        return False


@lru_cache(maxsize=512)
def elements_of(kind: str) -> Mapping[str, Element]:
    """Give the elements of a FHIR type by their JSON names, `_name` companions of primitives included."""
    return dict(_elements(kind))


def _elements(kind: str) -> Iterator[tuple[str, Element]]:
    types = importlib.import_module("fhir_core.utils")
    for name, field in model_of(kind).model_fields.items():
        if name in {"fhir_comments", "resource_type"}:
            continue
        described = field.json_schema_extra or {}
        child = types.get_fhir_type_name(field, prefix=PREFIX)
        json_name = field.alias or name
        system, codes = CONCEPTS.get((kind, json_name), (None, _codes(kind, json_name, child, described)))
        yield (
            json_name,
            Element(
                kind=child,
                repeats=types.is_list_type(field),
                is_primitive=child[0].islower(),
                codes=codes,
                system=system,
                targets=tuple(described.get("enum_reference_types", ())),
            ),
        )


def _codes(kind: str, name: str, child: str, described: Mapping[str, Any]) -> frozenset[str] | None:
    listed = described.get("enum_values") if child == "code" else None
    # A list that ends in "+" or "etc." is an excerpt: the models were made from FHIR's short descriptions.
    whole = frozenset(listed) if listed and not {"+", "etc."} & set(listed) else None
    return CODES.get((kind, name), whole)
