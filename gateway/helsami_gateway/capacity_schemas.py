"""What is sent and read about acting for adults who cannot consent."""

from __future__ import annotations

from typing import Final

from marshmallow import Schema, fields, validate

from helsami_gateway.answers import moment, nullable, one_of
from helsami_gateway.schemas import GRANT_AREAS, GRANT_LEVELS, SHORT, Command, Page

FILES: Final = ("application/pdf", "image/jpeg", "image/png")
LONGEST_FILE: Final = 2 * 1024 * 1024
MOST_FILES: Final = 5
STATES: Final = ("applied", "granted", "declined", "withdrawn", "ended", "revoked", "lapsed")


class Enclosed(Command):
    """A document that shows one's right to act."""

    title = fields.String(required=True, validate=SHORT)
    content_type = fields.String(required=True, validate=validate.OneOf(FILES))
    content = fields.String(
        required=True,
        validate=validate.Length(1, LONGEST_FILE * 4 // 3 + 4),
        metadata={"expected": f"the file in base64, at most {LONGEST_FILE // 1024} KiB", "format": "byte"},
    )


class ApplyForCapacity(Command):
    """Whom one wants to act for, in what, who is to decide, and the documents that show one's right."""

    national_id = fields.String(
        required=True, validate=validate.Regexp(r"\d{11}$"), metadata={"expected": "a national id of eleven digits"}
    )
    organisation = fields.String(required=True, validate=SHORT)
    relation = fields.String(required=True, validate=validate.OneOf(("guardian", "relative")))
    level = fields.String(validate=validate.OneOf(GRANT_LEVELS))
    areas = fields.Dict(
        keys=fields.String(validate=validate.OneOf(GRANT_AREAS)),
        values=fields.List(fields.String(validate=validate.OneOf(("see", "act")))),
        metadata={"expected": f"one or more of {', '.join(GRANT_AREAS)}, each with a list of see and act"},
    )
    documents = fields.List(
        fields.Nested(Enclosed),
        required=True,
        validate=validate.Length(1, MOST_FILES),
        metadata={"expected": f"1 to {MOST_FILES} documents that show the right to act"},
    )


class DecideCapacity(Command):
    """What staff decide: to grant it for some days, or to decline or end it, with a reason code."""

    decision = fields.String(required=True, validate=validate.OneOf(("decline", "end", "grant")))
    review_days = fields.Integer(strict=True, metadata={"description": "with a grant: until it is looked at anew"})
    reason = fields.String(validate=validate.Length(max=60))


class OpenApplications(Page):
    """Which part of what has to be decided."""


class Application(Schema):
    """
    An application; `code` is of Volven 7611, `review_at` until when it is granted.

    `citizen` and `name` say whom it is about to its applicant once it was granted, not before.
    """

    id = fields.String(required=True)
    citizen = nullable()
    name = nullable()
    organisation = fields.String(required=True)
    relation = one_of("guardian", "relative")
    code = one_of("VE", "TD")
    areas = fields.Dict(
        keys=fields.String(validate=validate.OneOf(GRANT_AREAS)),
        values=fields.List(one_of("see", "act")),
        required=True,
    )
    state = one_of(*STATES)
    applied_at = moment()
    decided_at = moment(allow_none=True)
    review_at = moment(allow_none=True)
    reason = fields.String(required=True, metadata={"description": "a code of those who decided, or empty"})


class Applications(Schema):
    """One's own applications, the newest first."""

    applications = fields.List(fields.Nested(Application), required=True)


class Involved(Schema):
    """Who somebody is, as the register knows them."""

    name = nullable()
    birth_date = fields.Date(required=True, allow_none=True)


class DocumentNamed(Schema):
    """What was enclosed."""

    number = fields.Integer(required=True)
    title = fields.String(required=True)
    content_type = one_of(*FILES)


class ApplicationForStaff(Application):
    """An application as those see it who decide."""

    applicant = fields.Nested(Involved, required=True)
    subject = fields.Nested(Involved, required=True)
    documents = fields.List(fields.Nested(DocumentNamed), required=True)


class ApplicationsForStaff(Schema):
    """What an organisation has to decide, the oldest first."""

    applications = fields.List(fields.Nested(ApplicationForStaff), required=True)
    next = nullable("the cursor of the next page; null on the last")
