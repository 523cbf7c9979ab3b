"""A register of synthetic people in a file, in the form in which Folkeregisteret answers: one reader reads both."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

import orjson

from helsami_directory.register.documents import NATIONAL_ID, Unreadable, read_answer
from helsami_directory.register.domain import Changes, Entry
from helsami_kernel.errors import Unavailable


class Synthetic:
    """
    The people of a file, which is read again when it has changed; no file is no register.

    Its feed is the file itself: a place is a version of it, and what has changed is whose entry is another one. Of a
    version that this process has not seen it knows nothing, so that then everybody has changed.
    """

    address: Final = "file:"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._people: dict[str, bytes] = {}
        self._followed: tuple[int, dict[str, bytes]] = (0, {})

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

    def latest(self) -> int:
        """The version of the file. Raises Unavailable when it cannot be read."""
        self._followed = self._version()
        return self._followed[0]

    def changes(self, after: int) -> Changes:
        """Who is written down otherwise than in a version of the file. Raises Unavailable when it cannot be read."""
        version, people = self._version()
        if version == after:
            return Changes(frozenset(), after)
        known, before = self._followed
        changed = {one for one in {*before, *people} if known != after or before.get(one) != people.get(one)}
        self._followed = (version, people)
        return Changes(frozenset(filter(NATIONAL_ID.fullmatch, changed)), version)

    def _version(self) -> tuple[int, dict[str, bytes]]:
        try:
            self._read()
        except (OSError, ValueError, KeyError, TypeError):
            raise Unavailable("register") from None
        return (0 if self._stamp is None else self._stamp[0]), self._people

    def _read(self) -> None:
        status = self._path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            people = orjson.loads(self._path.read_bytes())["oppslag"]
            self._people = {one["foedselsEllerDNummer"]: orjson.dumps(one) for one in people}
            self._stamp = stamp
