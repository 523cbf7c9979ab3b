"""Reading what a record holds (FHIR R4, as the journal normalises it)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from helsami_kernel import fhir
from helsami_kernel.fhir import Json, element, objects, text
from helsami_kernel.journal import Entry, Unsupported
from helsami_records.attachments import attachments, text_of
from helsami_records.domain import Allergy, Condition, Document, Thing, Vaccine, Visit
from helsami_records.letters.domain import Letter
from helsami_records.letters.fhir import DATED, is_letter, letter
from helsami_sdk.questions import HOME_CARE_VISIT, HOME_MEETINGS

# HL7 v3 ActCode, as Encounter.class has it, to the settings of helsami_sdk.questions.
SETTINGS: Final = {
    "AMB": "outpatient",
    "PRENC": "outpatient",
    "EMER": "emergency",
    "HH": "home",
    "IMP": "inpatient",
    "ACUTE": "inpatient",
    "NONAC": "inpatient",
    "OBSENC": "inpatient",
    "SS": "inpatient",
    "VR": "virtual",
}
HELD: Final = frozenset({"in-progress", "onleave", "finished"})
NOT_HELD: Final = frozenset({"cancelled", "entered-in-error"})
# A diagnosis that is only considered, or has been ruled out, would mislead its citizen.
NOT_DIAGNOSED: Final = frozenset({"entered-in-error", "refuted", "differential"})
ACTIVE: Final = frozenset({"active", "recurrence", "relapse", ""})
ENTERED_IN_ERROR: Final = "entered-in-error"
ONSET: Final = ("onsetDateTime", "onsetPeriod.start")
GIVEN: Final = ("occurrenceDateTime", "recorded")
ICD_10, ICPC_2 = "urn:oid:2.16.578.1.12.4.1.1.7110", "urn:oid:2.16.578.1.12.4.1.1.7170"
SNOMED: Final = "http://snomed.info/sct"
DIAGNOSES: Final = (ICD_10, ICPC_2, SNOMED)
SUBSTANCES: Final = ("http://www.whocc.no/atc", "urn:oid:2.16.578.1.12.4.1.1.7180", SNOMED)


def visit(entry: Entry) -> Visit | None:
    """Read an Encounter that has begun; None for one that was called off. Raises Unreadable and Unsupported."""
    resource = entry.resource
    if resource.get("status") in NOT_HELD:
        return None
    if resource.get("status") not in HELD:
        raise Unsupported("status", "Encounter.status")
    kinds = [*objects(resource.get("type")), *objects([resource.get("serviceType")])]
    places = (element(place, "location.display") for place in objects(resource.get("location")))
    clinicians = (element(one, "individual.display") for one in objects(resource.get("participant")))
    return Visit(
        setting=SETTINGS.get(text(element(resource, "class.code")), ""),
        visit_type=_visit_type([coding.code for kind in kinds for coding in fhir.codings(kind)]),
        name=next(filter(None, map(fhir.name, kinds)), ""),
        place=next(filter(None, map(text, places)), fhir.display(resource.get("serviceProvider"))) or None,
        clinician=next(filter(None, map(text, clinicians)), None),
        starts_at=fhir.required_moment_shown(resource, "period.start"),
        ends_at=fhir.moment_shown(resource, "period.end"),
        began_at=fhir.required_moment(resource, "period.start"),
        ended_at=fhir.moment(resource, "period.end"),
        finished=resource.get("status") == "finished",
    )


def document(entry: Entry) -> Document | Letter | None:
    """Read a DocumentReference that carries its text, or that is a letter; None for one that no longer counts."""
    resource = entry.resource
    if resource.get("status") in {"superseded", ENTERED_IN_ERROR} or resource.get("docStatus") == ENTERED_IN_ERROR:
        return None
    if resource.get("docStatus") == "preliminary":
        raise Unsupported("status", "DocumentReference.docStatus")
    if is_letter(resource):
        return letter(entry)
    attachment, written = _text(resource)
    titles = (attachment.get("title"), resource.get("description"), fhir.name(resource.get("type")))
    visits = (fhir.key(visited, "Encounter") for visited in objects(element(resource, "context.encounter")))
    return Document(
        title=next(filter(None, map(text, titles)), ""),
        text=written,
        written_at=fhir.required_moment_shown(resource, *DATED),
        dated_at=fhir.required_moment(resource, *DATED),
        visit=next((key for key in visits if key is not None), None),
    )


def condition(entry: Entry) -> Condition | None:
    """Read a Condition; None for one that its citizen does not have."""
    resource = entry.resource
    if fhir.code(resource.get("verificationStatus")) in NOT_DIAGNOSED:
        return None
    coding = fhir.preferred(resource.get("code"), DIAGNOSES)
    return Condition(
        name=fhir.required_name(resource, "code"),
        system=coding.system,
        code=coding.code,
        active=fhir.code(resource.get("clinicalStatus")) in ACTIVE and "abatementDateTime" not in resource,
        recorded_at=fhir.required_moment(resource, "recordedDate", *ONSET),
        since=fhir.required_moment_shown(resource, *ONSET, "recordedDate"),
    )


def allergy(entry: Entry) -> Allergy | None:
    """Read an AllergyIntolerance; None for one that its citizen does not have."""
    resource = entry.resource
    if fhir.code(resource.get("verificationStatus")) in {ENTERED_IN_ERROR, "refuted"}:
        return None
    coding = fhir.preferred(resource.get("code"), SUBSTANCES)
    reactions = (
        fhir.name(manifestation)
        for reaction in objects(resource.get("reaction"))
        for manifestation in objects(reaction.get("manifestation"))
    )
    return Allergy(
        name=fhir.required_name(resource, "code"),
        system=coding.system,
        code=coding.code,
        active=fhir.code(resource.get("clinicalStatus")) in ACTIVE,
        criticality=text(resource.get("criticality")) or None,
        reactions=tuple(dict.fromkeys(filter(None, reactions))),
        recorded_at=fhir.required_moment(
            resource, "recordedDate", *ONSET, "lastOccurrence"
        ),
    )


def vaccine(entry: Entry) -> Vaccine | None:
    """Read an Immunization; None for one that was not given."""
    resource = entry.resource
    if resource.get("status") in {"not-done", ENTERED_IN_ERROR}:
        return None
    coding = fhir.preferred(resource.get("vaccineCode"), SUBSTANCES)
    return Vaccine(
        name=fhir.required_name(resource, "vaccineCode"),
        system=coding.system,
        code=coding.code,
        given_at=fhir.required_moment_shown(resource, *GIVEN),
        occurred_at=fhir.required_moment(resource, *GIVEN),
    )


def _limited(read: Callable[[Entry], Thing | None]) -> Callable[[Entry], Thing | None]:
    """Read a thing, and from whom it is to be hidden. Raises Unsupported for a label that cannot be kept to."""

    def reading(entry: Entry) -> Thing | None:
        thing = read(entry)
        return None if thing is None else replace(thing, access_limit=fhir.access_limit(entry.resource))

    return reading


READERS: Final[Mapping[str, Callable[[Entry], Thing | None]]] = {
    "Encounter": _limited(visit),
    "DocumentReference": _limited(document),
    "Condition": _limited(condition),
    "AllergyIntolerance": _limited(allergy),
    "Immunization": _limited(vaccine),
}


def _visit_type(codes: list[str]) -> str:
    """The organisation's code of a visit; what hides it comes before what shows it, and both before any other."""
    for told in (HOME_CARE_VISIT, *sorted(HOME_MEETINGS)):
        if told in codes:
            return told
    return next((code for code in codes if len(code) <= fhir.LONGEST_CODE), "")


def _text(resource: Json) -> tuple[Json, str]:
    """The first attachment that carries a text, and that; Unsupported when there is none."""
    for attachment in attachments(resource):
        if (written := text_of(attachment)) is not None:
            return attachment, written
    raise Unsupported("content-type", "DocumentReference.content.attachment")
