"""What the directory is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from helsami_directory.lifecycle import STATES

NATIONAL_ID: Final = validate.Regexp(r"[0-9]{11}\Z")
CITIZEN_ID: Final = validate.Regexp(r"[0-9a-f]{32}\Z")
LONGEST_WHY: Final = 500
# What is no control character: the reason is shown in an operator's terminal, whoever gave it.
SHOWABLE: Final = validate.Regexp(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*\Z")
MOST_PEOPLE: Final = 1000
LONGEST_KEY: Final = 300


def a_national_id() -> fields.String:
    """A national id that must be given."""
    return fields.String(required=True, validate=NATIONAL_ID, metadata={"expected": "a Norwegian national id"})


def _is_patient(resource: Mapping[str, Any]) -> None:
    if resource.get("resourceType") != "Patient":
        raise ValidationError("another type")


class Nothing(Schema):
    """A question without particulars."""


class WhichOrganisation(Schema):
    """Which organisation?"""

    organisation = fields.String(required=True, validate=validate.Length(1, 60))


class ChangeState(WhichOrganisation):
    """An organisation shall enter a state, for a reason: of a rehearsal, what it showed."""

    state = fields.String(required=True, validate=validate.OneOf(STATES))
    why = fields.String(
        required=True,
        validate=[validate.Length(1, LONGEST_WHY), validate.Regexp(r"\s*\S"), SHOWABLE],
        metadata={"expected": f"a reason, of at most {LONGEST_WHY} characters that can be shown"},
    )


class Identify(Schema):
    """Who has this national id?"""

    national_id = a_national_id()


class FactsOf(Schema):
    """What does the register say of these people?"""

    citizens = fields.List(
        fields.String(validate=CITIZEN_ID, metadata={"expected": "the id of a citizen"}),
        required=True,
        validate=validate.Length(max=MOST_PEOPLE),
    )


class Register(Schema):
    """A record system knows this person."""

    national_id = a_national_id()
    key = fields.String(required=True, validate=validate.Length(min=1))
    resource = fields.Dict(
        keys=fields.String(),
        required=True,
        validate=_is_patient,
        metadata={"expected": "a Patient"},
    )


class Resolve(Schema):
    """Who has each of these national ids?"""

    national_ids = fields.List(a_national_id(), required=True, validate=validate.Length(max=MOST_PEOPLE))


class Entry(Schema):
    """One resource of a delivery."""

    class Meta:
        """What a later journal adds is for later services."""

        unknown = EXCLUDE

    index = fields.Integer(required=True, strict=True)
    type = fields.String(required=True)
    key = fields.String(required=True)
    resource = fields.Dict(keys=fields.String(), required=True)


class Receive(Schema):
    """Resources about nobody."""

    citizen = fields.Raw(
        required=True,
        allow_none=True,
        validate=validate.Equal(None),
        metadata={"expected": "null: these are about nobody"},
    )
    entries = fields.List(fields.Nested(Entry), required=True)


class Person(Schema):
    """A citizen, as the gateway knows them after a login."""

    citizen = fields.String()
    name = fields.String()
    birth_date = fields.Date(allow_none=True)
    protected = fields.Boolean()
    language = fields.String(allow_none=True)


class Appointed(Schema):
    """A guardian of a citizen: by which guardianship, in what, and until when, where the register sets an end."""

    id = fields.String()
    citizen = fields.String()
    mandates = fields.List(fields.String())
    since = fields.AwareDateTime()
    until = fields.AwareDateTime(allow_none=True)


class Fact(Schema):
    """
    What decides whether a citizen may represent or be represented.

    `protection` is `none`, `confidential` (code 7) or `strictly-confidential` (code 6), and `protected` any of the
    latter. `active` is false for a deactivated account, and `back_since` when such a one was last taken up again, or
    null. `holders` have parental responsibility for this child and are
    alive, foster parents never among them; `holder_at_address` says whether one of them is registered where the child
    is (K5). `guardians` are this adult's, and `wards` those whose guardian this citizen is.
    """

    citizen = fields.String()
    name = fields.String()
    birth_date = fields.Date(allow_none=True)
    protected = fields.Boolean()
    deceased = fields.Boolean()
    protection = fields.String()
    active = fields.Boolean()
    back_since = fields.AwareDateTime(allow_none=True)
    holders = fields.List(fields.String())
    holder_at_address = fields.Boolean()
    guardians = fields.List(fields.Nested(Appointed))
    wards = fields.List(fields.String())


class WhichCitizen(Schema):
    """A citizen of whom something is asked."""

    citizen = fields.String(required=True, validate=CITIZEN_ID)


class Reader(Schema):
    """What decides what a citizen may read of themselves."""

    birth_date = fields.Date()
    protected = fields.Boolean()


class FactsFound(Schema):
    """The facts of those who are known; the others are absent."""

    facts = fields.List(fields.Nested(Fact))


class Registered(Schema):
    """Who it is, whether anything new was said, and whether they read nothing here now."""

    citizen = fields.String()
    outcome = fields.String()
    by_post = fields.Boolean()


class Resolved(Schema):
    """Citizens by position in the question, so that no national id is repeated; who of them reads nothing here now."""

    citizens = fields.Dict(keys=fields.String(), values=fields.String(allow_none=True))
    by_post = fields.List(fields.String())


class Outcome(Schema):
    """What became of one entry of a delivery; code and path say why it was refused."""

    index = fields.Integer()
    outcome = fields.String()
    code = fields.String()
    path = fields.String()


class Received(Schema):
    """What became of each entry."""

    outcomes = fields.List(fields.Nested(Outcome))


class Unit(Schema):
    """A part of an organisation."""

    id = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())
    phone = fields.String()


class Organisation(Schema):
    """A connected organisation; `go_live` is the first day shown by category, null for no floor."""

    id = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())
    kind = fields.String()
    parent = fields.String(allow_none=True)
    phone = fields.String()
    state = fields.String()
    units = fields.List(fields.Nested(Unit))
    go_live = fields.Dict(keys=fields.String(), values=fields.Date(allow_none=True))


class Organisations(Schema):
    """Every organisation that is connected."""

    organisations = fields.List(fields.Nested(Organisation))


class Change(Schema):
    """An organisation entered a state."""

    state = fields.String()
    since = fields.AwareDateTime()
    who = fields.String()
    why = fields.String()


class Standing(Schema):
    """Where an organisation stands; `problem` says why its rules do not load, where they do not."""

    id = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())
    kind = fields.String()
    parent = fields.String(allow_none=True)
    state = fields.String()
    since = fields.AwareDateTime(allow_none=True)
    who = fields.String(allow_none=True)
    why = fields.String(allow_none=True)
    problem = fields.String(allow_none=True)


class Standings(Schema):
    """Where each organisation stands."""

    organisations = fields.List(fields.Nested(Standing))


class StandingWithHistory(Standing):
    """Where an organisation stands, where it may go from there, and how it came there, newest first."""

    steps = fields.List(fields.String())
    history = fields.List(fields.Nested(Change))


class Account(Schema):
    """A citizen of the demo, by the national id that logs in."""

    citizen = fields.String()
    pid = fields.String()
    name = fields.String()
    birth_date = fields.Date(allow_none=True)


class Accounts(Schema):
    """Everybody in the demo."""

    citizens = fields.List(fields.Nested(Account))
