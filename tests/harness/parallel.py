"""
Runs the tests in as many processes as there are processors, each with servers of its own; arguments are pytest's.

With one processor it is pytest and nothing else. A line is printed for each group of tests that has ended, and what a
process has to say of failures when it ends.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from harness.shares import MARK

MOST: Final = 4  # beyond it the longest group is what one waits for; each has a broker, a database cluster and systems
PYTEST: Final = str(Path(sys.executable).with_name("pytest"))
QUIETLY: Final = ("--quiet", "--no-header", "--override-ini=console_output_style=classic", "-p", "no:cacheprovider")


def main(arguments: Sequence[str]) -> int:
    """Run the tests and return the exit code: that of pytest, or 1 where a test was lost."""
    parser = argparse.ArgumentParser(prog="harness.parallel", allow_abbrev=False)
    parser.add_argument("--workers", type=int, default=min(MOST, len(os.sched_getaffinity(0))))
    options, rest = parser.parse_known_args(arguments)
    if options.workers <= 1:
        os.execve(PYTEST, [PYTEST, *rest], _environment())
    with tempfile.TemporaryDirectory(prefix="helsami-share-") as folder:
        return Run([PYTEST, *QUIETLY, f"--share={folder}", *rest]).of(options.workers)


class Run:
    """A run of the tests by several processes."""

    def __init__(self, command: Sequence[str]) -> None:
        """Each process is started by `command`."""
        self._command = command
        self._printing = threading.Lock()
        self._counted: Counter[str] = Counter()
        self._collected: set[tuple[int, str]] = set()

    def of(self, workers: int) -> int:
        """Run it in so many processes, and return the exit code."""
        began = time.monotonic()
        processes = [self._start() for _ in range(workers)]

        def end(_number: int, _frame: object) -> None:
            """Whoever ends us ends them, in order: they clean up and say how far they came."""
            for process in processes:
                process.send_signal(signal.SIGINT)

        signal.signal(signal.SIGTERM, end)
        readers = [threading.Thread(target=self._read, args=(process,)) for process in processes]
        for reader in readers:
            reader.start()
        try:
            for reader in readers:
                reader.join()
        except KeyboardInterrupt:  # which the terminal has sent them as well
            for reader in readers:
                reader.join()
        codes = [process.wait() for process in processes]
        return self._conclude(codes, time.monotonic() - began)

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )

    def _read(self, process: subprocess.Popen[str]) -> None:
        """Print what a process tells of its groups at once, and the rest when it ends."""
        assert process.stdout is not None
        rest = []
        for line in process.stdout:
            before, marked, told = line.partition(MARK)
            rest.append(before)
            if marked:
                try:
                    self._hear(json.loads(told))
                except ValueError:  # cut through by somebody else's output: then tests are missing, which fails the run
                    rest.append(told)
        with self._printing:
            print("".join(rest).strip("\n"), flush=True)

    def _hear(self, told: dict[str, Any]) -> None:
        with self._printing:
            if "collected" in told:
                self._collected.add((told["collected"], told["digest"]))
                return
            failed = told.pop("failed")
            self._counted.update({"run": told["run"], "failed": len(failed), "skipped": told.get("skipped", 0)})
            of = max(collected for collected, _ in self._collected)
            print(f"[{self._counted['run'] / of:4.0%}] {told['group']}: {told['run']} in {told['seconds']:.0f} s")
            for name in failed:
                print(f"       FAILED {name}")
            sys.stdout.flush()

    def _conclude(self, codes: Sequence[int], seconds: float) -> int:
        ran, collected = self._counted["run"], max((number for number, _ in self._collected), default=0)
        print(
            f"{ran} of {collected} tests run in {seconds / 60:.1f} minutes by {len(codes)} processes: "
            f"{self._counted['failed']} failed, {self._counted['skipped']} skipped"
        )
        same = len(self._collected) == 1
        if ran != collected:
            print("Not every test was run.")
        if not same:
            print("The processes did not find the same tests: do some have other names in each run?")
        return max(map(abs, codes)) or int(ran != collected or not same)


def _environment() -> dict[str, str]:
    """Ours less the path on which we were found: pytest has its own, and programs under test must not have it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
