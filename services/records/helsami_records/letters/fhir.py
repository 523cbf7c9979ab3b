"""Reading a letter: a DocumentReference (FHIR R4, as the journal normalises it) of that category."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from helsami_kernel import fhir
from helsami_kernel.fhir import Json, element, objects, text
from helsami_kernel.journal import Entry, Unreadable
from helsami_records.attachments import attachments, kind_of, text_of
from helsami_records.letters.domain import BEGINNINGS, LARGEST, MOST_ENCLOSED, Enclosure, Letter

CATEGORIES: Final = "urn:helsami:document-category"
LETTERS: Final = frozenset({"letter", "summons"})
DATED: Final = ("date", "content.attachment.creation", "context.period.start")
CONTENT: Final = "DocumentReference.content.attachment"


def is_letter(resource: Json) -> bool:
    """Whether a document says that it is a letter, or is about an appointment and about no visit."""
    said = (coding for category in objects(resource.get("category")) for coding in fhir.codings(category))
    if any(coding.system == CATEGORIES and coding.code in LETTERS for coding in said):
        return True
    return _appointment(resource) is not None and not objects(element(resource, "context.encounter"))


def letter(entry: Entry) -> Letter:
    """
    Read a letter: its first text is what it says, all else is enclosed.

    Raises Unreadable for what is not of the type it says or too large, and for a type that may not be enclosed.
    """
    resource = entry.resource
    written = ""
    enclosed: list[Enclosure] = []
    for attachment in attachments(resource):
        if not written and (found := text_of(attachment)) is not None:
            written = found
        else:
            enclosed.append(_enclosure(attachment))
    if not written and not enclosed:
        raise Unreadable("no-text", CONTENT)
    if len(enclosed) > MOST_ENCLOSED or sum(len(one.data) for one in enclosed) > LARGEST:
        raise Unreadable("too-large", CONTENT)
    named = element(resource, "content.attachment.title")
    titles = (resource.get("description"), named, fhir.name(resource.get("type")))
    return Letter(
        title=next(filter(None, map(text, titles)), ""),
        text=written,
        written_at=fhir.required_moment_shown(resource, *DATED),
        dated_at=fhir.required_moment(resource, *DATED),
        appointment=_appointment(resource),
        enclosed=tuple(enclosed),
    )


def _appointment(resource: Json) -> str | None:
    named = (fhir.key(one, "Appointment") for one in objects(element(resource, "context.related")))
    return next(filter(None, named), None)


def _enclosure(attachment: Json) -> Enclosure:
    kind = kind_of(attachment)
    if kind not in BEGINNINGS:
        raise Unreadable("content-type", f"{CONTENT}.contentType")
    try:
        data = base64.b64decode(text(attachment.get("data")), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("no-content", f"{CONTENT}.data") from None
    if not data.startswith(BEGINNINGS[kind]):
        raise Unreadable("content-type", f"{CONTENT}.data")
    return Enclosure(text(attachment.get("title")), kind, data)
