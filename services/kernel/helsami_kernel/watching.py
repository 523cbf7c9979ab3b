"""Reads an organisation's data again when they have changed on disk, so that a new policy needs no restart."""

from __future__ import annotations

from datetime import timedelta

import eventlet

from helsami_kernel import logs
from helsami_sdk.discovery import Stamp, stamp_of
from helsami_sdk.organisations import Organisations

LOOK_EVERY = timedelta(seconds=1)


class Watch:
    """
    Looks at the files of every organisation; what does not load is told by the rules, and the old ones hold.

    Files that have changed since the last look are left for the next one: half of a policy may be a policy, too, and
    one that withholds less.
    """

    def __init__(self, organisations: Organisations) -> None:
        self._organisations = organisations
        self._files = organisations.files()  # which stay where they are, whatever is written there
        self._read = organisations.stamps()
        self._seen = self._stamps()

    def run(self) -> None:
        """Look for as long as the process lives."""
        while True:
            eventlet.sleep(LOOK_EVERY.total_seconds())
            self.look()

    def look(self) -> None:
        """Have those read again whose files are others than were read, and rest: each by itself, each change once."""
        before, self._seen = self._seen, self._stamps()
        for organisation, stamp in self._seen.items():
            if stamp != self._read.get(organisation) and stamp == before[organisation]:
                self._read[organisation] = stamp
                self._reload(organisation)

    def _reload(self, organisation: str) -> None:
        try:
            self._organisations.reload(organisation)
        except Exception as failure:  # noqa: BLE001  one that cannot be read again must not end the watch of all
            logs.incident("rules-not-reloaded", organisation=organisation, failure=failure)

    def _stamps(self) -> dict[str, Stamp]:
        return {organisation: stamp_of(files) for organisation, files in self._files.items()}
