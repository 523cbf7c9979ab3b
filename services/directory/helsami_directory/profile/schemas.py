"""What citizens say of themselves, as it is asked and answered."""

from __future__ import annotations

from typing import Final

from marshmallow import Schema, ValidationError, fields, validate

from helsami_directory.profile.domain import LANGUAGES, MOST_SHORTCUTS, RELATIONS, SHORTCUTS
from helsami_directory.profile.photos import EXPECTED

E164: Final = validate.Regexp(r"\+[1-9][0-9]{6,14}\Z")
# One line, and one that may have several; no control characters, since both are shown.
ONE_LINE: Final = validate.Regexp(r"(?=.*\S)[^\x00-\x1f\x7f-\x9f]*\Z")
LINES: Final = validate.Regexp(r"(?s)(?=.*\S)[^\x00-\x09\x0b-\x1f\x7f-\x9f]*\Z")
LONGEST_EMAIL: Final = 254  # RFC 5321
LONGEST_NAME: Final = 100
LONGEST_ADDRESS: Final = 300
LONGEST_ABOUT: Final = 500
LONGEST_PHOTO: Final = 800_000  # in base64


def _email() -> fields.Email:
    return fields.Email(
        allow_none=True,
        validate=validate.Length(max=LONGEST_EMAIL),
        metadata={"expected": "an e-mail address, or null"},
    )


def _phone() -> fields.String:
    expected = "a telephone number with its country, as +4700000001, or null"
    return fields.String(allow_none=True, validate=E164, metadata={"expected": expected})


def _unique(shortcuts: list[str]) -> None:
    if len(set(shortcuts)) != len(shortcuts):
        raise ValidationError("one twice")


class Versioned(Schema):
    """A change names the version that it is a change of."""

    version = fields.Integer(
        required=True, strict=True, validate=validate.Range(0), metadata={"expected": "the version that was read"}
    )


class Edit(Versioned):
    """What shall be otherwise; null erases, and what is not named stays."""

    email = _email()
    phone = _phone()
    address = fields.String(
        allow_none=True,
        validate=[validate.Length(max=LONGEST_ADDRESS), LINES],
        metadata={"expected": f"text of at most {LONGEST_ADDRESS} characters, or null"},
    )
    language = fields.String(
        allow_none=True,
        validate=validate.OneOf(LANGUAGES),
        metadata={"expected": f"one of {', '.join(LANGUAGES)}, or null"},
    )
    interpreter = fields.String(
        allow_none=True,
        validate=validate.Regexp(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}\Z"),
        metadata={"expected": "the code of a language (BCP 47), or null"},
    )
    about = fields.String(
        allow_none=True,
        validate=[validate.Length(max=LONGEST_ABOUT), LINES],
        metadata={"expected": f"text of at most {LONGEST_ABOUT} characters, or null"},
    )
    shortcuts = fields.List(
        fields.String(validate=validate.OneOf(SHORTCUTS)),
        validate=[validate.Length(max=MOST_SHORTCUTS), _unique],
        metadata={"expected": f"a list of at most {MOST_SHORTCUTS} shortcuts, each once"},
    )


class AddContact(Schema):
    """Somebody who is next to me."""

    name = fields.String(
        required=True,
        validate=[validate.Length(1, LONGEST_NAME), ONE_LINE],
        metadata={"expected": f"a name of at most {LONGEST_NAME} characters"},
    )
    relation = fields.String(required=True, validate=validate.OneOf(RELATIONS))
    phone = _phone()
    email = _email()
    first = fields.Boolean(load_default=False)


class WhichContact(Versioned):
    """One of them, as it was read."""

    contact = fields.String(required=True, validate=validate.Length(1, 60))


class ChangeContact(AddContact, WhichContact):
    """One of them, as it shall be."""


class SetPhoto(Schema):
    """A photo, in base64."""

    photo = fields.String(
        required=True, validate=validate.Length(1, LONGEST_PHOTO), metadata={"expected": EXPECTED}
    )


class Profile(Schema):
    """What I have told of myself."""

    version = fields.Integer()
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    language = fields.String(allow_none=True)
    interpreter = fields.String(allow_none=True)
    about = fields.String(allow_none=True)
    shortcuts = fields.List(fields.String())


class Contact(Schema):
    """Somebody who is next to me."""

    id = fields.String()
    version = fields.Integer()
    name = fields.String()
    relation = fields.String()
    phone = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    first = fields.Boolean()


class Contacts(Schema):
    """Everybody who is next to me, in the order in which I named them, and when I last said that it is right."""

    contacts = fields.List(fields.Nested(Contact))
    checked_at = fields.String(allow_none=True)


class Removed(Schema):
    """What is no longer there."""

    id = fields.String()


class Photo(Schema):
    """My photo, in base64."""

    version = fields.Integer()
    media = fields.String()
    photo = fields.String()


class PhotoKept(Schema):
    """That my photo is kept, and as what."""

    version = fields.Integer()
    media = fields.String()


class InRegister(Schema):
    """
    What the population register says of me (R13); `known` is false where it does not know me, or there is none.

    The address is null where it is protected: it is not kept here at all.
    """

    known = fields.Boolean()
    name = fields.String()
    birth_date = fields.Date(allow_none=True)
    address = fields.String(allow_none=True)
    protection = fields.String()
