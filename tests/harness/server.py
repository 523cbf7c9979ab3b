"""What a broker and a database cluster have in common: a process group to start, freeze, kill and wait for."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness.caretaker import Caretaker

POLL_SECONDS = 0.05
STOP_SECONDS = 20.0


class NotReady(Exception):
    """A server or program did not become ready in time, or ended before it was."""


class ProcessGroup:
    """One child process with all its descendants, watched by the caretaker."""

    def __init__(self, caretaker: Caretaker, log: Path) -> None:
        """Keep the output of each start in `log`, one after another."""
        self._caretaker = caretaker
        self._process: subprocess.Popen[bytes] | None = None
        self._logged_before = 0
        self.log = log

    @property
    def pid(self) -> int:
        """The process id of the child, which is also the id of its group."""
        return self._child().pid

    def start(
        self, command: Sequence[object], env: Mapping[str, str], account: pwd.struct_passwd | None = None
    ) -> None:
        """Start the command in a session of its own, as another account if one is named (root may do that)."""
        with self.log.open("ab") as output:
            self._logged_before = output.tell()
            self._process = subprocess.Popen(
                [str(part) for part in command],
                env=dict(env),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=None if account is None else account.pw_uid,
                group=None if account is None else account.pw_gid,
                extra_groups=None if account is None else [],
            )
        self._caretaker.watch(self._process.pid)

    def is_running(self) -> bool:
        """Tell whether the child has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the child only."""
        self._child().send_signal(number)

    def send_all(self, number: signal.Signals) -> None:
        """Send a signal to the child and its descendants in the group."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def wait(self, within: float = STOP_SECONDS) -> int:
        """Wait for the child to end and return its exit code; raises subprocess.TimeoutExpired."""
        code = self._child().wait(within)
        self.send_all(signal.SIGKILL)
        self._caretaker.forget(self.pid)
        return code

    def wait_until(self, ready: Callable[[], bool], within: float) -> None:
        """Wait until `ready` says so; raises NotReady, with the end of the log, if the child ends or time runs out."""
        deadline = time.monotonic() + within
        while not ready():
            if not self.is_running():
                raise NotReady(self._last_words("ended before it was ready"))
            if time.monotonic() > deadline:
                raise NotReady(self._last_words(f"not ready within {within:.0f} s"))
            time.sleep(POLL_SECONDS)

    def logged_since_start(self) -> str:
        """Return what the child has written since it was last started."""
        return self.log.read_bytes()[self._logged_before :].decode(errors="replace")

    def _child(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            message = "not started"
            raise NotReady(message)
        return self._process

    def _last_words(self, what: str) -> str:
        lines = self.logged_since_start().splitlines()[-20:]
        return "\n".join([f"{what}; the end of its log:", *lines])


def new_folder(caretaker: Caretaker, purpose: str) -> Path:
    """Make a folder that is removed at the end of the test run, in a path short enough for a Unix socket."""
    folder = Path(tempfile.mkdtemp(prefix=f"helsami-{purpose}-"))
    caretaker.own(folder)
    folder.chmod(0o755)
    return folder
