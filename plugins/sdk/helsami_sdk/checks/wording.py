"""Point 8: whether each reason that a citizen may be given has words."""

import ast
import inspect
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import helsami_sdk
from helsami_sdk.checks.findings import Finding, Point
from helsami_sdk.checks.sources import table, trees
from helsami_sdk.manifest import FILE as MANIFEST
from helsami_sdk.plugin_folder import PluginFolder
from helsami_sdk.policy import FILE as POLICY
from helsami_sdk.toml_lines import line_of
from helsami_sdk.words import CORE, is_own, prefix_of

REASON = "reason"


def group_of(answer: str) -> str:
    """Where the reason of this kind of answer is read: beside what is not shown, or where something cannot be done."""
    return "reason" if answer == helsami_sdk.Restriction.__name__ else "problem"


def look(folder: PluginFolder, given: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """
    Every reason without words: of those written in rules.py and policy.toml, and of those `given` in a trial, by group.

    Words are looked for in the core list and in the manifest's `words`.
    """
    said = _words(folder.package / MANIFEST)
    seen = set()
    for group, code, path, line in [*_in_code(folder), *_in_policy(folder)]:
        seen.add(code)
        if code not in CORE[group] | said:
            yield _finding(folder, code, path, line)
    for group, codes in given.items():
        for code in sorted(set(codes) - seen - CORE[group] - said):
            yield _finding(folder, code, folder.package / "rules.py", 1)


def _finding(folder: PluginFolder, code: str, path: Path, line: int) -> Finding:
    file = path.relative_to(folder.path).as_posix()
    own = code if is_own(code, folder.id) else f"{prefix_of(folder.id)}{code}"
    expected = f"[words.{own}] with nb, nn and en in {MANIFEST}, or one of the core list"
    if own != code:
        expected = f"{own}, since own codes begin with the id, and {expected}"
    return Finding(Point.WORDS, file, line, f"{code} has no words", expected)


def _words(path: Path) -> set[str]:
    """The codes that the manifest has words for; what is wrong with these is told of the manifest."""
    words = table(path).get("words", {})
    return set(words) if isinstance(words, dict) else set()


def _in_policy(folder: PluginFolder) -> Iterator[tuple[str, str, Path, int]]:
    path = folder.package / POLICY
    for name, rows in table(path).items():
        for number, row in enumerate(rows if isinstance(rows, list) else [], start=1):
            if isinstance(row, dict) and isinstance(code := row.get(REASON), str):
                group = "reason" if name == "sharing" else "problem"
                yield group, code, path, line_of(path, f"{name}[{number}].{REASON}")


def _in_code(folder: PluginFolder) -> Iterator[tuple[str, str, Path, int]]:
    for path, tree in trees(folder.package):
        named = _constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (found := _reason_of(node)) is not None:
                answer, argument = found
                for code, line in _texts(argument, named):
                    yield group_of(answer), code, path, line


def _constants(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _reason_of(call: ast.Call) -> tuple[str, ast.expr] | None:
    """The kind of answer that a call makes, and what it says for the reason; None if it makes none, or says nothing."""
    made = ast.unparse(call.func).removeprefix("helsami_sdk.")
    position = _reasons().get(made)
    if position is None:
        return None
    keyword = next((each.value for each in call.keywords if each.arg == REASON), None)
    argument = keyword or (call.args[position] if len(call.args) > position else None)
    return None if argument is None else (made.partition(".")[0], argument)


@cache
def _reasons() -> Mapping[str, int]:
    """What makes an answer with a reason, such as `BookingDecision.phone`, and where among its arguments that is."""
    found = {}
    for name in helsami_sdk.__all__:
        answer = getattr(helsami_sdk, name)
        if REASON not in getattr(answer, "__dataclass_fields__", ()):
            continue
        methods = inspect.getmembers(answer, inspect.ismethod)
        makers: dict[str, Any] = {name: answer, **{f"{name}.{method}": maker for method, maker in methods}}
        for made, maker in makers.items():
            arguments = list(inspect.signature(maker).parameters)
            if REASON in arguments:
                found[made] = arguments.index(REASON)
    return found


def _texts(argument: ast.expr, named: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """The codes that an argument may be; one that is put together is heard in the trial."""
    if isinstance(argument, ast.IfExp):
        yield from (*_texts(argument.body, named), *_texts(argument.orelse, named))
    elif isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
        yield argument.value, argument.lineno
    elif isinstance(argument, ast.Name) and argument.id in named:
        yield named[argument.id], argument.lineno
