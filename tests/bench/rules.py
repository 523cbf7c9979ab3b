"""Measures what organisations' rules cost: a question, a start with 500 of them, and one that never answers."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench import organisations

TESTS: Final = Path(__file__).parents[1]
QUESTIONS: Final = 4000
MANY: Final = 500
WITH_RULES: Final = 5


def measure() -> dict[str, Any]:
    """
    Figures by name: `asked` (microseconds a question), `start` and `storm`, each inline and through the plugin host.

    Every task has a process of its own. All organisations have Trondheim's data; those that are asked have its code.
    """
    with tempfile.TemporaryDirectory() as folder:
        many, few = Path(folder) / "many", Path(folder) / "few"
        many.mkdir()
        few.mkdir()
        ids = organisations.write(many, MANY)
        coded = organisations.write(few, WITH_RULES, first=MANY, with_rules=True)
        hostile = organisations.write_hostile(few)
        return {
            "asked": {
                executor: {
                    "1": _told("ask", executor, str(QUESTIONS), coded[0], path=[few]),
                    "5": _told("ask", executor, str(QUESTIONS), *coded, path=[few]),
                    "500": _told("ask", executor, str(QUESTIONS), *coded, path=[few, many]),
                    "500, data alone": _told("ask", executor, str(QUESTIONS), *ids, path=[few, many]),
                }
                for executor in ("inline", "host")
            },
            "start": {executor: _start(executor, many) for executor in ("inline", "host")},
            "storm": {
                executor: _ratios(_told("storm", executor, hostile, *coded, path=[few])["rounds"])
                for executor in ("host", "relentless")
            },
        }


def _start(executor: str, many: Path) -> dict[str, float]:
    """What the many add to a start."""
    without = _told("load", executor, path=[])
    with_them = _told("load", executor, path=[many])
    return {name: with_them[name] - without[name] for name in with_them}


def _ratios(rounds: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, float]:
    """The p99 of the others alone and beside a hostile one: medians, and the median of neighbouring rounds' ratios."""
    return {
        "calm": statistics.median(one["calm"]["p99"] for one in rounds),
        "storm": statistics.median(one["storm"]["p99"] for one in rounds),
        "ratio": statistics.median(one["storm"]["p99"] / one["calm"]["p99"] for one in rounds),
    }


def _told(*task: str, path: Sequence[Path]) -> dict[str, Any]:
    """What a process of its own says; raises CalledProcessError."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (TESTS, *path)))}
    command = [sys.executable, "-m", "bench.rules_asked", *task]
    told: dict[str, Any] = json.loads(subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True).stdout)
    return told
