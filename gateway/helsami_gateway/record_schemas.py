"""What front ends get of medicines, results and the record."""

from __future__ import annotations

from typing import Final

from marshmallow import Schema, fields

from helsami_gateway.answers import Coded, Item, as_written, nullable, one_of, section


class Medication(Coded):
    """A medicine."""

    status = one_of("active", "ended")
    since = as_written()
    dosage = nullable()
    prescriber = nullable()


Medications: Final = section(Medication, "Medications")


class Value(Schema):
    """What was measured; `value` is the number as it was written, `text` what was said instead of one or about it."""

    name = fields.String(required=True)
    code = fields.String(required=True)
    value = nullable()
    unit = nullable()
    text = nullable()


class Result(Coded):
    """A released result."""

    taken_at = as_written()
    status = one_of("final", "amended", "corrected", "appended")
    values = fields.List(fields.Nested(Value), required=True)
    conclusion = nullable()


Results: Final = section(Result, "Results")


class Document(Item):
    """Something written."""

    title = fields.String(required=True)
    text = fields.String(required=True)
    written_at = as_written()


class Visit(Item):
    """A visit, and what was written about it."""

    kind = one_of("outpatient", "inpatient", "emergency", "home", "virtual", "nursing-home", "other")
    name = fields.String(required=True)
    place = nullable("null for somebody at a protected address")
    clinician = nullable()
    starts_at = as_written()
    ends_at = as_written(allow_none=True)
    notes = fields.List(fields.Nested(Document), required=True)


class Condition(Coded):
    """An illness or a complaint."""

    status = one_of("active", "ended")
    since = as_written()


class Allergy(Coded):
    """An allergy."""

    status = one_of("active", "ended")
    criticality = nullable()
    reactions = fields.List(fields.String(), required=True)


class Vaccine(Coded):
    """A vaccine that was given."""

    given_at = as_written()


Visits: Final = section(Visit, "Visits")
Conditions: Final = section(Condition, "Conditions")
Allergies: Final = section(Allergy, "Allergies")
Vaccines: Final = section(Vaccine, "Vaccines")
Documents: Final = section(Document, "Documents")
RECORDS: Final = (Visits, Conditions, Allergies, Vaccines, Documents)
