"""Where each key stands in a TOML file: tomllib reads the values and tells no lines."""

import re
from bisect import bisect_right
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

_BLANK = re.compile(r"(?:[\s,]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')[ \t]*(\.?)""")
_TEXT = re.compile(
    r"""
    \"{3} (?: \\. | [^\\] )*? \"{3} (?!\")
    | '{3} .*? '{3} (?!')
    | \" (?: \\. | [^\"\\] )* \"
    | ' [^']* '
    """,
    re.DOTALL | re.VERBOSE,
)
_PLAIN = re.compile(r"[^,\]}#\n]+")


def line_of(path: Path, key: str) -> int:
    """The line of a key such as `names.nn` or `booking[2].tier`, else of its table, else 1."""
    try:
        return nearest_line(lines_of(path.read_text(encoding="utf-8")), key) or 1
    except (OSError, UnicodeDecodeError):
        return 1


def nearest_line(lines: dict[str, int], key: str) -> int:
    """The line of a key, or of the nearest table around it; 0 if neither is there."""
    while key and key not in lines:
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return lines.get(key, 0)


def lines_of(text: str) -> dict[str, int]:
    """The line of every key and every table of a TOML text; of one that is not TOML, as far as it can be read."""
    reader = _Reader(text)
    with suppress(_NotToml, RecursionError):
        reader.file()
    return reader.lines


class _NotToml(Exception):
    """Something else stands where TOML would go on."""


class _Reader:
    """Walks through a text from key to key; `[[units]]` are counted from 1."""

    def __init__(self, text: str) -> None:
        self.lines: dict[str, int] = {}
        self._text = text
        self._at = 0
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._rows: dict[str, int] = defaultdict(int)

    def file(self) -> None:
        """Note every key of the file."""
        table = ""
        while self._next():
            if self._next() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> str:
        row = self._text.startswith("[[", self._at)
        line = self._line()
        self._skip(2 if row else 1)
        *outer, last = self._key()
        path = self._within("", outer)
        path = f"{path}.{last}" if path else last
        self.lines.setdefault(path, line)
        if row:
            self._rows[path] += 1
            path = f"{path}[{self._rows[path]}]"
            self.lines[path] = line
        self._skip(2 if row else 1)
        return path

    def _pair(self, table: str) -> None:
        line = self._line()
        *outer, last = self._key()
        path = self._within(table, outer)
        path = f"{path}.{last}" if path else last
        self.lines.setdefault(path, line)
        if self._next() != "=":
            raise _NotToml
        self._skip(1)
        self._value(path)

    def _value(self, path: str) -> None:
        first = self._next()
        if first == "[":
            self._items(path)
        elif first == "{":
            self._skip(1)
            while self._next() != "}":
                self._pair(path)
            self._skip(1)
        else:
            self._match(_TEXT if first in {'"', "'"} else _PLAIN)

    def _items(self, path: str) -> None:
        self._skip(1)
        number = 0
        while self._next() != "]":
            number += 1
            self.lines.setdefault(f"{path}[{number}]", self._line())
            self._value(f"{path}[{number}]")
        self._skip(1)

    def _within(self, path: str, outer: list[str]) -> str:
        """The path of the tables around a key: of a list of tables, the last row so far."""
        for name in outer:
            path = f"{path}.{name}" if path else name
            self.lines.setdefault(path, self._line())
            if path in self._rows:
                path = f"{path}[{self._rows[path]}]"
        return path

    def _key(self) -> list[str]:
        parts = []
        more = "."
        while more:
            part, more = self._match(_KEY).groups()
            parts.append(part.strip("\"'"))
        return parts

    def _next(self) -> str:
        """What stands after blanks, commas and comments; nothing at the end."""
        self._match(_BLANK)
        return self._text[self._at : self._at + 1]

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise _NotToml
        self._at = found.end()
        return found

    def _skip(self, characters: int) -> None:
        self._at += characters

    def _line(self) -> int:
        return bisect_right(self._ends, self._at - 1) + 1
