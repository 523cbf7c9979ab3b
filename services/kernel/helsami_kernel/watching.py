"""Reads an organisation's data again when they have changed on disk, so that a new policy needs no restart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import eventlet

from helsami_kernel import logs
from helsami_sdk.organisations import Organisations

LOOK_EVERY = timedelta(seconds=1)

Stamp = tuple[tuple[int, int] | None, ...]


class Watch:
    """Looks at the files of every organisation; what does not load is told by the rules, and the old ones hold."""

    def __init__(self, organisations: Organisations) -> None:
        self._organisations = organisations
        self._files = organisations.files()  # which stay where they are, whatever is written there
        self._seen = self._stamps()

    def run(self) -> None:
        """Look for as long as the process lives."""
        while True:
            eventlet.sleep(LOOK_EVERY.total_seconds())
            self.look()

    def look(self) -> None:
        """Have those read again whose files are others than at the last look: each by itself, and each change once."""
        now = self._stamps()
        changed = [organisation for organisation in now if now[organisation] != self._seen.get(organisation)]
        self._seen = now
        for organisation in changed:
            try:
                self._organisations.reload(organisation)
            except Exception as failure:  # noqa: BLE001  one that cannot be read again must not end the watch of all
                logs.incident("rules-not-reloaded", organisation=organisation, failure=failure)

    def _stamps(self) -> dict[str, Stamp]:
        return {organisation: stamp_of(files) for organisation, files in self._files.items()}


def stamp_of(files: Iterable[Path]) -> Stamp:
    """When each file was changed last (nanoseconds), and its size; None for one that is not there."""
    return tuple(_stamp(path) for path in files)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
