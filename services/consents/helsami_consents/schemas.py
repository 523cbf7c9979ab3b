"""What consents is asked, what it answers, and what it reads of the directory's answer."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import EXCLUDE, Schema, fields, post_load, validate

from helsami_consents.domain import CITIZEN_ID, GRANTABLE, Person

AUDIENCE: Final = validate.Regexp(r"(view:)?[a-z]{1,40}\Z")
MOST_AUDIENCES: Final = 20
LONGEST_PAGE: Final = 100
PAGE: Final = 20


def _citizen() -> fields.String:
    one_citizen = validate.Regexp(rf"{CITIZEN_ID.pattern}\Z")
    return fields.String(required=True, validate=one_citizen, metadata={"expected": "the id of a citizen"})


class Nothing(Schema):
    """A question without particulars."""


class Decide(Schema):
    """May the actor act for the subject, towards these audiences? `purpose` names what for, as a code."""

    actor = _citizen()
    # Free text: a citizen's own client names whom it acts for, and whatever it names is simply not found.
    subject = fields.String(required=True)
    audiences = fields.List(
        fields.String(validate=AUDIENCE, metadata={"expected": "a service, or view:<view>"}),
        required=True,
        validate=validate.Length(min=1, max=MOST_AUDIENCES),
    )
    purpose = fields.String(
        required=True, validate=validate.Regexp(r"[a-z]+(-[a-z]+){0,4}\Z"), metadata={"expected": "a code such as home"}
    )


class Give(Schema):
    """Let this citizen do these things."""

    receiver = _citizen()
    scopes = fields.List(
        fields.String(validate=validate.OneOf(sorted(GRANTABLE))),
        required=True,
        validate=validate.Length(min=1, max=len(GRANTABLE)),
    )


class Revoke(Schema):
    """Take back this grant."""

    grant = fields.String(
        required=True, validate=validate.Regexp(r"[0-9a-f]{32}\Z"), metadata={"expected": "the id of a grant"}
    )


class Page(Schema):
    """A page of the access log."""

    limit = fields.Integer(load_default=PAGE, strict=True, validate=validate.Range(1, LONGEST_PAGE))
    cursor = fields.String(load_default=None, allow_none=True)


class Decided(Schema):
    """A token for each audience."""

    tokens = fields.Dict(keys=fields.String(), values=fields.String())
    basis = fields.String()


class Given(Schema):
    """A grant as its two sides see it; `citizen` is the other side."""

    id = fields.String()
    citizen = fields.String()
    name = fields.String(allow_none=True)
    scopes = fields.List(fields.String())
    version = fields.Integer()
    granted_at = fields.String()
    revoked_at = fields.String(allow_none=True)


class Overview(Schema):
    """Who may act for me, and for whom may I (R95)."""

    given = fields.List(fields.Nested(Given))
    received = fields.List(fields.Nested(Given))


class Fact(Schema):
    """What is used of the directory's facts."""

    citizen = fields.String(required=True)
    name = fields.String(required=True)
    birth_date = fields.Date(required=True, allow_none=True)
    protected = fields.Boolean(required=True)
    deceased = fields.Boolean(required=True)

    class Meta:
        """The directory may come to say more."""

        unknown = EXCLUDE

    @post_load
    def _person(self, fact: dict[str, Any], **_kwargs: object) -> Person:
        return Person(fact.pop("citizen"), **fact)


class FactsFound(Schema):
    """The directory's answer."""

    facts = fields.List(fields.Nested(Fact), required=True)

    class Meta:
        """The directory may come to say more."""

        unknown = EXCLUDE
