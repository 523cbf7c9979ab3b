"""The required codes of FHIR R4 that the models of fhir.resources do not list, or list in part."""

from collections.abc import Mapping
from typing import Final

ENCOUNTER_STATUS: Final = frozenset(
    {"planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown"}
)
OBSERVATION_STATUS: Final = frozenset(
    {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"}
)
TASK_STATUS: Final = frozenset(
    {
        "draft",
        "requested",
        "received",
        "accepted",
        "rejected",
        "ready",
        "cancelled",
        "in-progress",
        "on-hold",
        "failed",
        "completed",
        "entered-in-error",
    }
)
COMPARATOR: Final = frozenset({"<", "<=", ">=", ">"})

# (type, element) -> codes of a `code` element whose list ends in "+" in the models, or is missing there.
CODES: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("Encounter", "status"): ENCOUNTER_STATUS,
    ("EncounterStatusHistory", "status"): ENCOUNTER_STATUS,
    ("AuditEvent", "action"): frozenset("CRUDE"),
    ("AuditEvent", "outcome"): frozenset({"0", "4", "8", "12"}),
    ("AuditEventAgentNetwork", "type"): frozenset("12345"),
    ("DiagnosticReport", "status"): OBSERVATION_STATUS | {"partial", "appended"},
    ("Observation", "status"): OBSERVATION_STATUS,
    ("Task", "status"): TASK_STATUS,
    ("Quantity", "comparator"): COMPARATOR,
    ("Age", "comparator"): COMPARATOR,
    ("Duration", "comparator"): COMPARATOR,
}

HL7: Final = "http://terminology.hl7.org/CodeSystem/"

# (type, element) -> (system, codes) of a CodeableConcept that must hold one of these.
CONCEPTS: Final[Mapping[tuple[str, str], tuple[str, frozenset[str]]]] = {
    ("Condition", "clinicalStatus"): (
        HL7 + "condition-clinical",
        frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"}),
    ),
    ("Condition", "verificationStatus"): (
        HL7 + "condition-ver-status",
        frozenset({"unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"}),
    ),
    ("AllergyIntolerance", "clinicalStatus"): (
        HL7 + "allergyintolerance-clinical",
        frozenset({"active", "inactive", "resolved"}),
    ),
    ("AllergyIntolerance", "verificationStatus"): (
        HL7 + "allergyintolerance-verification",
        frozenset({"unconfirmed", "confirmed", "refuted", "entered-in-error"}),
    ),
}
