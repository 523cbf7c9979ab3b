"""What a document carries: its texts, in UTF-8 unless they say otherwise."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Final

from helsami_kernel.fhir import Json, objects, text
from helsami_kernel.journal import Unreadable
from helsami_records.html import plain

TEXTS: Final = frozenset({"text/plain", "text/html"})


def attachments(resource: Json) -> Iterator[Json]:
    """All that a document carries, in its order."""
    for content in objects(resource.get("content")):
        yield from objects([content.get("attachment")])


def kind_of(attachment: Json) -> str:
    """Of what type an attachment says it is, without parameters."""
    return text(attachment.get("contentType")).partition(";")[0].strip().lower()


def text_of(attachment: Json) -> str | None:
    """The text of an attachment; None for one that carries none: a scanned page, an address. Raises Unreadable."""
    if kind_of(attachment) not in TEXTS or "data" not in attachment:
        return None
    charset = text(attachment.get("contentType")).lower().partition("charset=")[2].strip(' "') or "utf-8"
    try:
        written = base64.b64decode(text(attachment.get("data")), validate=True).decode(charset)
    except (binascii.Error, UnicodeDecodeError, LookupError, ValueError):
        raise Unreadable("no-text", "DocumentReference.content.attachment.data") from None
    return plain(written) if kind_of(attachment) == "text/html" else written.strip()
