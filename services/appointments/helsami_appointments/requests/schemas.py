"""What is asked about requests, answered and told."""

from dataclasses import asdict
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from helsami_appointments.requests import domain
from helsami_appointments.schemas import Action, Appointment, OneAppointment
from helsami_appointments.video.schemas import Payment, Video
from helsami_appointments.visits.schemas import CheckInShown, Step, Task
from helsami_kernel.clock import written
from helsami_kernel.pages import LONGEST_PAGE, USUAL_PAGE

ACCEPT = "accept"
DECLINE = "decline"


class Ask(OneAppointment):
    """What a citizen asks for, and in their own words what would suit them."""

    action = fields.String(required=True, validate=validate.OneOf(domain.ACTIONS))
    wish = fields.String(
        load_default="", validate=[validate.Length(max=domain.LONGEST_WISH), validate.Regexp(r"[^\x00]*\Z")]
    )


class OneRequest(Schema):
    """A request; whatever is named and is not there, is not found."""

    request = fields.String(required=True, metadata={"expected": "the id of a request"})


class Answer(OneRequest):
    """What staff answer: a time where one is asked for, or a reason code."""

    answer = fields.String(required=True, validate=validate.OneOf((ACCEPT, DECLINE)))
    slot = fields.UUID(load_default=None, allow_none=True, metadata={"expected": "a slot's id, to accept a change"})
    reason = fields.String(
        load_default="",
        validate=validate.Regexp(r"([a-z][a-z0-9]*(-[a-z0-9]+)*)?\Z"),
        metadata={"expected": "a kebab-case code, to decline"},
    )

    @validates_schema(skip_on_field_errors=True)
    def whole(self, answer: dict[str, Any], **_: object) -> None:
        """A reason to decline, and none to accept."""
        if (answer["answer"] == DECLINE) is not bool(answer["reason"]) or len(answer["reason"]) > 60:  # noqa: PLR2004
            raise ValidationError("a reason, to decline", "reason")
        if answer["answer"] == DECLINE and answer["slot"] is not None:
            raise ValidationError("no slot, to decline", "slot")


class OpenRequests(Schema):
    """Which of the requests that are not answered."""

    limit = fields.Integer(strict=True, load_default=USUAL_PAGE, validate=validate.Range(min=1, max=LONGEST_PAGE))
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))


class Request(Schema):
    """A request, as its citizen and the organisation's staff see it."""

    id = fields.String()
    organisation = fields.String()
    appointment = fields.String()
    action = fields.String()
    wish = fields.String()
    state = fields.String()
    asked_at = fields.String()
    expires_at = fields.String()
    answered_at = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class ShownAppointment(Appointment):
    """An appointment, all that its citizen can do with it, and what they have asked about it."""

    actions = fields.List(fields.Nested(Action))
    requests = fields.List(fields.Nested(Request))
    check_in = fields.Nested(CheckInShown)
    arrival = fields.Nested(Step)
    tasks = fields.List(fields.Nested(Task))
    video = fields.Nested(Video, allow_none=True)
    payment = fields.Nested(Payment, allow_none=True)
    referral = fields.String(allow_none=True)
    known_as = fields.String()


class Requests(Schema):
    """A page of the requests that wait for an answer, the oldest first; `about` whom is for their logs alone."""

    requests = fields.List(fields.Nested(Request))
    about = fields.List(fields.String())
    next = fields.String(allow_none=True)


class RequestAnswered(Schema):
    """The event `request_answered`."""

    request = fields.String(required=True)
    appointment = fields.String(required=True)


class RequestExpired(RequestAnswered):
    """The event `request_expired`."""


def shown(request: domain.Request) -> dict[str, Any]:
    """Give a request as it is read."""
    return {
        **asdict(request),
        "asked_at": written(request.asked_at),
        "expires_at": written(request.expires_at),
        "answered_at": None if request.answered_at is None else written(request.answered_at),
        "reason": request.reason or None,
    }
