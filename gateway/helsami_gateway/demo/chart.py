"""What one organisation writes about one person, resource by resource."""

from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from helsami_gateway.demo.clinical import ATC as ATC_SYSTEM
from helsami_gateway.demo.clinical import (
    NO_KNOWN_ALLERGY,
    Allergy,
    Analysis,
    Drug,
    Measured,
    Panel,
    Vaccine,
)
from helsami_gateway.demo.fhir import (
    ACT,
    DOCUMENT_TYPE,
    HL7,
    LABORATORY,
    LOINC,
    PROFESSION,
    UCUM,
    UNIT,
    Json,
    coding,
    concept,
    day,
    entry,
    event,
    flag,
    inside,
    instant,
    outside,
    transaction,
)
from helsami_gateway.demo.organisations import Organisation
from helsami_gateway.demo.people import Person
from helsami_gateway.demo.register import patient, unit_concept, visit_type_concept

CLASSES = {"AMB": "ambulatory", "IMP": "inpatient encounter", "HH": "home health", "VR": "virtual"}
"""How a visit took place: codes of HL7's ActCode."""

LASTING = "problem-list-item"
PASSING = "encounter-diagnosis"

HALF_AN_HOUR = timedelta(minutes=30)
SAMPLE_TIME = timedelta(hours=26)


@dataclass(frozen=True)
class Visit:
    """A visit that has been written down, for what belongs to it."""

    reference: Json
    clinician: str
    starts: datetime
    ends: datetime


class Chart:
    """Collects the entries of one bundle; each resource is numbered within its type, so keys do not depend on dates."""

    def __init__(self, person: Person, organisation: Organisation) -> None:
        """Begin with the person's own resource."""
        self.person = person
        self.organisation = organisation
        self.entries: list[Json] = []
        self._numbers: Counter[str] = Counter()
        self.patient = self.add("Patient", patient(person))

    def bundle(self) -> Json:
        """All of it as a transaction."""
        return transaction(self.organisation.id, self.entries)

    def appointment(
        self,
        visit_type: str,
        clinician: str,
        starts: datetime,
        *,
        status: str,
        lasts: timedelta = HALF_AN_HOUR,
        why: str,
        based_on: Json | None = None,
    ) -> Json:
        """Write an agreed meeting: `booked`, `fulfilled`, `cancelled` (by the citizen) or `noshow`."""
        unit = self.organisation.unit(self.organisation.clinician(clinician).unit)
        body = {
            "status": status,
            "serviceCategory": [unit_concept(unit)],
            "serviceType": [visit_type_concept(visit_type)],
            "appointmentType": concept("Oppfølging", coding(HL7 + "v2-0276", "FOLLOWUP")),
            "description": why,
            "start": instant(starts),
            "end": instant(starts + lasts),
            "created": instant(starts - timedelta(days=30)),
            "participant": [
                {"actor": actor, "status": "accepted"}
                for actor in (self.patient, self.practitioner(clinician), self.location(unit.key))
            ],
        }
        if based_on is not None:
            body["basedOn"] = [based_on]
        if status == "cancelled":
            body["cancelationReason"] = flag("appointment-cancellation-reason", "pat")
        return self.add("Appointment", body)

    def task(self, appointment: Json, what: str, by: datetime) -> Json:
        """Write what is to be done before an agreed meeting."""
        body = {
            "status": "requested",
            "intent": "order",
            "focus": appointment,
            "for": self.patient,
            "description": what,
            "restriction": {"period": {"end": instant(by)}},
        }
        return self.add("Task", body)

    def visit(
        self, how: str, visit_type: str, clinician: str, starts: datetime, ends: datetime | None = None, *, why: str
    ) -> Visit:
        """Write a visit that is over; `how` is a code of CLASSES."""
        ends = ends or starts + HALF_AN_HOUR
        body = {
            "status": "finished",
            "class": coding(ACT, how, CLASSES[how]),
            "type": [visit_type_concept(visit_type)],
            "serviceType": visit_type_concept(visit_type),
            "subject": self.patient,
            "participant": [{"individual": self.practitioner(clinician)}],
            "period": _period(starts, ends),
            "reasonCode": [{"text": why}],
            "location": [{"location": self.location(self.organisation.clinician(clinician).unit)}],
            "serviceProvider": self.organization(),
        }
        return Visit(self.add("Encounter", body), clinician, starts, ends)

    def treated_by(self, unit: str, *clinicians: str) -> None:
        """Write who treats the person in a unit of the organisation: to them, or to the unit, they may write."""
        named = [self.organisation.clinician(each) for each in clinicians]
        body = {
            "status": "active",
            "subject": self.patient,
            "managingOrganization": [
                {"identifier": {"system": UNIT, "value": unit}, "display": self.organisation.unit(unit).name}
            ],
            "participant": [
                {"role": [concept(one.title, coding(PROFESSION, one.profession))], "member": self.practitioner(one.key)}
                for one in named
            ],
        }
        self.add("CareTeam", body)

    def looked(self, visit: Visit) -> None:
        """Write down that whom one visits has looked into the record, as IHE's basic audit patterns have it."""
        clinician = self.organisation.clinician(visit.clinician)
        body = {
            "type": coding(HL7 + "audit-event-type", "rest"),
            "action": "R",
            "recorded": instant(visit.starts),
            "outcome": "0",
            "agent": [
                {
                    "type": flag("v3-ParticipationType", "IRCP"),
                    "role": [{"coding": [coding(PROFESSION, clinician.profession)]}],
                    "who": self.practitioner(visit.clinician),
                    "location": self.location(clinician.unit),
                    "requestor": True,
                    "purposeOfUse": [flag("v3-ActReason", "TREAT")],
                }
            ],
            "source": {"observer": self.organization()},
            "entity": [
                {"what": self.patient, "role": coding(HL7 + "object-role", "1")},
                {"what": visit.reference, "role": coding(HL7 + "object-role", "4")},
            ],
        }
        self._numbers["AuditEvent"] += 1
        key = f"{self.organisation.id}.{self.person.key}.auditevent.{self._numbers['AuditEvent']}"
        self.entries.append(event("AuditEvent", key, body))

    def condition(self, visit: Visit, system: str, code: str, name: str, category: str) -> Json:
        """Write a diagnosis; a passing one was over two weeks later."""
        body = {
            "clinicalStatus": flag("condition-clinical", "active" if category == LASTING else "resolved"),
            "verificationStatus": flag("condition-ver-status", "confirmed"),
            "category": [flag("condition-category", category)],
            "code": concept(name, coding(system, code, name)),
            "subject": self.patient,
            "encounter": visit.reference,
            "onsetDateTime": day(visit.starts),
            "recordedDate": instant(visit.starts),
            "recorder": self.practitioner(visit.clinician),
        }
        if category == PASSING:
            body["abatementDateTime"] = day(visit.starts + timedelta(days=14))
        return self.add("Condition", body)

    def medicine(self, visit: Visit, drug: Drug, *, active: bool) -> Json:
        """Write a prescription, or that somebody takes what needs none."""
        status = "active" if active else "completed"
        medicine = concept(drug.name, coding(ATC_SYSTEM, drug.atc, drug.substance))
        if drug.prescribed:
            return self.add(
                "MedicationRequest",
                {
                    "status": status,
                    "intent": "order",
                    "medicationCodeableConcept": medicine,
                    "subject": self.patient,
                    "encounter": visit.reference,
                    "authoredOn": instant(visit.starts),
                    "requester": self.practitioner(visit.clinician),
                    "dosageInstruction": [{"text": drug.dosage}],
                },
            )
        period = {"start": day(visit.starts)} | ({} if active else {"end": day(visit.starts + timedelta(days=21))})
        return self.add(
            "MedicationStatement",
            {
                "status": status,
                "medicationCodeableConcept": medicine,
                "subject": self.patient,
                "context": visit.reference,
                "effectivePeriod": period,
                "dateAsserted": instant(visit.starts),
                "informationSource": self.practitioner(visit.clinician),
                "dosage": [{"text": drug.dosage}],
            },
        )

    def report(self, visit: Visit, panel: Panel, rng: Random) -> Json:
        """Write a report with its observations, answered the day after the visit."""
        answered = visit.starts + SAMPLE_TIME
        results = [_result(analysis, rng) for analysis in panel.analyses]
        references = [self._observation(visit, result, answered) for result in results]
        unusual = any("interpretation" in result and _is_outside(result) for result in results)
        made = (
            "Noen svar er utenfor det vanlige. Legen følger det opp." if unusual else "Alle svar er som de skal være."
        )
        body = {
            "status": "final",
            "category": [flag("v2-0074", panel.category)],
            "code": concept(panel.name, coding(LOINC, panel.loinc)),
            "subject": self.patient,
            "encounter": visit.reference,
            "effectiveDateTime": instant(visit.starts),
            "issued": instant(answered),
            "performer": [self.organization()],
            "resultsInterpreter": [self.practitioner(visit.clinician)],
            "conclusion": panel.conclusion or made,
        }
        if references:
            body["result"] = references
        return self.add("DiagnosticReport", body)

    def note(self, visit: Visit, kind: tuple[str, str], title: str, text: str) -> Json:
        """Write a note that belongs to a visit, in plain text; `kind` is code and text of a document type."""
        body = {
            "status": "current",
            "docStatus": "final",
            "type": concept(kind[1], coding(DOCUMENT_TYPE, *kind)),
            "subject": self.patient,
            "date": instant(visit.ends + HALF_AN_HOUR),
            "author": [self.practitioner(visit.clinician)],
            "custodian": self.organization(),
            "content": [
                {
                    "attachment": {
                        "contentType": "text/plain; charset=utf-8",
                        "language": "nb",
                        "data": b64encode(text.encode()).decode(),
                        "title": title,
                        "creation": instant(visit.ends + HALF_AN_HOUR),
                    }
                }
            ],
            "context": {"encounter": [visit.reference], "period": _period(visit.starts, visit.ends)},
        }
        return self.add("DocumentReference", body)

    def allergy(self, visit: Visit, allergy: Allergy) -> Json:
        """Write what somebody does not tolerate, or that nothing is known."""
        body: Json = {
            "clinicalStatus": flag("allergyintolerance-clinical", "active"),
            "verificationStatus": flag("allergyintolerance-verification", "confirmed"),
            "code": concept(allergy.name, coding(allergy.system, allergy.code, allergy.name)),
            "patient": self.patient,
            "encounter": visit.reference,
            "recordedDate": instant(visit.starts),
            "recorder": self.practitioner(visit.clinician),
        }
        if allergy != NO_KNOWN_ALLERGY:
            body |= {
                "type": "allergy",
                "category": [allergy.category],
                "criticality": allergy.criticality,
                "reaction": [{"manifestation": [{"text": allergy.reaction}]}],
            }
        return self.add("AllergyIntolerance", body)

    def vaccine(self, vaccine: Vaccine, given: date, clinician: str, dose: int) -> Json:
        """Write a vaccine that was given."""
        body = {
            "status": "completed",
            "vaccineCode": concept(vaccine.name, coding(ATC_SYSTEM, vaccine.atc, vaccine.name)),
            "patient": self.patient,
            "occurrenceDateTime": day(given),
            "primarySource": True,
            "performer": [{"actor": self.practitioner(clinician)}],
            "protocolApplied": [{"doseNumberPositiveInt": dose}],
        }
        return self.add("Immunization", body)

    def _observation(self, visit: Visit, result: Json, answered: datetime) -> Json:
        body = {
            "status": "final",
            "category": [flag("observation-category", "laboratory")],
            "subject": self.patient,
            "encounter": visit.reference,
            "effectiveDateTime": instant(visit.starts),
            "issued": instant(answered),
            "performer": [self.organization()],
        }
        return self.add("Observation", body | result)

    def add(self, kind: str, body: Json) -> Json:
        """Write any resource, numbered within its type; answers a reference to it."""
        self._numbers[kind] += 1
        key = f"{self.organisation.id}.{self.person.key}.{kind.lower()}.{self._numbers[kind]}"
        self.entries.append(entry(kind, key, body))
        return inside(kind, key)

    def practitioner(self, key: str) -> Json:
        """Somebody who works there."""
        return outside("Practitioner", f"{self.organisation.id}.{key}", self.organisation.clinician(key).name)

    def location(self, key: str) -> Json:
        """A unit of the organisation."""
        return outside("Location", f"{self.organisation.id}.{key}", self.organisation.unit(key).name)

    def organization(self) -> Json:
        """The organisation itself."""
        return outside("Organization", self.organisation.id, self.organisation.name)


def _period(starts: datetime, ends: datetime) -> Json:
    return {"start": instant(starts), "end": instant(ends)}


def _result(analysis: Analysis, rng: Random) -> Json:
    """The part of an observation that is the answer."""
    codes = [coding(LOINC, analysis.loinc)] + ([coding(LABORATORY, analysis.npu)] if analysis.npu else [])
    code = concept(analysis.name, *codes)
    if not isinstance(analysis, Measured):
        return {"code": code, "valueString": analysis.answer}
    low, high = analysis.reference
    drawn = rng.randint(*analysis.draw)
    reading = "L" if drawn < low else "H" if drawn > high else "N"
    return {
        "code": code,
        "valueQuantity": _quantity(drawn, analysis),
        "interpretation": [flag("v3-ObservationInterpretation", reading)],
        "referenceRange": [{"low": _quantity(low, analysis), "high": _quantity(high, analysis)}],
    }


def _quantity(digits: int, analysis: Measured) -> Json:
    value = Decimal(digits).scaleb(-analysis.digits)
    return {"value": value, "unit": analysis.unit, "system": UCUM, "code": analysis.ucum}


def _is_outside(result: Json) -> bool:
    return bool(result["interpretation"][0]["coding"][0]["code"] != "N")
