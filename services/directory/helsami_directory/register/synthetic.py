"""A register of synthetic people in a file, in the form in which Folkeregisteret answers: one reader reads both."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import orjson

from helsami_directory.register.documents import Unreadable, read_answer
from helsami_directory.register.domain import Entry
from helsami_kernel.errors import Unavailable


class Synthetic:
    """The people of a file, which is read again when it has changed; no file is no register."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._people: dict[str, bytes] = {}

    @property
    def present(self) -> bool:
        """Whether the file is there."""
        return self._path.exists()

    def people(self, national_ids: Collection[str]) -> dict[str, Entry]:
        """Those of these people who are in the file. Raises Unavailable when it cannot be read."""
        try:
            self._read()
            found = b",".join(self._people[number] for number in national_ids if number in self._people)
            return read_answer(b'{"oppslag":[' + found + b"]}", national_ids)
        except (OSError, ValueError, KeyError, TypeError, Unreadable):
            raise Unavailable("register") from None

    def _read(self) -> None:
        status = self._path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            people = orjson.loads(self._path.read_bytes())["oppslag"]
            self._people = {one["foedselsEllerDNummer"]: orjson.dumps(one) for one in people}
            self._stamp = stamp
