"""Runs the programs under test as real processes, and ends them as gently or as roughly as a test wants."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from harness.caretaker import Caretaker
from harness.server import ProcessGroup, new_folder

READY_SECONDS = 30.0
GRACE_SECONDS = 10.0
PROBE_SECONDS = 2.0


class Program:
    """One started program: its output, its readiness and the ways to end it."""

    def __init__(self, name: str, folder: Path, caretaker: Caretaker) -> None:
        """Keep the program's output, both streams in order, in `folder`."""
        self.name = name
        self._group = ProcessGroup(caretaker, folder / f"{name}.log")

    @property
    def pid(self) -> int:
        """The process id of the program."""
        return self._group.pid

    @property
    def output(self) -> str:
        """What the program has written to its standard output and error, over all its starts."""
        return self._group.log.read_text(errors="replace")

    def is_running(self) -> bool:
        """Tell whether the program has not ended."""
        return self._group.is_running()

    def wait_until_ready(self, url: str, within: float = READY_SECONDS) -> None:
        """Wait until `url` answers 200; raises NotReady when the program ends or `within` seconds pass."""
        self._group.wait_until(lambda: _answers_ok(url), within)

    def wait_for_line(self, beginning: str, within: float = READY_SECONDS) -> str:
        """Wait until a line that was written since the last start begins so, and return it; raises NotReady."""
        self._group.wait_until(lambda: self._line(beginning) is not None, within)
        return self._line(beginning) or ""

    def wait(self, within: float = GRACE_SECONDS) -> int:
        """Wait for the program to end and return its exit code; raises subprocess.TimeoutExpired."""
        return self._group.wait(within)

    def terminate(self, within: float = GRACE_SECONDS) -> int:
        """Ask the program to end (SIGTERM) and return its exit code; raises subprocess.TimeoutExpired."""
        self.send(signal.SIGTERM)
        return self.wait(within)

    def kill9(self) -> None:
        """End the program and its descendants as a power cut would."""
        self._group.send_all(signal.SIGKILL)
        self._group.wait()

    def freeze(self) -> None:
        """Stop the program in its tracks: connections stay open and nothing answers."""
        self._group.send_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen program go on."""
        self._group.send_all(signal.SIGCONT)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        self._group.send(number)

    def start(self, *command: object, env: Mapping[str, str]) -> None:
        """Start the program, again if it has ended; its environment is ours less HelsaMi's settings, plus `env`."""
        self._group.start(command, _clean_environment() | dict(env))

    def _line(self, beginning: str) -> str | None:
        lines = self._group.logged_since_start().splitlines()
        return next((line for line in lines if line.startswith(beginning)), None)


class Programs:
    """The programs one test has started."""

    def __init__(self, caretaker: Caretaker) -> None:
        """Keep the outputs in a folder that `close` removes."""
        self._caretaker = caretaker
        self._folder = new_folder(caretaker, "programs")
        self._started: list[Program] = []

    def start(
        self,
        name: str,
        *command: object,
        env: Mapping[str, str],
        ready: str | None = None,
        within: float = READY_SECONDS,
    ) -> Program:
        """Start a program and, if `ready` is an address, wait until that answers 200; raises NotReady."""
        program = Program(f"{name}-{len(self._started)}", self._folder, self._caretaker)
        self._started.append(program)
        program.start(*command, env=env)
        if ready is not None:
            program.wait_until_ready(ready, within)
        return program

    def close(self) -> None:
        """End all programs, gently first and together, and remove their outputs."""
        running = [program for program in self._started if program.is_running()]
        for program in running:
            program.thaw()
            program.send(signal.SIGTERM)
        for program in running:
            try:
                program.wait()
            except subprocess.TimeoutExpired:
                program.kill9()
        shutil.rmtree(self._folder, ignore_errors=True)


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("HELSAMI_")}


def _answers_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PROBE_SECONDS) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False
