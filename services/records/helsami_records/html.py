"""The text of an HTML page, without anything that a front end could run or load."""

import re
from html.parser import HTMLParser
from typing import Final

UNSEEN: Final = frozenset({"script", "style", "head", "title", "template"})
LINES: Final = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table"})
CELLS: Final = frozenset({"td", "th"})
BLANK: Final = re.compile(r"\s+")


class _Reader(HTMLParser):
    """Collects what would be seen."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  html.parser's name
        """Begin a line, a cell, or what is not seen."""
        self._unseen += tag in UNSEEN
        if tag in LINES:
            self.parts.append("\n")
        elif tag in CELLS:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """End it."""
        self._unseen -= tag in UNSEEN and self._unseen > 0
        if tag in LINES:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep the words; line breaks in the source mean nothing."""
        if not self._unseen:
            self.parts.append(BLANK.sub(" ", data))


def plain(page: str) -> str:
    """Give the text of a page, a line for each of its blocks."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(filter(None, lines))
