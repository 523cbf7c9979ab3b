"""A letter to a citizen, and what is enclosed with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

# An import of history tells nobody: only a letter that was written this lately is news.
NEWS_FOR: Final = timedelta(days=14)
LARGEST: Final = 5 * 1024 * 1024
"""How many bytes all that is enclosed with one letter may have."""

MOST_ENCLOSED: Final = 10
BEGINNINGS: Final = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}
"""What may be enclosed, each with the bytes it begins with: what is something else than it says is not taken."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that comes with a letter: to be saved, never shown as a page of ours."""

    title: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """
    What an organisation writes to a citizen; `text` may be empty where all is enclosed.

    `appointment` is the key of the appointment that it is about in its record system, None where it is about none.
    """

    title: str
    text: str
    written_at: str
    dated_at: datetime
    appointment: str | None
    enclosed: tuple[Enclosure, ...]
    access_limit: str = ""

    def is_news(self, now: datetime) -> bool:
        """Say whether it, arriving now, is worth telling of."""
        return self.dated_at >= now - NEWS_FOR


@dataclass(frozen=True, slots=True)
class LetterIssued:
    """A letter can be read: its id, from whom it is hidden, which appointment it is about, and not what it says."""

    letter: str
    access_limit: str = ""
    appointment: str | None = None
