"""What front ends get, as the description tells it; the owners of the data make it."""

from marshmallow import Schema, fields


class Absence(Schema):
    """Why something may be missing: a code, and what belongs to it."""

    code = fields.String(
        required=True,
        metadata={
            "enum": [
                "none_recorded",
                "before_go_live",
                "organisation_not_connected",
                "hidden_by_rule",
                "source_unavailable",
                "not_permitted",
            ]
        },
    )
    organisation = fields.String()
    date = fields.Date()
    kind = fields.String()


class Item(Schema):
    """One thing; what else it holds depends on the section."""

    id = fields.String(required=True)
    organisation = fields.String()
    at = fields.AwareDateTime()


class Section(Schema):
    """A section: what is there, as of when, and why something may not be."""

    items = fields.List(fields.Nested(Item), required=True)
    as_of = fields.AwareDateTime(required=True, allow_none=True)
    status = fields.String(required=True, metadata={"enum": ["ok", "unavailable"]})
    absences = fields.List(fields.Nested(Absence), required=True)
    next = fields.String(required=True, allow_none=True)


class Home(Schema):
    """The home view."""

    view = fields.String(required=True)
    as_of = fields.AwareDateTime(required=True)
    sections = fields.Dict(keys=fields.String(), values=fields.Nested(Section), required=True)


class Appointment(Item):
    """An appointment."""

    kind = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    place = fields.String(allow_none=True)
    clinician = fields.String(allow_none=True)
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    status = fields.String()


class Slot(Schema):
    """A free time."""

    id = fields.String(required=True)
    organisation = fields.String()
    visit_type = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    place = fields.String(allow_none=True)
    clinician = fields.String(allow_none=True)
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()


class Slots(Schema):
    """A page of free times."""

    slots = fields.List(fields.Nested(Slot), required=True)
    next = fields.String(allow_none=True)


class Organisation(Schema):
    """An organisation that has joined."""

    id = fields.String(required=True)
    names = fields.Dict(keys=fields.String(), values=fields.String())
    kind = fields.String()
    parent = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    go_live = fields.Dict(keys=fields.String(), values=fields.Date(allow_none=True))


class Organisations(Schema):
    """All of them."""

    organisations = fields.List(fields.Nested(Organisation), required=True)


class Grant(Schema):
    """A grant."""

    id = fields.String(required=True)
    scopes = fields.List(fields.String())


class Grants(Schema):
    """Grants in both directions."""

    given = fields.List(fields.Nested(Grant), required=True)
    received = fields.List(fields.Nested(Grant), required=True)


class Me(Schema):
    """Who is logged in."""

    citizen = fields.String(required=True)


class FieldProblem(Schema):
    """A field, and what is expected there."""

    field = fields.String(required=True)
    expected = fields.String(required=True)


class Problem(Schema):
    """RFC 9457 problem details."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    problems = fields.List(fields.Nested(FieldProblem))
    correlation = fields.String()
