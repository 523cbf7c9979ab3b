"""
Asks a plugin every question of the conformance set, in a process of its own: `python -I -m helsami_sdk.checks.trial`.

The process is locked in as the plugin host's are, before the plugin's first line runs.
"""

import importlib
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from helsami_sdk import codec, conformance
from helsami_sdk.checks.sources import codes_named
from helsami_sdk.hooks import HOOKS
from helsami_sdk.host import sandbox
from helsami_sdk.host.limits import Limits
from helsami_sdk.host.program import Program
from helsami_sdk.organisations import implementations
from helsami_sdk.plugin_folder import PluginFolder
from helsami_sdk.policy import read_policy
from helsami_sdk.rules import REGION
from helsami_sdk.tables import Misconfigured

SECONDS = 60
OVERDUE = 2.0
TICK = 0.5
ENOUGH = 3  # findings of one kind say enough


class Overdue(BaseException):
    """A question has not been answered after OVERDUE seconds; no `except Exception` of a plugin keeps it."""


@dataclass
class Heard:
    """What was heard of one layer's answers to one hook: what was wrong in which line with which question."""

    layer: str
    hook: str
    line: int
    wrong: list[tuple[int, str, str]] = field(default_factory=list)
    reasons: set[str] = field(default_factory=set)
    kind: str = ""
    seconds: list[float] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """The same as JSON knows it."""
        return {
            "layer": self.layer,
            "hook": self.hook,
            "line": self.line,
            "wrong": self.wrong[:ENOUGH],
            "reasons": sorted(self.reasons),
            "kind": self.kind,
            "median": median(self.seconds) if self.seconds else 0.0,
        }


class Watch:
    """Ends an answer that takes too long; its timer runs from before the lock, after which none can be set."""

    def __init__(self) -> None:
        self._began: float | None = None
        signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)

    def begin(self) -> None:
        """A question is asked now."""
        self._began = perf_counter()

    def end(self) -> None:
        """It has been answered."""
        self._began = None

    def _look(self, *_: object) -> None:
        if self._began is not None and perf_counter() - self._began > OVERDUE:
            self._began = None
            raise Overdue


def main() -> None:
    """Try the folder that is the first argument, and write what was heard to what was the standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    told = memoryview(json.dumps(_try(PluginFolder(Path(sys.argv[1])), units=sys.argv[2:])).encode())
    while told:
        told = told[os.write(answer, told) :]
    os._exit(0)  # whatever the plugin has left to be done at the end is not


def _try(folder: PluginFolder, units: list[str]) -> dict[str, Any]:
    try:
        policy = read_policy(folder.package, units)
    except Misconfigured as error:
        return {"misconfigured": list(zip(error.problems, error.lines, strict=True))}
    own = conformance.Own(units, codes_named(folder))
    watch = Watch()
    try:
        plugin = _locked_in(folder, watch)
        layers = [("rules.py", plugin), *([("policy.toml", policy)] if policy else [])]
        answering = implementations(layers)
    except (Exception, Overdue, SystemExit) as error:  # noqa: BLE001  whatever a folder hides
        return {"broken": f"{type(error).__name__}: {error}", "line": _line(error, folder)}
    return {
        "heard": [
            _ask(Heard(layer, hook, _begins(implementation, layer)), implementation, own, watch, folder).plain()
            for hook, those in answering.items()
            for layer, implementation in those
            if layer != REGION
        ],
    }


def _locked_in(folder: PluginFolder, watch: Watch) -> object:
    """The plugin's code, run where nothing can be reached; raises whatever it raises."""
    module = f"{folder.package.name}.rules" if (folder.package / "rules.py").exists() else folder.package.name
    limits = Limits()
    program = Program.read(folder.package, module, "", limits.program)
    for name in program.needs():
        with suppress(ImportError):
            importlib.import_module(name)
    sandbox.lock_in(sandbox.empty_folder(), limits.memory, os.getppid())
    watch.begin()
    try:
        return program.load()
    finally:
        watch.end()


def _begins(implementation: Callable[[Any], Any], layer: str) -> int:
    """The line where a rule begins; of the policy, the first."""
    return implementation.__code__.co_firstlineno if layer == "rules.py" else 1


def _ask(
    heard: Heard, implementation: Callable[[Any], Any], own: conformance.Own, watch: Watch, folder: PluginFolder
) -> Heard:
    asked = codec.question_kind(heard.hook)
    for question in conformance.questions_for(heard.hook, own):
        as_json = codec.dumps(question, asked)
        watch.begin()
        try:
            began = perf_counter()
            answer = implementation(question)
            heard.seconds.append(perf_counter() - began)
            again = implementation(codec.loads(as_json, asked))
        except Overdue as error:
            heard.wrong.append((_line(error, folder), f"does not answer within {OVERDUE:g} s", as_json.decode()))
            break
        except BaseException as error:  # noqa: BLE001  a plugin may raise SystemExit as well
            heard.wrong.append((_line(error, folder), f"raises {type(error).__name__}", as_json.decode()))
            continue
        finally:
            watch.end()
        if problem := _problem(heard.hook, question, answer, again):
            heard.wrong.append((heard.line, problem, as_json.decode()))
        elif isinstance(reason := getattr(answer, "reason", None), str) and reason:
            heard.reasons.add(reason)
            heard.kind = type(answer).__name__
        if codec.dumps(question, asked) != as_json:
            heard.wrong.append((heard.line, "changes the question", as_json.decode()))
    return heard


def _problem(hook: str, question: Any, answer: Any, again: Any) -> str:
    """What is wrong with an answer, or with the one to the same question asked again; empty if nothing is."""
    kind = codec.answer_kind(hook)
    if answer is not None and not HOOKS[hook].accepts(question, answer):
        return f"answers what is no answer: a {type(answer).__name__}"
    try:
        first, second = codec.dumps(answer, kind), codec.dumps(again, kind)
    except ValueError as error:
        return f"answers what is no answer: {error}"
    return "" if first == second else "answers differently when asked again"


def _line(error: BaseException, folder: PluginFolder) -> int:
    """Where in the plugin an error was raised; 1 where that cannot be said."""
    frames = traceback.walk_tb(error.__traceback__)
    own = [line for frame, line in frames if Path(frame.f_code.co_filename).is_relative_to(folder.package)]
    return own[-1] if own else 1


if __name__ == "__main__":
    main()
