"""Points 5 and 6: what a plugin's code imports and reaches for, read from its syntax tree without running it."""

import ast
import importlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType, ModuleType

from helsami_sdk.checks.findings import Finding, Point
from helsami_sdk.checks.sources import tree_of
from helsami_sdk.plugin_folder import PluginFolder

SDK = "helsami_sdk"
# This is the one list of what a plugin may import beside the SDK and its own modules: nothing here reads or writes
# anything, knows what time it is, or throws dice.
PURE = frozenset(
    {
        "__future__",
        "abc",
        "bisect",
        "calendar",
        "collections",
        "copy",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "heapq",
        "itertools",
        "math",
        "numbers",
        "operator",
        "re",
        "statistics",
        "string",
        "textwrap",
        "types",
        "typing",
        "unicodedata",
        "zoneinfo",
    },
)
_IO = "all it needs in the question: no file, network, environment or output"
_CLOCK = "the time of asking from the question, asked_at"
_CHANCE = "the same answer to the same question"
_AS_IT_STANDS = "code that does what is written there"
_BETTER_SO: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("time", "sched"), _CLOCK),
        **dict.fromkeys(("random", "secrets", "uuid"), _CHANCE),
        **dict.fromkeys(("gc", "importlib", "inspect", "marshal", "pickle", "sys", "builtins"), _AS_IT_STANDS),
        **dict.fromkeys(("asyncio", "io", "logging", "os", "pathlib", "socket", "subprocess", "urllib"), _IO),
        SDK: "helsami_sdk itself: its modules are not promised",
    },
)
_BUILTINS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("breakpoint", "exit", "help", "input", "open", "print", "quit"), _IO),
        **dict.fromkeys(("__builtins__", "__import__", "compile", "delattr", "eval", "exec"), _AS_IT_STANDS),
        **dict.fromkeys(("getattr", "globals", "locals", "setattr", "vars"), _AS_IT_STANDS),
        **dict.fromkeys(("hash", "id"), _CHANCE),
    },
)
_ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("now", "today", "utcnow"), _CLOCK),
        **dict.fromkeys(("__builtins__", "__dict__", "__globals__", "__loader__", "__subclasses__"), _AS_IT_STANDS),
        **dict.fromkeys(("CodeType", "ForwardRef", "FunctionType", "attrgetter", "methodcaller"), _AS_IT_STANDS),
        **dict.fromkeys(("get_type_hints", "make_dataclass"), _AS_IT_STANDS),
        **dict.fromkeys(("prmonth", "pryear"), _IO),
    },
)


def look(folder: PluginFolder) -> Iterator[Finding]:
    """Every import and every name that a plugin's code may not have, in all modules of its package."""
    for path in sorted(folder.package.rglob("*.py")):
        file = path.relative_to(folder.path).as_posix()
        try:
            tree = tree_of(path)
        except SyntaxError as error:
            expected = "a module without syntax errors"
            yield Finding(Point.IMPORTS, file, error.lineno or 1, "cannot be read as Python", expected)
        else:
            modules = _modules(tree)
            for node in ast.walk(tree):
                yield from _imports(node, file, folder.package.name)
                yield from _reaches(node, file, modules)


def _imports(node: ast.AST, file: str, own: str) -> Iterator[Finding]:
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        modules = [node.module or ""]
    else:
        return
    if isinstance(node, ast.ImportFrom):
        yield from _picks(node, file)
    for module in modules:
        first = module.partition(".")[0]
        if module != SDK and first not in {*PURE, own}:
            expected = _BETTER_SO.get(first, "helsami_sdk, or a pure module of the standard library such as datetime")
            yield Finding(Point.IMPORTS, file, node.lineno, f"imports {module}", expected)


def _picks(node: ast.ImportFrom, file: str) -> Iterator[Finding]:
    """What is imported from a module that may be imported, and is not what that is for."""
    for alias in node.names:
        expected = _ATTRIBUTES.get(alias.name)
        if not _is_pure(_found_in(node.module or "", alias.name)):
            expected = _BETTER_SO.get(node.module or "", _AS_IT_STANDS)
        if expected is not None:
            yield Finding(Point.PURE, file, node.lineno, f"imports {alias.name} from {node.module}", expected)


def _modules(tree: ast.Module) -> dict[str, str]:
    """The pure modules that are imported, by the names they are given."""
    named = {}
    for node in ast.walk(tree):
        for alias in node.names if isinstance(node, ast.Import) else ():
            first = alias.name.partition(".")[0]
            if first in {*PURE, SDK}:
                named[alias.asname or first] = alias.name if alias.asname else first
    return named


def _found_in(module: str, name: str) -> ModuleType | None:
    """The module that another one happens to have under a name, as each has those that it imports itself."""
    found = getattr(importlib.import_module(module), name, None) if module.partition(".")[0] in {*PURE, SDK} else None
    return found if isinstance(found, ModuleType) else None


def _is_pure(module: ModuleType | None) -> bool:
    return module is None or module.__name__.partition(".")[0] in PURE


def _module_at(node: ast.AST, modules: Mapping[str, str]) -> ModuleType | None:
    """The module that an expression such as `calendar.sys` is, if it is one."""
    if isinstance(node, ast.Name):
        return importlib.import_module(modules[node.id]) if node.id in modules else None
    if not isinstance(node, ast.Attribute) or (around := _module_at(node.value, modules)) is None:
        return None
    return _found_in(around.__name__, node.attr)


def _reaches(node: ast.AST, file: str, modules: Mapping[str, str]) -> Iterator[Finding]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        name, expected = node.id, _BUILTINS.get(node.id)
    elif isinstance(node, ast.Attribute):
        name, expected = ast.unparse(node), _ATTRIBUTES.get(node.attr)
        if not _is_pure(_module_at(node, modules)):
            expected = _AS_IT_STANDS
    elif isinstance(node, ast.MatchClass) and not _ATTRIBUTES.keys().isdisjoint(node.kwd_attrs):
        name, expected = ast.unparse(node), _AS_IT_STANDS
    else:
        return
    if expected is not None:
        yield Finding(Point.PURE, file, node.lineno, f"uses {name}", expected)
