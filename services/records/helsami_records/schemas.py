"""What is asked of records, and what a citizen reads of each thing in them."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, Final

from marshmallow import Schema, fields, validate

from helsami_kernel import pages
from helsami_records.domain import Allergy, Condition, Document, Thing, Vaccine, Visit
from helsami_records.letters.domain import Letter

SECTIONS: Final = ("visits", "documents", "letters", "conditions", "allergies", "vaccines")


class PageQuery(pages.PageQuery):
    """A page of one section."""

    section = fields.String(required=True, validate=validate.OneOf(SECTIONS))


class SummaryPublished(Schema):
    """The event `summary_published`."""

    visit = fields.String(required=True)
    access_limit = fields.String(required=True)


@singledispatch
def body(thing: Thing) -> dict[str, Any]:
    """Give a thing as its citizen reads it."""
    raise TypeError(type(thing).__name__)


@body.register
def _(visit: Visit) -> dict[str, Any]:
    return {
        "kind": visit.setting or "other",
        "name": visit.name,
        "place": visit.place,
        "clinician": visit.clinician,
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
    }


@body.register
def _(document: Document) -> dict[str, Any]:
    return {"title": document.title, "text": document.text, "written_at": document.written_at}


@body.register
def _(letter: Letter) -> dict[str, Any]:
    enclosed = [
        {"number": number, "title": one.title or None, "content_type": one.content_type, "size": len(one.data)}
        for number, one in enumerate(letter.enclosed, 1)
    ]
    return {"title": letter.title, "text": letter.text, "written_at": letter.written_at, "attachments": enclosed}


@body.register
def _(condition: Condition) -> dict[str, Any]:
    return {
        "name": condition.name,
        "system": condition.system,
        "code": condition.code,
        "status": _status(active=condition.active),
        "since": condition.since,
    }


@body.register
def _(allergy: Allergy) -> dict[str, Any]:
    return {
        "name": allergy.name,
        "system": allergy.system,
        "code": allergy.code,
        "status": _status(active=allergy.active),
        "criticality": allergy.criticality,
        "reactions": list(allergy.reactions),
    }


@body.register
def _(vaccine: Vaccine) -> dict[str, Any]:
    return {
        "name": vaccine.name,
        "system": vaccine.system,
        "code": vaccine.code,
        "given_at": vaccine.given_at,
    }


def _status(*, active: bool) -> str:
    return "active" if active else "ended"
