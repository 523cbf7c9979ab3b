"""What is asked of letters, and what is answered and told of them."""

from typing import Any, Final

from marshmallow import Schema, fields, validate

from helsami_records.letters.domain import MOST_ENCLOSED

LISTED: Final = ("id", "title", "written_at", "attachments")
"""What is shown of a letter where it is only named."""


class OneLetter(Schema):
    """A letter to read; whatever is named and is not there, is not found."""

    letter = fields.String(required=True, metadata={"expected": "the id of a letter"})


class OneAttachment(OneLetter):
    """Something that is enclosed with a letter, by its number from 1."""

    number = fields.Integer(required=True, strict=True, validate=validate.Range(1, MOST_ENCLOSED))


class OfAppointment(Schema):
    """Letters about an appointment, by the id under which others than its owner know it."""

    appointment = fields.String(required=True, validate=validate.Length(1, 36))


class Attachment(Schema):
    """What is enclosed with a letter."""

    number = fields.Integer()
    title = fields.String(allow_none=True)
    content_type = fields.String()
    size = fields.Integer()


class ShownLetter(Schema):
    """A letter, as its citizen reads it."""

    id = fields.String()
    organisation = fields.String(allow_none=True)
    at = fields.String()
    title = fields.String()
    text = fields.String()
    written_at = fields.String()
    attachments = fields.List(fields.Nested(Attachment))


class Content(Schema):
    """What is enclosed, byte by byte: `data` is in base 64."""

    content_type = fields.String()
    data = fields.String()


class LetterIssued(Schema):
    """The event `letter_issued`."""

    letter = fields.String(required=True)
    access_limit = fields.String(required=True)
    appointment = fields.String(required=True, allow_none=True)


def listed(letter: dict[str, Any]) -> dict[str, Any]:
    """Give of a letter what names it."""
    return {name: letter[name] for name in LISTED}
