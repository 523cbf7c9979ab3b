"""What staff ask, do and read."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from helsami_kernel.clock import written
from helsami_kernel.journal import LONGEST_KEY
from helsami_kernel.pages import LONGEST_PAGE, USUAL_PAGE
from helsami_messages.threads.schemas import AnyThread, MessageShown, subject, text
from helsami_messages.ways.domain import OPENED, UNOPENED, Lying

Json = dict[str, Any]


def _code(expected: str, longest: int) -> fields.String:
    return fields.String(load_default="", validate=validate.Length(min=1, max=longest), metadata={"expected": expected})


class Place(Schema):
    """An inbox by its id, or an employee by what the organisation's record system calls them (`system|value`)."""

    inbox = _code("the id of an inbox, or an employee instead", 60)
    employee = _code("what your record system calls an employee, as system|value, or an inbox instead", LONGEST_KEY)

    @validates_schema(skip_on_field_errors=True)
    def one(self, place: Json, **_: object) -> None:
        """One of the two."""
        if bool(place["inbox"]) is bool(place["employee"]):
            raise ValidationError("an inbox or an employee", "inbox")


class LyingQuery(Place):
    """What lies somewhere, and is unopened, or opened and unanswered."""

    state = fields.String(load_default=UNOPENED, validate=validate.OneOf((UNOPENED, OPENED)))
    limit = fields.Integer(strict=True, load_default=USUAL_PAGE, validate=validate.Range(min=1, max=LONGEST_PAGE))
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))


class OneMessage(Schema):
    """A message; whatever is named and is not there, is not found."""

    message = fields.String(required=True, metadata={"expected": "the id of a message"})


class Forward(OneMessage):
    """Where a message is to lie instead."""

    to = fields.Nested(Place, required=True)


class Answer(OneMessage):
    """
    What staff answer; `may_reply` opens for a reply (R77), `employee` is who answers, as care teams name them.

    `by_post` says, of this as of what staff write first, that its citizen reads nothing here now (K19).
    """

    text = text()
    may_reply = fields.Boolean(required=True)
    employee = _code("what your record system calls an employee, as system|value", LONGEST_KEY)
    by_post = fields.Boolean(required=True)


class WriteTo(Schema):
    """What staff write to a citizen whom a unit of theirs treats (R76)."""

    citizen = fields.String(required=True, validate=validate.Length(1, 40))
    unit = fields.String(required=True, validate=validate.Length(1, 60))
    employee = _code("what your record system calls an employee, as system|value", LONGEST_KEY)
    subject = subject()
    text = text()
    may_reply = fields.Boolean(required=True)
    by_post = fields.Boolean(required=True)


class Listed(Schema):
    """A message that lies somewhere; until `due_at` somebody is to open it."""

    message = fields.String()
    thread = fields.String()
    state = fields.String()
    arrived_at = fields.String()
    due_at = fields.String()


class LyingPage(Schema):
    """A page of what lies somewhere, the first to arrive first."""

    messages = fields.List(fields.Nested(Listed))
    next = fields.String(allow_none=True)


class Whose(Schema):
    """Whose a message is, by their opaque id."""

    citizen = fields.String()


class Opened(AnyThread):
    """
    A message that was opened, with the thread that it is in.

    `record_key` is what the organisation's record system called the care team by which the citizen could write there,
    or was written to: by it the organisation knows whose it is, whatever has become of the team since.
    """

    messages = fields.List(fields.Nested(MessageShown))
    message = fields.String()
    record_key = fields.String()


class Closed(Schema):
    """A message that waits no longer."""

    message = fields.String()


class Sent(Schema):
    """A thread in which staff have written."""

    thread = fields.String()
    message = fields.String()


class Forwarded(Schema):
    """A message that lies elsewhere now."""

    message = fields.String()
    due_at = fields.String()


def listed(lying: Lying) -> Json:
    """Give a message as it lies somewhere."""
    return {
        "message": lying.message,
        "thread": lying.thread,
        "state": UNOPENED if lying.opened_at is None else OPENED,
        "arrived_at": written(lying.arrived_at),
        "due_at": written(lying.due_at),
    }
