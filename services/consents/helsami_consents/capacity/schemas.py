"""What is asked about acting for adults that cannot consent, and what is answered and told."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from helsami_consents.capacity.domain import (
    BEGINNINGS,
    LONGEST_DOCUMENT,
    MOST_DOCUMENTS,
    RELATIONS,
    REVIEWED_WITHIN,
    Application,
    Document,
    State,
)
from helsami_consents.domain import CAPACITY
from helsami_consents.grants.domain import areas_of, level_of
from helsami_consents.grants.schemas import Areas, one_citizen
from helsami_consents.people import Person
from helsami_kernel.clock import written
from helsami_kernel.pages import LONGEST_PAGE, USUAL_PAGE

EXPECTED: Final = (
    f"a PDF, JPEG or PNG in base64, of at most {LONGEST_DOCUMENT // 1024} KiB, of the type that it is said to be"
)
DAYS: Final = REVIEWED_WITHIN.days
AMONG_GRANTS: Final = {State.REVOKED: "revoked", State.WITHDRAWN: "renounced", State.ENDED: "expired"}
"""What a subject reads of one that has ended, in the words of what they grant themselves."""


class Enclosed(Schema):
    """A document that shows one's right: its title, its type, and itself in base64."""

    title = fields.String(required=True, validate=validate.Length(1, 200))
    content_type = fields.String(required=True, validate=validate.OneOf(sorted(BEGINNINGS)))
    content = fields.String(
        required=True, validate=validate.Length(1, LONGEST_DOCUMENT * 4 // 3 + 4), metadata={"expected": EXPECTED}
    )

    @validates_schema(skip_on_field_errors=True)
    def is_what_it_says(self, enclosed: dict[str, Any], **_: object) -> None:
        """Refuse what is no base64, too long, or of another type than it is said to be."""
        try:
            content = base64.b64decode(enclosed["content"], validate=True)
        except (binascii.Error, ValueError):
            content = b""
        begins = content.startswith(BEGINNINGS[enclosed["content_type"]])
        if not begins or len(content) > LONGEST_DOCUMENT:
            raise ValidationError(EXPECTED, "content")

    @post_load
    def _decoded(self, enclosed: dict[str, Any], **_: object) -> dict[str, Any]:
        return {**enclosed, "content": base64.b64decode(enclosed["content"])}


class Apply(Areas):
    """Whom one wants to act for, in what, who is to decide, and the documents that show one's right."""

    subject = one_citizen()
    organisation = fields.String(required=True, validate=validate.Length(1, 60))
    relation = fields.String(required=True, validate=validate.OneOf(sorted(RELATIONS)))
    documents = fields.List(
        fields.Nested(Enclosed),
        required=True,
        validate=validate.Length(1, MOST_DOCUMENTS),
        metadata={"expected": f"1 to {MOST_DOCUMENTS} documents that show the right to act"},
    )


class OneApplication(Schema):
    """One application; whatever is named and is not there, is not found."""

    application = fields.String(required=True)


class OneDocument(OneApplication):
    """One document of an application."""

    number = fields.Integer(required=True, strict=True)


class Decide(OneApplication):
    """What staff decide: to grant it for some days until it is looked at anew, or to decline or end it."""

    decision = fields.String(required=True, validate=validate.OneOf(["decline", "end", "grant"]))
    review_days = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(1, DAYS),
        metadata={"expected": f"a whole number of days from 1 to {DAYS}, with a grant alone"},
    )
    reason = fields.String(load_default="", validate=validate.Regexp(r"([a-z0-9]+(-[a-z0-9]+)*)?\Z"))

    @validates_schema(skip_on_field_errors=True)
    def agrees(self, decision: dict[str, Any], **_: object) -> None:
        """Refuse a grant without a review, and a review of nothing."""
        if (decision["decision"] == "grant") != (decision["review_days"] is not None):
            raise ValidationError("with a grant, and with a grant alone", "review_days")


class Received(Schema):
    """A page of what an organisation has to decide."""

    limit = fields.Integer(strict=True, load_default=USUAL_PAGE, validate=validate.Range(min=1, max=LONGEST_PAGE))
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))


class Shown(Schema):
    """An application as its applicant sees it."""

    id = fields.String()
    citizen = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    organisation = fields.String()
    relation = fields.String()
    code = fields.String()
    areas = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    state = fields.String()
    applied_at = fields.String()
    decided_at = fields.String(allow_none=True)
    review_at = fields.String(allow_none=True)
    reason = fields.String()


class Mine(Schema):
    """One's own applications."""

    applications = fields.List(fields.Nested(Shown))


class EnclosedShown(Schema):
    """What was enclosed, by its number."""

    number = fields.Integer()
    title = fields.String()
    content_type = fields.String()


class Involved(Schema):
    """Somebody whom staff decide about, as the register knows them."""

    name = fields.String(allow_none=True)
    birth_date = fields.Date(allow_none=True)


class ForStaff(Shown):
    """An application as those see it who decide."""

    applicant = fields.Nested(Involved)
    subject = fields.Nested(Involved)
    documents = fields.List(fields.Nested(EnclosedShown))


class Applications(Schema):
    """What an organisation has to decide, the oldest first."""

    applications = fields.List(fields.Nested(ForStaff))
    next = fields.String(allow_none=True)


class DocumentShown(EnclosedShown):
    """A document itself, in base64."""

    content = fields.String()


class CapacityDecided(Schema):
    """The event `capacity_decided`: which application, and how it stands."""

    application = fields.String(required=True)
    state = fields.String(required=True)


class CapacityReviewDue(Schema):
    """The event `capacity_review_due`: which application is soon to be looked at anew."""

    application = fields.String(required=True)


class CapacityLapsed(Schema):
    """The event `capacity_lapsed`: which application nobody has decided."""

    application = fields.String(required=True)


class RepresentativeTold(Schema):
    """The events `representative_approved` and `representative_removed`: by which representation."""

    representation = fields.String(required=True)


def shown(application: Application, subject: Person | None) -> dict[str, Any]:
    """
    Give an application as its applicant reads it.

    Whom it is about is known by the applicant's own word alone until staff have said yes: to apply for anybody whose
    number one has, and be told who that is, would find out names.
    """
    told = subject if application.was_granted else None
    return {
        "id": application.id,
        "citizen": application.subject if application.was_granted else None,
        "name": None if told is None or told.protected else told.name,
        "organisation": application.organisation,
        "relation": application.relation,
        "code": RELATIONS[application.relation],
        "areas": areas_of(application.scopes),
        "state": application.state.value,
        "applied_at": written(application.applied_at),
        "decided_at": _written(application.decided_at),
        "review_at": _written(application.review_at),
        "reason": application.reason,
    }


def as_decided(application: Application) -> dict[str, Any]:
    """Give an application as those read it who have decided, without anybody's name."""
    return {**shown(application, None), "citizen": application.subject}


def given(application: Application, state: str, applicant: Person | None) -> dict[str, Any]:
    """Give what was granted as whom it is about reads it, among what they have granted themselves (R95)."""
    return {
        "id": application.id,
        "citizen": application.applicant,
        "name": None if applicant is None or applicant.protected else applicant.name,
        "basis": CAPACITY,
        "code": RELATIONS[application.relation],
        "areas": areas_of(application.scopes),
        "level": level_of(application.scopes),
        "state": state,
        "version": application.version,
        "granted_at": _written(application.decided_at),
        "accepted_at": written(application.applied_at),
        "expires_at": _written(application.review_at),
        "ended_at": _written(application.ended_at),
    }


def _written(at: datetime | None) -> str | None:
    return None if at is None else written(at)


def for_staff(
    application: Application, subject: Person | None, applicant: Person | None, enclosed: Iterable[tuple[int, str, str]]
) -> dict[str, Any]:
    """Give an application as those read it who decide about it."""
    return {
        **as_decided(application),
        "subject": involved(subject),
        "applicant": involved(applicant),
        "documents": [dict(zip(("number", "title", "content_type"), each, strict=True)) for each in enclosed],
    }


def involved(person: Person | None) -> dict[str, Any]:
    """Give who somebody is; nothing of whom the register does not know, or whose address is protected."""
    if person is None or person.protected:
        return {"name": None, "birth_date": None}
    return {"name": person.name, "birth_date": person.birth_date}


def documents_of(enclosed: Iterable[dict[str, Any]]) -> list[Document]:
    """What an applicant encloses, numbered from 1."""
    return [Document(number, **each) for number, each in enumerate(enclosed, 1)]
