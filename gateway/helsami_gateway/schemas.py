"""What citizens' front ends send; names that are not here are refused."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

RECORD_SECTIONS: Final = ("visits", "conditions", "allergies", "vaccines", "documents")
ORGANISATION_STATES: Final = ("draft", "rehearsed", "shadow", "live", "paused", "left")
GRANT_LEVELS: Final = ("communicate", "full", "read")
GRANT_AREAS: Final = ("appointments", "forms", "letters", "medications", "messages", "records", "results")
SHORT: Final = validate.Length(1, 200)


class Query(Schema):
    """A query string."""


class Page(Query):
    """Which part of a list."""

    limit = fields.Integer(
        load_default=20, validate=validate.Range(1, 100), metadata={"expected": "a number from 1 to 100"}
    )
    cursor = fields.String(
        load_default=None, allow_none=True, validate=SHORT, metadata={"expected": "the `next` of an earlier page"}
    )


class AppointmentsPage(Page):
    """Which part of which appointments."""

    when = fields.String(load_default="upcoming", validate=validate.OneOf(("upcoming", "past")))


class SlotsQuery(Query):
    """Which free times; the owner checks what it means."""

    limit = fields.Integer(
        load_default=20, validate=validate.Range(1, 100), metadata={"expected": "a number from 1 to 100"}
    )
    cursor = fields.String(load_default=None, allow_none=True, validate=SHORT)
    since = fields.String(data_key="from", attribute="from", validate=SHORT)
    until = fields.String(data_key="to", attribute="to", validate=SHORT)
    organisation = fields.String(validate=SHORT)
    unit = fields.String(validate=SHORT)
    visit_type = fields.String(validate=SHORT)
    clinician = fields.String(validate=SHORT, metadata={"expected": "the `clinician_id` of a free time"})


class Command(Schema):
    """A body that changes something."""


class Book(Command):
    """The free time to take."""

    slot = fields.String(required=True, validate=SHORT, metadata={"expected": "the id of a slot"})


class BookAndWait(Book):
    """The free time to take, and whether to wait for an earlier one."""

    waitlist = fields.Boolean(load_default=False)


class JoinWaitlist(Command):
    """The appointment to have earlier."""

    appointment = fields.String(required=True, validate=SHORT, metadata={"expected": "the id of an appointment"})


class JoinWaitlistFor(Command):
    """Who is not digital, and what they wait to have earlier; `priority` is the organisation's own code."""

    national_id = fields.String(
        required=True, validate=validate.Regexp(r"\d{11}$"), metadata={"expected": "a national id of eleven digits"}
    )
    appointment = fields.String(required=True, validate=validate.Length(1, 300))
    priority = fields.String(load_default="", validate=validate.Length(max=60))


class Ask(Command):
    """What is asked of an organisation; the owner checks what it means."""

    action = fields.String(
        required=True, validate=validate.OneOf(("change", "cancel", "join-waitlist", "video", "in-person"))
    )
    wish = fields.String(load_default="", validate=validate.Length(max=500))


class AnswerRequest(Command):
    """What staff answer: to accept a change a free time, to decline a reason code."""

    answer = fields.String(required=True, validate=validate.OneOf(("accept", "decline")))
    slot = fields.String(load_default=None, allow_none=True, validate=SHORT)
    reason = fields.String(load_default="", validate=validate.Length(max=60))


class Nothing(Command):
    """A command that says all by its path."""


class GrantTerms(Command):
    """What may be done in my name, by level or by areas, and until when; the owner checks what it means."""

    level = fields.String(validate=validate.OneOf(GRANT_LEVELS))
    areas = fields.Dict(
        keys=fields.String(validate=validate.OneOf(GRANT_AREAS)),
        values=fields.List(fields.String(validate=validate.OneOf(("see", "act")))),
        metadata={"expected": f"one or more of {', '.join(GRANT_AREAS)}, each with a list of see and act"},
    )
    expires_at = fields.String(allow_none=True, validate=SHORT, metadata={"format": "date-time"})


class ApplyForChild(Command):
    """The child whom one wants to act for."""

    national_id = fields.String(
        required=True, validate=validate.Regexp(r"\d{11}$"), metadata={"expected": "a national id of eleven digits"}
    )


class OfferGrant(GrantTerms):
    """Who may do what in my name: named by their id, or by their national id."""

    receiver = fields.String(validate=SHORT, metadata={"expected": "the id of a citizen"})
    national_id = fields.String(
        load_default=None,
        validate=validate.Regexp(r"\d{11}$"),
        metadata={"expected": "a national id of eleven digits, instead of receiver"},
    )

    @validates_schema(skip_on_field_errors=True)
    def one_receiver(self, wish: dict[str, Any], **_: object) -> None:
        """Refuse who is named twice or not at all."""
        if ("receiver" in wish) == (wish["national_id"] is not None):
            raise ValidationError("either receiver or national_id", "receiver")


class ChangeState(Command):
    """The state an organisation shall enter, and why: of a rehearsal, what it showed."""

    state = fields.String(required=True, validate=validate.OneOf(ORGANISATION_STATES))
    why = fields.String(required=True, validate=validate.Length(1, 500))


class Login(Command):
    """Who to be."""

    pid = fields.String(
        required=True, validate=validate.Regexp(r"\d{11}$"), metadata={"expected": "a national id of eleven digits"}
    )
