"""Reads TOML tables key by key, and collects everything that is wrong with them."""

import re
import tomllib
from collections.abc import Collection, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

from helsami_sdk.toml_lines import lines_of, nearest_line

LANGUAGES = ("nb", "nn", "en")

N = TypeVar("N", bound=int | None)


class Misconfigured(ValueError):
    """
    A file says something it may not.

    `problems` names each key and what is expected there, `lines` the line of each: its table's where the key is
    missing, 0 where there is no line.
    """

    def __init__(self, file: str, problems: Collection[str], text: str = "") -> None:
        """Join the problems of one file into one line; `text` is what the file holds."""
        lines = lines_of(text)
        self.problems = tuple(problems)
        self.lines = tuple(nearest_line(lines, problem.partition(": ")[0]) for problem in self.problems)
        super().__init__(f"{file}: " + "; ".join(self.told))

    @property
    def told(self) -> tuple[str, ...]:
        """Each problem with its line before it."""
        placed = zip(self.problems, self.lines, strict=True)
        return tuple(f"line {line}: {problem}" if line else problem for problem, line in placed)


class Table:
    """One table of a TOML file; a wrong key is noted and answered with an empty value, so that reading goes on."""

    def __init__(
        self, content: dict[str, Any], place: str = "", problems: list[str] | None = None, text: str = ""
    ) -> None:
        """Wrap a parsed table that stands at `place` in a file with this text."""
        self.problems = [] if problems is None else problems
        self._content = content
        self._text = text
        self._place = place
        self._known: set[str] = set()

    @classmethod
    def read(cls, path: Path) -> "Table":
        """Parse a file; raises Misconfigured if it is missing or not TOML."""
        try:
            text = path.read_text(encoding="utf-8")
            return cls(tomllib.loads(text), text=text)
        except FileNotFoundError:
            raise Misconfigured(path.name, ["the file is missing"]) from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            raise Misconfigured(path.name, [f"expected a TOML file in UTF-8: {error}"]) from None

    def finish(self, file: str) -> None:
        """Raise Misconfigured if anything was wrong, here or in a table below."""
        self.close()
        if self.problems:
            raise Misconfigured(file, self.problems, self._text)

    def close(self) -> None:
        """Note the keys that nobody asked for."""
        for key in self._content.keys() - self._known:
            self._wrong(key, f"unknown; expected one of {', '.join(sorted(self._known))}")

    def __contains__(self, key: str) -> bool:
        """Whether the file has this key."""
        return key in self._content

    def text(
        self,
        key: str,
        pattern: str = r"\S(.*\S)?",
        *,
        expected: str = "a text",
        optional: bool = False,
        default: str = "",
    ) -> str:
        """Read a text that matches the whole pattern; `default` tells what one that is left out means."""
        value = self._value(key, expected, optional=optional, default=default)
        if value is None:
            return ""
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            self._wrong(key, f"expected {expected}")
            return ""
        return value

    def choice(self, key: str, among: Collection[str], *, optional: bool = False, default: str = "") -> str:
        """Read one of the given words; `default` is what one that is left out means."""
        expected = f"one of {', '.join(sorted(among))}"
        value = self.text(key, expected=expected, optional=optional, default=default) or default
        if value and value not in among:
            self._wrong(key, f"expected {expected}")
            return ""
        return value

    def words(
        self, key: str, among: Collection[str] | None = None, *, optional: bool = True, default: str = ""
    ) -> tuple[str, ...]:
        """Read a list of different texts, of the given words if there are any; `default` tells what none means."""
        expected = "a list of texts" if among is None else f"a list of {', '.join(sorted(among)) or 'nothing'}"
        value = self._value(key, expected, optional=optional, default=default)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
            self._wrong(key, f"expected {expected}")
            return ()
        if optional and not value:
            self._wrong(key, f"expected {expected}, and at least one")
        for word in value:
            if among is not None and word not in among:
                self._wrong(key, f"expected {expected}, not {word}")
        if len(set(value)) < len(value):
            self._wrong(key, f"expected {expected}, each once")
        return tuple(dict.fromkeys(value))

    def number(self, key: str, lowest: int, highest: int, default: N) -> int | N:
        """Read an optional whole number."""
        expected = f"a whole number from {lowest} to {highest}"
        value = self._value(key, expected, optional=True, default=default)
        if type(value) is int and lowest <= value <= highest:
            return value
        if value is not None:
            self._wrong(key, f"expected {expected}")
        return default

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """Read true or false, which may be left out where there is a default."""
        value = self._value(key, "true or false", optional=default is not None, default=default)
        if value is None:
            return default is True
        if not isinstance(value, bool):
            self._wrong(key, "expected true or false")
        return value is True

    def day(self, key: str, *, none: str = "") -> date | None:
        """Read a date, or the word that stands for none."""
        expected = "a date such as 2025-03-01" + (f' or "{none}"' if none else "")
        value = self._value(key, expected)
        if none and value == none:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            self._wrong(key, f"expected {expected}")
            return date.max
        return value

    def clock(self, key: str, default: time | None = None) -> time:
        """Read a time of day, which may be left out where there is a default."""
        value = self._value(key, "a time such as 08:00:00", optional=default is not None, default=default)
        if value is None and default is not None:
            return default
        if not isinstance(value, time):
            self._wrong(key, "expected a time such as 08:00:00")
            return time.min
        return value

    def table(self, key: str) -> "Table":
        """Read a table below this one."""
        value = self._value(key, "a table")
        if not isinstance(value, dict):
            self._wrong(key, "expected a table")
            value = {}
        return Table(value, f"{self._place}{key}.", self.problems)

    def rows(self, key: str) -> Iterator["Table"]:
        """Read an optional list of tables, and close each after its turn."""
        value = self._value(key, "a list of tables", optional=True)
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            self._wrong(key, f"expected a list of tables, [[{self._place}{key}]]")
            return
        for number, row in enumerate(value, start=1):
            table = Table(row, f"{self._place}{key}[{number}].", self.problems)
            yield table
            table.close()

    def groups(self, key: str) -> Iterator[tuple[str, "Table"]]:
        """Read an optional table of tables that the file names itself, and close each after its turn."""
        if key not in self:
            self._known.add(key)
            return
        outer = self.table(key)
        for name in outer._content:  # noqa: SLF001  its own kind
            table = outer.table(name)
            yield name, table
            table.close()

    def names(self, key: str) -> dict[str, str]:
        """Read a name in all three languages."""
        table = self.table(key)
        names = {language: table.text(language, expected="a name") for language in LANGUAGES}
        table.close()
        return names

    def note(self, key: str, expected: str) -> None:
        """Note that a key is wrong in a way only the reader knows."""
        self._wrong(key, f"expected {expected}")

    def _value(self, key: str, expected: str, *, optional: bool = False, default: object = None) -> Any:  # noqa: ARG002  the default is for the reference
        self._known.add(key)
        if key not in self._content and not optional:
            self._wrong(key, f"missing; expected {expected}")
        return self._content.get(key)

    def _wrong(self, key: str, what: str) -> None:
        problem = f"{self._place}{key}: {what}"
        # A key that is missing is also of the wrong type; the first finding says enough.
        if not any(known.startswith(f"{self._place}{key}: ") for known in self.problems):
            self.problems.append(problem)
