"""Ends a command of the tool whose plugin does not come to an end, since nothing that is raised in it need come out."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from types import FrameType
from typing import Final

from helsami_sdk.plugin_folder import PACKAGE

SECONDS = 10.0
ENDED: Final = 2
_LOOK_EVERY: Final = 0.5


@contextmanager
def patience() -> Iterator[None]:
    """Wait for a plugin's code no longer than SECONDS, each time it runs; then say where it is, and end the process."""
    before = signal.signal(signal.SIGALRM, _Watch(SECONDS).look)
    signal.setitimer(signal.ITIMER_REAL, _LOOK_EVERY, _LOOK_EVERY)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


class _Watch:
    """Knows which call of a plugin's code was under way at the last look, and since when."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._call: FrameType | None = None
        self._since = 0.0

    def look(self, _number: int, frame: FrameType | None) -> None:
        """See whether it is the same call still."""
        of_plugins = []
        while frame is not None:
            if str(frame.f_globals.get("__name__")).startswith(PACKAGE):
                of_plugins.append(frame)
            frame = frame.f_back
        call = of_plugins[-1] if of_plugins else None
        if call is None or call is not self._call:
            self._call, self._since = call, time.monotonic()
        elif time.monotonic() - self._since > self._seconds:
            where = f"{PurePath(of_plugins[0].f_code.co_filename).name}:{of_plugins[0].f_lineno}"
            sys.stderr.write(f"helsami-plugin: the rules do not come to an end, and are at {where}\n")
            sys.stderr.flush()
            os._exit(ENDED)
