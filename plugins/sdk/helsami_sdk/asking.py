"""`helsami-plugin ask`: asks an organisation one question, and says who answered what, and what came of it."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from helsami_sdk import codec, conformance
from helsami_sdk.decisions import Answers, whose
from helsami_sdk.discovery import NotLoaded
from helsami_sdk.executors import HookFailed, Said
from helsami_sdk.hooks import HOOKS
from helsami_sdk.plugin_folder import PluginFolder, executor_of, line_of
from helsami_sdk.rules import REGION

ASKED = 0
REFUSED = 1


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add it to the command line."""
    parser = commands.add_parser("ask", help="ask an organisation one question, and see which layer decides")
    parser.add_argument("hook", choices=sorted(HOOKS), metavar="HOOK", help=f"one of {', '.join(sorted(HOOKS))}")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), metavar="FOLDER", help="a plugin's (here)")
    parser.add_argument("--json", default="", metavar="QUESTION", help="the question; without it an example is shown")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask; 1 for a question that is none, an organisation that does not load, and a failure. Raises NotAPlugin."""
    if not arguments.json:
        sys.stdout.write(f"A question, for --json:\n{_example(arguments.hook)}\n")
        return REFUSED
    try:
        question = _understood(arguments.hook, arguments.json)
    except ValueError as error:
        sys.stderr.write(f"helsami-plugin ask: --json: {error}\nAn example: {_example(arguments.hook)}\n")
        return REFUSED
    try:
        told = "\n".join(_answered(PluginFolder.of(arguments.folder), arguments.hook, question))
    except (NotLoaded, ValueError) as error:
        sys.stderr.write(f"helsami-plugin ask: {error}\n")
        return REFUSED
    except HookFailed as failure:
        safe = _written(arguments.hook, HOOKS[arguments.hook].safe(question, "rules-unavailable"))
        sys.stderr.write(f"helsami-plugin ask: {failure.layer} fails: {failure.detail}\n")
        sys.stderr.write(f"The safe default holds: {safe}\n")
        return REFUSED
    sys.stdout.write(told + "\n")
    return ASKED


def _understood(hook: str, text: str) -> Any:
    """The question; raises ValueError with the field and what is expected there."""
    question = codec.loads(text, codec.question_kind(hook))
    for field, expected in conformance.strays(question):
        raise ValueError(f"{field}: expected {expected}")
    return question


def _answered(folder: PluginFolder, hook: str, question: Any) -> list[str]:
    """Every layer's answer, what they come to and who decided that, a line each; raises HookFailed and NotLoaded."""
    executor = executor_of(line_of(folder))
    said = executor.ask(hook, question)
    for layer, answer in said:
        if not HOOKS[hook].accepts(question, answer):
            raise HookFailed(layer, f"not an answer: {answer!r}", "invalid")
    return _told(hook, question, said)


def _told(hook: str, question: Any, said: Sequence[Said]) -> list[str]:
    answers = Answers([one for one in said if one.layer != REGION], said[-1])
    outcome = HOOKS[hook].settle(question, [answer for _, answer in answers.own], answers.regional[1])
    told: Mapping[str, str] = {
        **{one.layer: _written(hook, one.answer) for one in said},
        "outcome": _written(hook, outcome),
        "decided by": whose(hook, answers, outcome),
    }
    width = max(map(len, told))
    return [f"{who:<{width}}  {what}" for who, what in told.items()]


def _written(hook: str, answer: Any) -> str:
    return json.dumps(codec.write(answer, codec.answer_kind(hook)), ensure_ascii=False)


def _example(hook: str) -> str:
    question = min(conformance.questions_for(hook), key=_strangeness)
    return json.dumps(codec.write(question, codec.question_kind(hook)), ensure_ascii=False)


def _strangeness(question: Any) -> int:
    """An adult who asks for themselves is what everybody understands."""
    return (getattr(question, "actor", "self") != "self") + (getattr(question, "age_band", "16+") != "16+")
