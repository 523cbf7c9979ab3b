"""From the codes of audit events to the words that the log keeps: purposes, areas, professions and roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from helsami_consents.access_log.domain import OTHER

ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PROFESSIONS_SYSTEM: Final = "urn:oid:2.16.578.1.12.4.1.1.9060"
NOT_STATED: Final = "not-stated"
ADMINISTRATION: Final = "administration"
OPERATIONS: Final = "system-administration"

_BY_PURPOSE: Final[Mapping[str, str]] = {
    "treatment": "TREAT CAREMGT COC CLINTRL",
    "emergency": "ETREAT BTG DISASTER ERTREAT",
    ADMINISTRATION: "HOPERAT PATADMIN HLEGAL HCOMPL HDECD HDIRECT HPRGRP GOV FRAUD MEMADMIN",
    "payment": "HPAYMT COVERAGE CLMATTCH COVAUTH ELIGDTRM REMITADV",
    "quality": "HQUALIMP PATSFTY HOUTCOMS PERFMSR HACCRED",
    "research": "HRESCH CLINTRCH BIORCH DSRCH TRANSRCH",
    "public-health": "PUBHLTH THREAT",
    "patient-request": "PATRQT",
    "family-request": "FAMRQT PWATRNY SUPNWK",
    "training": "TRAIN",
    OPERATIONS: "HSYSADMIN METAMGT RECORDMGT SYSDEV HTEST LABELING",
}
PURPOSES: Final[Mapping[str, str]] = {code: purpose for purpose, codes in _BY_PURPOSE.items() for code in codes.split()}
"""Purposes of use: HL7's ActReason, also as the trust framework writes them, to our words."""
STAFF_PURPOSES: Final = (*_BY_PURPOSE, NOT_STATED, OTHER)
REASON_OF: Final[Mapping[str, str]] = {purpose: codes.split()[0] for purpose, codes in _BY_PURPOSE.items()}
"""Each purpose's one code of ActReason, for who reads the log as FHIR."""

_BY_KIND: Final[Mapping[str, str]] = {
    "appointments": "Appointment AppointmentResponse Schedule Slot ServiceRequest",
    "forms": "Questionnaire QuestionnaireResponse",
    "medications": "Medication MedicationAdministration MedicationDispense MedicationRequest MedicationStatement",
    "messages": "Communication CommunicationRequest",
    "profile": "Account Consent Coverage Patient Person RelatedPerson",
    "records": "AllergyIntolerance CarePlan CareTeam ClinicalImpression Composition Condition DocumentReference"
    " DocumentManifest Encounter EpisodeOfCare FamilyMemberHistory Flag Goal Immunization List Procedure"
    " RiskAssessment",
    "results": "DiagnosticReport ImagingStudy Media Observation Specimen",
}
KIND_OF_TYPE: Final[Mapping[str, str]] = {kind: area for area, kinds in _BY_KIND.items() for kind in kinds.split()}
"""Areas of FHIR's resource types; of any other it is OTHER."""

PROFESSIONS: Final[Mapping[str, str]] = {
    "AA": "ambulance-worker",
    "AT": "pharmacy-technician",
    "AU": "audiograph",
    "BI": "laboratory-scientist",
    "ET": "occupational-therapist",
    "FA1": "pharmacist",
    "FA2": "pharmacist",
    "FB": "foot-therapist",
    "FT": "physiotherapist",
    "HE": "health-secretary",
    "HF": "health-worker",
    "HP": "health-worker",
    "JO": "midwife",
    "KE": "nutritionist",
    "KI": "chiropractor",
    "LE": "doctor",
    "OA": "health-worker",
    "OP": "optician",
    "PS": "psychologist",
    "RA": "radiographer",
    "SP": "nurse",
    "TH": "dental-secretary",
    "TL": "dentist",
    "TP": "dental-hygienist",
    "VP": "social-educator",
}
"""Volven 9060, in words of our own; of any other profession it is OTHER."""
