"""Reading a MedicationRequest or MedicationStatement (FHIR R4, as the journal normalises it) into a medicine."""

from __future__ import annotations

from typing import Final

from helsami_kernel import fhir
from helsami_kernel.fhir import Json
from helsami_kernel.journal import Entry, Unreadable, Unsupported
from helsami_medications.domain import Medicine, Use

REQUEST: Final = "MedicationRequest"
STATEMENT: Final = "MedicationStatement"
TYPES: Final = (REQUEST, STATEMENT)

# ATC at WHO and as Volven 7180, the Norwegian prescription register FEST, RxNorm.
SYSTEMS: Final = (
    "http://www.whocc.no/atc",
    "urn:oid:2.16.578.1.12.4.1.1.7180",
    "http://dmp.no/fhir/NamingSystem/fest",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
)
LISTED: Final = {
    REQUEST: ("authoredOn",),
    STATEMENT: ("dateAsserted", "effectivePeriod.start", "effectiveDateTime"),
}
SINCE: Final = {
    REQUEST: ("authoredOn",),
    STATEMENT: ("effectivePeriod.start", "effectiveDateTime", "dateAsserted"),
}
ORDERS: Final = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
TAKEN_BACK: Final = frozenset({"entered-in-error", "cancelled"})
# What is paused is not to be taken now, so it must not read as active.
USES: Final = {
    "active": Use.ACTIVE,
    "on-hold": Use.ENDED,
    "stopped": Use.ENDED,
    "completed": Use.ENDED,
    "not-taken": Use.ENDED,
}


def medicine(entry: Entry) -> Medicine | None:
    """
    Read a medicine; None when its source has taken it back.

    Raises Unreadable without a name or a time, and Unsupported for what is not on a list of medicines: a proposal, a
    draft, a status that does not tell whether it is to be taken, or a label that cannot be kept to.
    """
    resource = entry.resource
    if resource.get("status") in TAKEN_BACK:
        return None
    use = USES.get(fhir.text(resource.get("status")))
    if use is None:
        raise Unsupported("status", f"{entry.type}.status")
    if entry.type == REQUEST and resource.get("intent") not in ORDERS:
        raise Unsupported("intent", f"{entry.type}.intent")
    concept = resource.get("medicationCodeableConcept")
    name = fhir.name(concept) or fhir.display(resource.get("medicationReference"))
    if not name:
        raise Unreadable("nameless", f"{entry.type}.medication[x]")
    coding = fhir.preferred(concept, SYSTEMS)
    return Medicine(
        name=name,
        system=coding.system,
        code=coding.code,
        use=use,
        listed_at=fhir.required_moment(resource, *LISTED[entry.type]),
        since=fhir.required_moment_shown(resource, *SINCE[entry.type]),
        dosage=_dosage(resource),
        prescriber=fhir.display(resource.get("requester")) or None,
        access_limit=fhir.access_limit(resource),
    )


def _dosage(resource: Json) -> str | None:
    steps = fhir.objects(resource.get("dosageInstruction")) or fhir.objects(resource.get("dosage"))
    texts = (fhir.text(step.get("text")) or fhir.text(step.get("patientInstruction")) for step in steps)
    return "\n".join(filter(None, texts)) or None
