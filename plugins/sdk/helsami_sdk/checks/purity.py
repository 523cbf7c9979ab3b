"""Points 5 and 6: what a plugin's code imports and reaches for, read from its syntax tree without running it."""

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from helsami_sdk.checks.findings import Finding, Point
from helsami_sdk.plugin_folder import PluginFolder

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
        "helsami_sdk": "helsami_sdk itself: its modules are not promised",
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
    },
)


def look(folder: PluginFolder) -> Iterator[Finding]:
    """Every import and every name that a plugin's code may not have, in all modules of its package."""
    for path in sorted(folder.package.rglob("*.py")):
        file = path.relative_to(folder.path).as_posix()
        try:
            tree = ast.parse(path.read_bytes(), str(path))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            yield Finding(Point.IMPORTS, file, line, "cannot be read as Python", "a module without syntax errors")
        else:
            for node in ast.walk(tree):
                yield from _imports(node, file, folder.package.name)
                yield from _reaches(node, file)


def _imports(node: ast.AST, file: str, own: str) -> Iterator[Finding]:
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        modules = [node.module or ""]
    else:
        return
    for module in modules:
        first = module.partition(".")[0]
        if module != "helsami_sdk" and first not in {*PURE, own}:
            expected = _BETTER_SO.get(first, "helsami_sdk, or a pure module of the standard library such as datetime")
            yield Finding(Point.IMPORTS, file, node.lineno, f"imports {module}", expected)


def _reaches(node: ast.AST, file: str) -> Iterator[Finding]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        name, expected = node.id, _BUILTINS.get(node.id)
    elif isinstance(node, ast.Attribute):
        name, expected = ast.unparse(node), _ATTRIBUTES.get(node.attr)
    else:
        return
    if expected is not None:
        yield Finding(Point.PURE, file, node.lineno, f"uses {name}", expected)
