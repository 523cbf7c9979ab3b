"""Rewrite a sound resource into the form that owners read: nobody named, references by key, decimals as text."""

from dataclasses import dataclass
from typing import Any, Final

from helsami_gateway.fhir.elements import Element, elements_of
from helsami_gateway.fhir.identity import is_national, objects, token
from helsami_gateway.fhir.numbers import as_written
from helsami_gateway.fhir.secrets import Secrets
from helsami_gateway.fhir.targets import Target, Targets, concept_text, title

PATIENT: Final = {"type": "Patient"}
KEPT_META: Final = ("security", "tag")
# Where the owner lets the later of two words count, whichever comes first, and does not take the time for a change.
ORDERING: Final = {"Appointment": ("lastUpdated",)}
# The id lives on in the key; of meta a part is put back.
DROPPED: Final = frozenset({"id", "meta"})


@dataclass(frozen=True, slots=True)
class Rewriter:
    """
    Rewrites the resources of one bundle entry.

    `base` is the server address its relative references stand on, `secrets` the national numbers of everybody in the
    bundle, `contained` the entry's own contained resources by id.
    """

    targets: Targets
    base: str | None
    secrets: Secrets
    contained: dict[str, dict[str, Any]]

    def resource(self, resource: dict[str, Any], *, keep_id: bool = False) -> dict[str, Any]:
        """Rewrite a whole resource; a contained one keeps its id, since it is referred to by that."""
        kind = str(resource["resourceType"])
        kept = {name: value for name, value in resource.items() if name not in DROPPED}
        rewritten = {"resourceType": kind} | self._object(kept, kind)
        kept_meta = (*KEPT_META, *ORDERING.get(kind, ()))
        if meta := {name: resource["meta"][name] for name in kept_meta if name in resource.get("meta", {})}:
            rewritten["meta"] = self._object(meta, "Meta")
        if keep_id:
            rewritten["id"] = resource["id"]
        return rewritten

    def resolve(self, reference: dict[str, Any], expected: str | None) -> Target | None:
        """Find what a Reference points to; `expected` is the only type its element allows, if it allows but one."""
        kind = reference.get("type") or expected
        literal = reference.get("reference")
        if literal and literal.startswith("#"):
            contained = self.contained.get(literal[1:])
            return Target(contained["resourceType"], literal, contained) if contained else None
        target = self.targets.literal(literal, self.base, kind) if literal else None
        written = token(reference["identifier"]) if "identifier" in reference else None
        if written is None or (target and target.resource is not None):
            return target
        # What was delivered before is known by its identifier, if it has one, whatever address it had.
        return self.targets.logical(written, target.type if target else kind) or target

    def _object(self, node: dict[str, Any], kind: str) -> dict[str, Any]:
        known = elements_of(kind)
        rewritten = {}
        for name, value in node.items():
            if (element := known.get(name)) is None:
                continue
            new = self._many(value, element) if element.repeats else self._one(value, element)
            if new is not None:
                rewritten[name] = new
        return rewritten

    def _many(self, values: list[Any], element: Element) -> list[Any] | None:
        rewritten = [self._one(value, element) for value in values]
        # Nulls keep the pairs of a primitive list and its `_name` companion apart; anything else that went is gone.
        if element.is_primitive or element.kind == "FHIRPrimitiveExtension":
            return rewritten
        return [value for value in rewritten if value is not None] or None

    def _one(self, value: Any, element: Element) -> Any:  # noqa: PLR0911  one line for each kind of value
        match element.kind:
            case "Reference":
                return self._reference(value, element.targets[0] if len(element.targets) == 1 else None)
            case "Identifier":
                return self._identifier(value)
            case "Narrative":  # repeats in HTML what the elements say, person included
                return None
            case "decimal":
                return as_written(value)
            case "Resource":
                return None if value["resourceType"] == "Patient" else self.resource(value, keep_id="id" in value)
            case kind if not element.is_primitive:
                return None if value is None else self._object(value, kind)
        return self._text(value)

    def _text(self, value: Any) -> Any:
        return self.secrets.hidden(value) if isinstance(value, str) else value

    def _identifier(self, identifier: dict[str, Any]) -> dict[str, Any] | None:
        """Keep an identifier unless it is a national number, or holds one in another's name."""
        if is_national(identifier) or self.secrets.are_in(identifier.get("value", "")):
            return None
        return self._object(identifier, "Identifier")

    def _reference(self, reference: dict[str, Any], expected: str | None) -> dict[str, Any] | None:
        target = self.resolve(reference, expected)
        if is_patient(reference, target):
            return dict(PATIENT)
        display = (target and title(target)) or reference.get("display")
        rewritten: dict[str, Any] = {}
        if target and target.key:
            own = target.key.startswith("#")
            rewritten["reference"] = target.key if own else self._text(f"{target.type}/{target.key}")
        elif "identifier" in reference and (identifier := self._identifier(reference["identifier"])):
            rewritten["identifier"] = identifier
        if display:
            rewritten["display"] = self._text(display)
        return rewritten or None


def is_patient(reference: dict[str, Any], target: Target | None) -> bool:
    """Say whether a reference is to a patient, be it by its target or by its declared type."""
    return (target.type if target else reference.get("type")) == "Patient"


def contained_by_id(resource: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the contained resources that can be referred to."""
    return {inner["id"]: inner for inner in objects(resource.get("contained")) if "id" in inner}


def with_medication_named(resource: dict[str, Any], rewriter: Rewriter) -> dict[str, Any]:
    """
    Put a medication's code in the place of a reference to it, where the bundle holds the medication.

    Medication is not a type anybody owns here; without this, what is prescribed would be lost with it.
    """
    reference = resource.get("medicationReference")
    target = rewriter.resolve(reference, "Medication") if reference else None
    code = target.resource.get("code") if target and target.resource else None
    if not concept_text(code):
        return resource
    kept = {name: value for name, value in resource.items() if name != "medicationReference"}
    return kept | {"medicationCodeableConcept": code}
