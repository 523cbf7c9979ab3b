"""The process in which a plugin's code runs: locked in before its first line, asked until its channel closes."""

import contextlib
import importlib
import os
from collections.abc import Callable, Mapping
from socket import socket
from typing import Any, NoReturn

from helsami_sdk import codec
from helsami_sdk.executors import whereabouts
from helsami_sdk.host import framing, sandbox
from helsami_sdk.host.program import Program
from helsami_sdk.organisations import implementations

LAYER = "rules.py"
_LONGEST = 2**31


def live(channel: socket, folder: int | None, parent: int) -> NoReturn:
    """Take a program, lock in, run it, say what it can be asked, and answer; the end of the channel is the end."""
    try:
        told = codec.parse(framing.receive(channel, _LONGEST))
        program = Program.told(told["program"])
        for name in program.needs():
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        walls = sandbox.lock_in(folder, told["memory"], parent)
        rules = _loaded(channel, program)
        _say(channel, {"hooks": sorted(rules), "walls": walls})
        while True:
            _say(channel, _answer(rules, codec.parse(framing.receive(channel, _LONGEST))))
    finally:
        # Whatever a plugin has left to be done at the end is not.
        os._exit(0)


def _loaded(channel: socket, program: Program) -> Mapping[str, Callable[[Any], object]]:
    """The plugin's functions by hook; a plugin that does not load is told of, and ends the process."""
    where = f"{program.module}:{program.attribute}" if program.attribute else program.module
    try:
        plugin = program.load()
    except BaseException as error:
        _say(channel, {"refused": f"{where} cannot be imported: {whereabouts(error)}"})
        raise
    try:
        layers = implementations([(LAYER, plugin)])
    except Exception as error:
        _say(channel, {"refused": str(error) if isinstance(error, ValueError) else _words(error)})
        raise
    return {hook: function for hook, those in layers.items() for layer, function in those if layer == LAYER}


def _words(error: Exception) -> str:
    """Pluggy's words, which name a hook; of any other error only where it was raised."""
    return str(error) if type(error).__module__.startswith("pluggy") else whereabouts(error)


def _answer(rules: Mapping[str, Callable[[Any], object]], asked: Mapping[str, Any]) -> dict[str, Any]:
    hook = asked["hook"]
    question = codec.read(asked["question"], codec.question_kind(hook))
    told: dict[str, Any] = {"number": asked["number"]}
    try:
        answer = rules[hook](question)
    except BaseException as error:  # noqa: BLE001  a plugin may raise SystemExit as well
        return told | {"failed": whereabouts(error)}
    try:
        return told | {"answer": codec.write(answer, codec.answer_kind(hook))}
    except ValueError:
        return told | {"invalid": f"not an answer: {type(answer).__name__}"}


def _say(channel: socket, content: Mapping[str, Any]) -> None:
    framing.send(channel, codec.compact(content))
