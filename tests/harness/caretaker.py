"""
Ends what a test run has started, also when the test run itself is killed.

The caretaker is a second process that reads what to watch from a pipe. That pipe is closed when the test run ends,
however it ends, and the caretaker then kills the process groups it still watches and removes their folders.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FAREWELL_SECONDS = 10.0


class Caretaker:
    """The test run's end of the pipe."""

    def __init__(self) -> None:
        """Start the caretaker in a session of its own, so that a Ctrl-C at the terminal does not reach it."""
        command = [sys.executable, "-I", "-S", __file__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def watch(self, group: int) -> None:
        """Kill this process group when the test run ends."""
        self._say("watch", group)

    def forget(self, group: int) -> None:
        """Leave this process group alone: it has ended and its number may be given to another."""
        self._say("forget", group)

    def own(self, folder: Path) -> None:
        """Remove this folder when the test run ends."""
        self._say("own", str(folder))

    def dismiss(self) -> None:
        """End the caretaker, and with it all that is still watched."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(FAREWELL_SECONDS)

    def _say(self, verb: str, what: int | str) -> None:
        if self._process.stdin is None:
            message = "the caretaker has no pipe"
            raise RuntimeError(message)
        self._process.stdin.write(json.dumps([verb, what]).encode() + b"\n")
        self._process.stdin.flush()


def _mind() -> None:
    groups: set[int] = set()
    folders: set[str] = set()
    changes: dict[str, Callable[[Any], None]] = {
        "watch": groups.add,
        "forget": groups.discard,
        "own": folders.add,
    }
    for line in sys.stdin:
        verb, what = json.loads(line)
        changes[verb](what)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _mind()
