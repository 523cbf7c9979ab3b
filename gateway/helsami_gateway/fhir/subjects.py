"""Whom a resource is about: where each type says it, and how the answer is found."""

from collections.abc import Mapping
from typing import Any, Final

from helsami_gateway.fhir.identity import person
from helsami_gateway.fhir.problem import Problem
from helsami_gateway.fhir.rewriting import Rewriter, is_patient

# Where a type names the one patient it is about; Appointment does so among its participants.
SUBJECT: Final[Mapping[str, str]] = {
    "AllergyIntolerance": "patient",
    "CarePlan": "subject",
    "CareTeam": "subject",
    "Condition": "subject",
    "DiagnosticReport": "subject",
    "DocumentReference": "subject",
    "Encounter": "subject",
    "Immunization": "patient",
    "MedicationRequest": "subject",
    "MedicationStatement": "subject",
    "Observation": "subject",
    "ServiceRequest": "subject",
    "Task": "for",
}
PATIENT_OF_AUDIT_EVENT: Final = frozenset(
    {
        "http://hl7.no/fhir/StructureDefinition/auditevent-patient-extension",
        "http://hl7.org/fhir/5.0/StructureDefinition/extension-AuditEvent.patient",
    }
)
"""Where the Norwegian trust framework and FHIR R5 name the patient; IHE does so among the entities, in this role."""
PATIENT_ROLE: Final = "1"
NOBODY: Final = frozenset({"Practitioner", "Organization", "Location", "Schedule", "Slot"})


def national_id_of(resource: dict[str, Any], rewriter: Rewriter) -> str | Problem | None:
    """
    Give the Norwegian number of the person a resource is about; None for what is about nobody.

    A `Problem` says why it cannot be known: no patient, several, or one without a Norwegian number.
    """
    kind = resource["resourceType"]
    if kind in NOBODY:
        return None
    if kind == "Patient":
        return person(resource.get("identifier"), "Patient.identifier")
    if kind == "Appointment":
        return _of_appointment(resource, rewriter)
    if kind == "AuditEvent":
        return _of_audit_event(resource, rewriter)
    path = f"{kind}.{SUBJECT[kind]}"
    reference = resource.get(SUBJECT[kind])
    return (
        _of_reference(reference, path, rewriter) if reference else Problem(path, "required", "a reference to a patient")
    )


def without_subject(resource: dict[str, Any]) -> dict[str, Any]:
    """Leave out the reference to the patient, since the delivery itself says who it is."""
    dropped = SUBJECT.get(resource["resourceType"])
    return {name: value for name, value in resource.items() if name != dropped}


def _of_appointment(resource: dict[str, Any], rewriter: Rewriter) -> str | Problem:
    found = []
    for index, participant in enumerate(resource["participant"]):
        actor = participant.get("actor", {})
        if is_patient(actor, rewriter.resolve(actor, None)) or isinstance(_by_identifier(actor, ""), str):
            found.append(_of_reference(actor, f"Appointment.participant[{index}].actor", rewriter))
    if len(found) == 1:
        return found[0]
    return Problem("Appointment.participant", "business-rule", "exactly one actor that is a patient")


def _of_audit_event(resource: dict[str, Any], rewriter: Rewriter) -> str | Problem:
    """The one patient of an audit event; one event is about one patient, as IHE and the trust framework have it."""
    named = [
        (f"AuditEvent.entity[{index}].what", what)
        for index, entity in enumerate(resource.get("entity", ()))
        if (what := entity.get("what", {}))
        and (entity.get("role", {}).get("code") == PATIENT_ROLE or is_patient(what, rewriter.resolve(what, None)))
    ]
    named += [
        (f"AuditEvent.extension[{index}].valueReference", extension["valueReference"])
        for index, extension in enumerate(resource.get("extension", ()))
        if extension.get("url") in PATIENT_OF_AUDIT_EVENT and "valueReference" in extension
    ]
    found = list(dict.fromkeys(_of_reference(reference, path, rewriter) for path, reference in named))
    if len(found) == 1:
        return found[0]
    return Problem("AuditEvent.entity", "business-rule", "exactly one patient: an event for each")


def _of_reference(reference: dict[str, Any], path: str, rewriter: Rewriter) -> str | Problem:
    target = rewriter.resolve(reference, None)
    if target is not None and target.type != "Patient":
        return Problem(path, "value", "a reference to a patient")
    if target is not None and target.resource is not None:
        found = person(target.resource.get("identifier"), path)
        if isinstance(found, str):
            return found
    by_identifier = _by_identifier(reference, f"{path}.identifier")
    if isinstance(by_identifier, str) or "identifier" in reference:
        return by_identifier
    return Problem(path, "not-found", "a patient with a Norwegian number, in this bundle or by logical reference")


def _by_identifier(reference: dict[str, Any], path: str) -> str | Problem:
    identifier = reference.get("identifier")
    return person([identifier], path)
