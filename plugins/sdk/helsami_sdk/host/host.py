"""The plugin host of one service process: a zygote, and a child for each rules.py."""

import json
import socket
import subprocess
import sys
import threading
import time
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Final

from helsami_sdk.discovery import NotLoaded
from helsami_sdk.executors import whereabouts
from helsami_sdk.host.hosted import HostedRules
from helsami_sdk.host.limits import Limits
from helsami_sdk.host.program import Program, TooMuchCode
from helsami_sdk.rules import Observer, RuleCall

_ENDS_WITHIN: Final = 5.0
_FULL_QUEUE_PAUSE: Final = 0.005


class Host:
    """
    Starts the children of a service; the plugins' code is read here, and run there alone.

    Uses nothing but sockets, locks and clocks, so that in a process that eventlet has patched the others go on.
    """

    def __init__(self, observer: Observer | None = None, limits: Limits | None = None) -> None:
        """Start the zygote; raises OSError."""
        self._observe = observer or (lambda _call: None)
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._numbered = 0
        self._closed = False
        self._zygote, self._control = _exec_zygote()

    def load(self, organisation: str, point: EntryPoint, folder: Path) -> HostedRules | None:
        """Start the rules that an entry point names, None where there is no code; raises NotLoaded."""
        try:
            program = Program.read(folder, point.module, point.attr or "", self._limits.program)
        except TooMuchCode:
            raise NotLoaded(f"{folder.name}: expected at most {self._limits.program} bytes of code") from None
        except (OSError, SyntaxError, ValueError) as error:
            raise NotLoaded(f"{point.value} cannot be imported: {whereabouts(error)}") from None
        if program.is_empty:
            return None

        def told(hook: str, became: str, why: str) -> None:
            self._observe(RuleCall(organisation, hook, became, layer, why))

        layer = f"{organisation}/rules.py"
        return HostedRules(layer, program, self, self._limits, told)

    def start(self, channel: socket.socket) -> int:
        """Have a child forked, and number it; a zygote that has died is replaced. Raises OSError."""
        with self._lock:
            self._numbered += 1
            command = json.dumps({"start": self._numbered}).encode()
            try:
                self._send(command, channel)
            except (BrokenPipeError, ConnectionError):
                if self._closed:
                    raise
                self._end_zygote()
                self._zygote, self._control = _exec_zygote()
                self._send(command, channel)
            return self._numbered

    def kill(self, number: int) -> None:
        """Have a child killed; with a dead zygote it is dead already."""
        try:
            self._send(json.dumps({"kill": number}).encode())
        except (BrokenPipeError, ConnectionError, ValueError):
            return
        except OSError:
            if not self._closed:
                raise

    def close(self) -> None:
        """End the zygote and every child with it."""
        with self._lock:
            self._closed = True
            self._end_zygote()

    def _send(self, command: bytes, channel: socket.socket | None = None) -> None:
        while True:
            try:
                if channel is None:
                    self._control.send(command)
                else:
                    socket.send_fds(self._control, [command], [channel.fileno()])
            except BlockingIOError:  # a patched socket never blocks, and its queue holds some hundred commands
                time.sleep(_FULL_QUEUE_PAUSE)
            else:
                return

    def _end_zygote(self) -> None:
        self._control.close()
        try:
            self._zygote.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            self._zygote.wait()


def _exec_zygote() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """
    Start a Python that has nothing of this process: no environment, no descriptor but the control's, no terminal.

    Its session is its own, so that a Ctrl-C meant for the service does not end the rules before the service has.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        zygote = subprocess.Popen(
            [sys.executable, "-I", "-m", "helsami_sdk.host.zygote", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env={},
            cwd="/",
            start_new_session=True,
        )
    return zygote, ours
