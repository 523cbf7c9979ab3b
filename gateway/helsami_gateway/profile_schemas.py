"""What citizens say of themselves, at the door: what is sent, and what is answered."""

from __future__ import annotations

from typing import Final

from marshmallow import Schema, fields

from helsami_gateway.schemas import Command

LANGUAGE: Final = "nb, nn or en"


def _text(expected: str) -> fields.String:
    return fields.String(allow_none=True, metadata={"expected": expected, "description": expected})


class EditProfile(Command):
    """What shall be otherwise: null erases, what is not named stays. The owner checks what each field means."""

    email = _text("an e-mail address, or null")
    phone = _text("a telephone number with its country (E.164), or null")
    address = _text("text of at most 300 characters, or null")
    language = _text(f"{LANGUAGE}, or null for the browser's")
    interpreter = _text("the language of an interpreter (BCP 47), or null")
    about = _text("what those who meet me should know, at most 500 characters, or null")
    shortcuts = fields.List(fields.String(), metadata={"expected": "a list of at most 8 shortcuts, each once"})


class NameContact(Command):
    """Somebody who is next to me. The owner checks what each field means."""

    name = fields.String(required=True)
    relation = fields.String(required=True)
    phone = _text("a telephone number with its country (E.164), or null")
    email = _text("an e-mail address, or null")
    first = fields.Boolean(load_default=False)


class RegisterChanged(Command):
    """Of whom the population register says something else now."""

    national_ids = fields.List(fields.String(), required=True)


class LoggedIn(Schema):
    """Who is logged in, whether for the first time, and whether an account was taken up again by it."""

    citizen = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True)
    first_login = fields.Boolean(required=True)
    reactivated = fields.Boolean(required=True)


class AccountState(Schema):
    """Whether an account is in use."""

    state = fields.String(required=True)


class Profile(Schema):
    """What I have told of myself."""

    version = fields.Integer(required=True)
    email = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True)
    interpreter = fields.String(required=True, allow_none=True)
    about = fields.String(required=True, allow_none=True)
    shortcuts = fields.List(fields.String(), required=True)


class Contact(Schema):
    """Somebody who is next to me; at most one is the first to be told."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    relation = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    first = fields.Boolean(required=True)


class Contacts(Schema):
    """Everybody who is next to me, and when I last said that it is right."""

    contacts = fields.List(fields.Nested(Contact), required=True)
    checked_at = fields.String(required=True, allow_none=True)


class ContactRemoved(Schema):
    """What is no longer there."""

    id = fields.String(required=True)


class PhotoKept(Schema):
    """That my photo is kept, and as what."""

    version = fields.Integer(required=True)
    media = fields.String(required=True)


class InRegister(Schema):
    """What the population register says of me; a protected address is null here as everywhere."""

    known = fields.Boolean(required=True)
    name = fields.String(required=True)
    birth_date = fields.Date(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    protection = fields.String(required=True)


class Taken(Schema):
    """How many of them are known here."""

    known = fields.Integer(required=True)
