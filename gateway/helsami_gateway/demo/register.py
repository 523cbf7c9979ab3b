"""Who people are, who works where, and which times are free: the resources that stand before any treatment."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from helsami_gateway.demo.diary import MORNING, OSLO, working_days
from helsami_gateway.demo.fhir import (
    CONFIDENTIALITY,
    FNR,
    LANGUAGE,
    PROFESSION,
    UNIT,
    VISIT_TYPE,
    Json,
    coding,
    concept,
    day,
    entry,
    inside,
    instant,
    transaction,
)
from helsami_gateway.demo.organisations import VISIT_TYPES, Clinician, Offer, Organisation, Unit
from helsami_gateway.demo.people import Person

HORIZON = timedelta(days=14)
"""How far ahead times are free."""

STREETS = ("vegen", "bakken", "tunet", "lia", "svingen")


def patient(person: Person) -> Json:
    """
    Describe a person as the population register does.

    One with a protected address has no address and no telephone here at all, and says so in `meta.security` with the
    code V (very restricted) of HL7's v3-Confidentiality.
    """
    known = {
        "identifier": [{"system": FNR, "value": person.pid}],
        "active": True,
        "name": [_name(person.name)],
        "gender": person.gender,
        "birthDate": day(person.birth_date),
        "communication": [{"language": concept(person.language, coding(LANGUAGE, person.language)), "preferred": True}],
    }
    if person.protected:
        return {"meta": {"security": [coding(CONFIDENTIALITY, "V", "very restricted")]}} | known
    street = STREETS[len(person.household) % len(STREETS)]
    address = {"use": "home", "line": [f"{person.household}{street} 1"], "postalCode": "7030", "city": "Trondheim"}
    telecom = [{"system": "phone", "value": f"+47 00 00 10 {person.number:02d}", "use": "mobile"}]
    return known | {"telecom": telecom, "address": [address | {"country": "NO"}]}


def organisation_bundle(organisation: Organisation, today: date) -> Json:
    """Put an organisation, its places, its people and their free times of the coming two weeks into a transaction."""
    return transaction(
        organisation.id,
        [
            _organization(organisation),
            *(_location(organisation, unit) for unit in organisation.units),
            *(_practitioner(organisation, clinician) for clinician in organisation.clinicians),
            *(made for offer in organisation.offers for made in _free_times(organisation, offer, today)),
        ],
    )


def visit_type_concept(code: str) -> Json:
    """What a meeting is for, as a code of the demo with its Norwegian text."""
    return concept(VISIT_TYPES[code], coding(VISIT_TYPE, code, VISIT_TYPES[code]))


def unit_concept(unit: Unit) -> Json:
    """Which part of the organisation a meeting is with: the unit's id in the organisation's manifest, and its name."""
    return concept(unit.name, coding(UNIT, unit.key, unit.name))


def _organization(organisation: Organisation) -> Json:
    body = {
        "active": True,
        "type": [{"text": organisation.kind}],
        "name": organisation.name,
        "telecom": [{"system": "phone", "value": organisation.phone}],
    }
    return entry("Organization", organisation.id, body)


def _location(organisation: Organisation, unit: Unit) -> Json:
    body = {
        "status": "active",
        "name": unit.name,
        "telecom": [{"system": "phone", "value": unit.phone}],
        "managingOrganization": inside("Organization", organisation.id) | {"display": organisation.name},
    }
    return entry("Location", f"{organisation.id}.{unit.key}", body)


def _practitioner(organisation: Organisation, clinician: Clinician) -> Json:
    body = {
        "active": True,
        "name": [_name(clinician.name)],
        "qualification": [{"code": concept(clinician.title, coding(PROFESSION, clinician.profession))}],
    }
    return entry("Practitioner", f"{organisation.id}.{clinician.key}", body)


def _free_times(organisation: Organisation, offer: Offer, today: date) -> Iterator[Json]:
    clinician = organisation.clinician(offer.clinician)
    unit = organisation.unit(clinician.unit)
    schedule = f"{organisation.id}.{clinician.key}.{offer.visit_type}"
    tomorrow, last = today + timedelta(days=1), today + HORIZON
    purpose = {"serviceCategory": [unit_concept(unit)], "serviceType": [visit_type_concept(offer.visit_type)]}
    actors = [
        inside("Practitioner", f"{organisation.id}.{clinician.key}") | {"display": clinician.name},
        inside("Location", f"{organisation.id}.{unit.key}") | {"display": unit.name},
    ]
    horizon = {"start": day(tomorrow), "end": day(last)}
    yield entry("Schedule", schedule, purpose | {"active": True, "actor": actors, "planningHorizon": horizon})
    for number, starts in enumerate(_mornings(tomorrow, last), 1):
        body = {
            "schedule": inside("Schedule", schedule) | {"display": clinician.name},
            "status": "free",
            "start": instant(starts),
            "end": instant(starts + offer.lasts),
        }
        yield entry("Slot", f"{schedule}.{number}", purpose | body)


def _mornings(first: date, last: date) -> Iterator[datetime]:
    for open_day in working_days(first, last):
        for start in MORNING:
            yield datetime.combine(open_day, start, OSLO)


def _name(name: str) -> Json:
    given, family = name.split(" ", 1)
    return {"use": "official", "text": name, "family": family, "given": [given]}
