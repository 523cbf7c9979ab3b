"""Loads the contenders in turn, round after round, so that whatever else the machine does hits all of them alike."""

from __future__ import annotations

import json
import statistics
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench import usage
from bench.contenders import Contender, Counted
from bench.load import Asked, load

WARM_UP_SECONDS: Final = 3.0
SAMPLES: Final = 5
SETTLE_SECONDS: Final = 3.0
ANSWER_WITHIN: Final = 10.0
LAST_WORDS: Final = 1500


class Disagreement(Exception):
    """Two contenders show a citizen something else."""


class NoAnswer(Exception):
    """A contender answers something else than a view; the text ends with what its processes said last."""


def agreed(contenders: Sequence[Contender]) -> Counted:
    """How many items by section everybody shows the same citizens. Raises Disagreement."""
    time.sleep(SETTLE_SECONDS)  # until every service has announced its sections
    asked = [contender.requests()[:SAMPLES] for contender in contenders]
    shown: Counted = {}
    for requests in zip(*asked, strict=True):
        counts = [contender.count(_answer(contender, one)) for contender, one in zip(contenders, requests, strict=True)]
        shown = dict(sorted(counts[0].items()))
        for contender, counted in zip(contenders, counts, strict=True):
            if dict(sorted(counted.items())) != shown:
                raise Disagreement(f"{contenders[0].title} shows {shown}, {contender.title} {counted}")
    return shown


def _answer(contender: Contender, asked: Asked) -> Any:
    request = urllib.request.Request(f"http://127.0.0.1:{contender.port}{asked.path}", headers=dict(asked.headers))
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_WITHIN) as answer:
            return json.loads(answer.read())
    except OSError as failure:
        said = (f"--- {name}\n{process.output[-LAST_WORDS:]}" for name, process in contender.processes.items())
        raise NoAnswer("\n".join((f"{contender.title}: {failure}", *said))) from failure


def views(
    contenders: Sequence[Contender], servers: Mapping[str, int], rounds: int, seconds: float, folder: Path
) -> dict[str, Any]:
    """Figures of each contender by name: medians over the rounds, all rounds, and peak memory (MiB) by process."""
    for contender in contenders:
        load(contender.port, contender.requests(), WARM_UP_SECONDS, folder)
    told: dict[str, list[dict[str, float]]] = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            told[contender.name].append(_round(contender, servers, seconds, folder))
    return {contender.name: _summed(contender, told[contender.name]) for contender in contenders}


def _round(contender: Contender, servers: Mapping[str, int], seconds: float, folder: Path) -> dict[str, float]:
    groups = {"own": [program.pid for program in contender.processes.values()]}
    groups |= {name: [pid] for name, pid in servers.items()}
    requests = contender.requests()
    before = {name: usage.cpu_seconds(pids) for name, pids in groups.items()}
    got = load(contender.port, requests, seconds, folder)
    answered = got.per_second * seconds
    used = {name: usage.cpu_seconds(pids) - before[name] for name, pids in groups.items()}
    return {**asdict(got), **{f"cpu_ms {name}": 1000 * spent / answered for name, spent in used.items()}}


def _summed(contender: Contender, rounds: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    medians = {name: statistics.median(one[name] for one in rounds) for name in rounds[0] if name != "failed"}
    return {
        "title": contender.title,
        **medians,
        "failed": sum(one["failed"] for one in rounds),
        "rounds": [dict(one) for one in rounds],
        "peak_mib": {name: usage.peak_mib(program.pid) for name, program in contender.processes.items()},
    }
