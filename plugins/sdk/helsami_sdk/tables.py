"""Reads TOML tables key by key, and collects everything that is wrong with them."""

import re
import tomllib
from collections.abc import Collection, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

LANGUAGES = ("nb", "nn", "en")


class Misconfigured(ValueError):
    """A file says something it may not; `problems` names each key and what is expected there."""

    def __init__(self, file: str, problems: Collection[str]) -> None:
        """Join the problems of one file into one line."""
        super().__init__(f"{file}: " + "; ".join(problems))
        self.problems = tuple(problems)


class Table:
    """One table of a TOML file; a wrong key is noted and answered with an empty value, so that reading goes on."""

    def __init__(self, content: dict[str, Any], place: str = "", problems: list[str] | None = None) -> None:
        """Wrap a parsed table that stands at `place` in its file."""
        self.problems = [] if problems is None else problems
        self._content = content
        self._place = place
        self._known: set[str] = set()

    @classmethod
    def read(cls, path: Path) -> "Table":
        """Parse a file; raises Misconfigured if it is missing or not TOML."""
        try:
            return cls(tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise Misconfigured(path.name, ["the file is missing"]) from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise Misconfigured(path.name, [f"expected a TOML file in UTF-8: {error}"]) from None

    def finish(self, file: str) -> None:
        """Raise Misconfigured if anything was wrong, here or in a table below."""
        self.close()
        if self.problems:
            raise Misconfigured(file, self.problems)

    def close(self) -> None:
        """Note the keys that nobody asked for."""
        for key in self._content.keys() - self._known:
            self._wrong(key, f"unknown; expected one of {', '.join(sorted(self._known))}")

    def __contains__(self, key: str) -> bool:
        """Whether the file has this key."""
        return key in self._content

    def text(self, key: str, pattern: str = r"\S(.*\S)?", *, expected: str = "a text", optional: bool = False) -> str:
        """Read a text that matches the whole pattern."""
        value = self._value(key, expected, optional=optional)
        if value is None:
            return ""
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            self._wrong(key, f"expected {expected}")
            return ""
        return value

    def choice(self, key: str, among: Collection[str], *, optional: bool = False) -> str:
        """Read one of the given words."""
        expected = f"one of {', '.join(sorted(among))}"
        value = self.text(key, expected=expected, optional=optional)
        if value and value not in among:
            self._wrong(key, f"expected {expected}")
            return ""
        return value

    def words(self, key: str, among: Collection[str] | None = None) -> frozenset[str]:
        """Read an optional list of texts, each one of the given words if there are any; empty means any."""
        expected = "a list of texts" if among is None else f"a list of {', '.join(sorted(among)) or 'nothing'}"
        value = self._value(key, expected, optional=True)
        if value is None:
            return frozenset()
        if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
            self._wrong(key, f"expected {expected}, and at least one")
            return frozenset()
        if among is not None and not set(value) <= set(among):
            self._wrong(key, f"expected {expected}")
        return frozenset(value)

    def number(self, key: str, lowest: int, highest: int) -> int | None:
        """Read an optional whole number."""
        expected = f"a whole number from {lowest} to {highest}"
        value = self._value(key, expected, optional=True)
        if value is None or (type(value) is int and lowest <= value <= highest):
            return value
        self._wrong(key, f"expected {expected}")
        return None

    def flag(self, key: str) -> bool:
        """Read true or false."""
        value = self._value(key, "true or false")
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

    def clock(self, key: str) -> time:
        """Read a time of day."""
        value = self._value(key, "a time such as 08:00:00")
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

    def _value(self, key: str, expected: str, *, optional: bool = False) -> Any:
        self._known.add(key)
        if key not in self._content and not optional:
            self._wrong(key, f"missing; expected {expected}")
        return self._content.get(key)

    def _wrong(self, key: str, what: str) -> None:
        problem = f"{self._place}{key}: {what}"
        # A key that is missing is also of the wrong type; the first finding says enough.
        if not any(known.startswith(f"{self._place}{key}: ") for known in self.problems):
            self.problems.append(problem)
