"""Point 7: whether each hook that the organisation answers is asked in a test of its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

from helsami_sdk.checks.findings import Finding, Point
from helsami_sdk.checks.sources import table, trees
from helsami_sdk.hooks import HOOKS
from helsami_sdk.plugin_folder import PluginFolder
from helsami_sdk.policy import FILE, TABLES
from helsami_sdk.toml_lines import line_of

TESTS = "tests"


def look(folder: PluginFolder) -> Iterator[Finding]:
    """Every hook that rules.py implements, or that a table of policy.toml answers, and no test names."""
    asked = {name for _, tree in trees(folder.path / TESTS, "test_*.py") for name in _named_in_tests(tree)}
    for hook, path, line in [*_implemented(folder), *_tables(folder)]:
        if hook not in asked:
            file = path.relative_to(folder.path).as_posix()
            expected = f"a test in {TESTS}/ that asks rules.{hook}(...)"
            yield Finding(Point.TESTED, file, line, f"{hook} has no test", expected)


def _implemented(folder: PluginFolder) -> Iterator[tuple[str, Path, int]]:
    for path, tree in trees(folder.package):
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name in HOOKS and node.decorator_list:
                yield node.name, path, node.lineno


def _tables(folder: PluginFolder) -> Iterator[tuple[str, Path, int]]:
    path = folder.package / FILE
    for name in table(path):
        for hook in TABLES[name].hooks if name in TABLES else ():
            yield hook, path, line_of(path, name)


def _named_in_tests(tree: ast.Module) -> Iterator[str]:
    for test in ast.walk(tree):
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
            for node in ast.walk(test):
                if isinstance(node, ast.Attribute) and node.attr in HOOKS:
                    yield node.attr

