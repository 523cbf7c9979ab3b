"""Points 9 and 11: what a plugin answers to the conformance set, heard from a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from helsami_sdk.checks import trial
from helsami_sdk.checks.findings import Finding, Point
from helsami_sdk.checks.sources import units_named
from helsami_sdk.checks.wording import group_of
from helsami_sdk.plugin_folder import PluginFolder
from helsami_sdk.policy import FILE as POLICY

SLOWEST = 0.001
"""Seconds that an answer may take, at the median."""
PATIENCE = 90
"""Seconds until a trial that does not end is ended."""
_LONGEST_QUESTION = 300


@dataclass
class Trial:
    """What came of asking a plugin: findings, and the reasons it gave by group."""

    findings: list[Finding] = field(default_factory=list)
    given: dict[str, set[str]] = field(default_factory=dict)


def ask_everything(folder: PluginFolder) -> Trial:
    """Ask every question of the conformance set; whatever the plugin does, this returns."""
    told = _run(folder)
    if told is None:
        problem = "does not come to an end, or ends the process it is asked in"
        expected = f"an answer to each question within {SLOWEST * 1000:g} ms"
        return Trial([Finding(Point.ANSWERS, _code(folder), 1, problem, expected)])
    if "misconfigured" in told:
        return Trial(list(_misconfigured(folder, told["misconfigured"])))
    if "broken" in told:
        problem = f"cannot be loaded: {told['broken']}"
        expected = "hooks as the reference has them, and code that can be imported"
        return Trial([Finding(Point.ANSWERS, _code(folder), told["line"], problem, expected)])
    return _understood(folder, told["heard"])


def _understood(folder: PluginFolder, heard: list[Mapping[str, Any]]) -> Trial:
    done = Trial()
    for one in heard:
        file = _file(folder, one["layer"])
        for line, problem, question in one["wrong"]:
            expected = f"a valid answer, or None, to {question[:_LONGEST_QUESTION]}"
            done.findings.append(Finding(Point.ANSWERS, file, line, f"{one['hook']} {problem}", expected))
        if one["median"] > SLOWEST:
            problem = f"{one['hook']} takes {one['median'] * 1000:.1f} ms"
            done.findings.append(Finding(Point.SPEED, file, one["line"], problem, f"at most {SLOWEST * 1000:g} ms"))
        if one["kind"]:
            done.given.setdefault(group_of(one["kind"]), set()).update(one["reasons"])
    return done


def _misconfigured(folder: PluginFolder, problems: list[tuple[str, int]]) -> Iterator[Finding]:
    for problem, line in problems:
        key, _, rest = problem.partition(": ")
        what, _, expected = rest.rpartition("expected ")
        told = f"{key} {what.rstrip('; ') or 'is not right'}"
        yield Finding(Point.ANSWERS, _file(folder, POLICY), line or 1, told, expected or "a TOML file")


def _run(folder: PluginFolder) -> dict[str, Any] | None:
    """What the trial says; None for one that says nothing, or not in time."""
    command = [sys.executable, "-I", "-B", "-m", trial.__name__, str(folder.path), *units_named(folder)]
    try:
        finished = subprocess.run(
            command,
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
        told = json.loads(finished.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _file(folder: PluginFolder, layer: str) -> str:
    return (folder.package / layer.rpartition("/")[2]).relative_to(folder.path).as_posix()


def _code(folder: PluginFolder) -> str:
    return _file(folder, "rules.py" if (folder.package / "rules.py").exists() else "__init__.py")
