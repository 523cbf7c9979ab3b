"""Loads one contender with wrk, and reads what came of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.programs import Server

WRK: Final = Server(folders=(), proof="wrk", package="wrk")
SCRIPT: Final = Path(__file__).parent / "load.lua"
CONNECTIONS: Final = 16
ANSWER_WITHIN: Final = 10
STARTING_SECONDS: Final = 30


@dataclass(frozen=True)
class Asked:
    """One request: a GET, or a POST where there is a body."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    def line(self) -> str:
        """The request as load.lua reads it."""
        return "\t".join((self.path, self.body, *(part for header in self.headers.items() for part in header)))


@dataclass(frozen=True)
class Round:
    """What one round of load gave: durations in milliseconds, `failed` answers that were no 2xx or none at all."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int


def load(port: int, requests: Sequence[Asked], seconds: float, folder: Path) -> Round:
    """Ask on CONNECTIONS connections, each as soon as it has been answered. Raises subprocess.CalledProcessError."""
    script = folder / "requests.tsv"
    script.write_text("".join(asked.line() + "\n" for asked in requests))
    command = [
        *(str(WRK.folder() / "wrk"), "--threads", "1", "--connections", str(CONNECTIONS)),
        *("--duration", f"{max(1, round(seconds))}s", "--timeout", f"{ANSWER_WITHIN}s"),
        *("--script", str(SCRIPT), f"http://127.0.0.1:{port}/", "--", str(script)),
    ]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + STARTING_SECONDS)
    figures = json.loads(told.stdout.splitlines()[-1])
    return Round(
        per_second=figures["requests"] / figures["seconds"],
        p50_ms=figures["p50_ms"],
        p99_ms=figures["p99_ms"],
        failed=figures["refused"] + figures["lost"],
    )
