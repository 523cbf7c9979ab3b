"""What the directory is asked and tells about the register's facts."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from helsami_directory.schemas import MOST_PEOPLE, a_national_id


class RegisterChanged(Schema):
    """The register says something else of these people: before it decides anything, it is asked."""

    national_ids = fields.List(
        a_national_id(),
        required=True,
        validate=validate.Length(1, MOST_PEOPLE),
        metadata={"expected": f"a list of 1 to {MOST_PEOPLE} national ids"},
    )


class Taken(Schema):
    """How many of them are known here."""

    known = fields.Integer()


class ParentalResponsibilityChanged(Schema):
    """Somebody has or has no longer parental responsibility for a child."""

    child = fields.String()


class GuardianshipChanged(Schema):
    """Somebody is an adult's guardian, is so otherwise, or no longer."""

    ward = fields.String()


class AddressChanged(Schema):
    """A citizen is registered somewhere else, or nowhere."""

    citizen = fields.String()


class ProtectionChanged(Schema):
    """A citizen's address is protected now, or is so no longer."""

    citizen = fields.String()


class BirthDateChanged(Schema):
    """A citizen was born on another day than was believed."""


class CitizenDied(Schema):
    """A citizen has died."""


class Turning16Soon(Schema):
    """In thirty days a child turns sixteen."""

    child = fields.String()


class Turned16(Schema):
    """A child has turned sixteen."""

    child = fields.String()
