"""What stands in a plugin's files, read without running anything; what cannot be read is empty here."""

import ast
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from helsami_sdk.answers import is_code
from helsami_sdk.manifest import FILE as MANIFEST
from helsami_sdk.plugin_folder import PluginFolder
from helsami_sdk.policy import FILE as POLICY

MOST_CODES = 40


def trees(folder: Path, pattern: str = "*.py") -> Iterator[tuple[Path, ast.Module]]:
    """The syntax tree of each module in a folder."""
    for path in sorted(folder.rglob(pattern)):
        with suppress(SyntaxError):
            yield path, tree_of(path)


def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a module; raises SyntaxError for whatever has none, be it a folder or nested too deep."""
    if not path.is_file():
        raise SyntaxError("no file")
    try:
        return ast.parse(path.read_bytes(), str(path))
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(type(error).__name__) from None


def table(path: Path) -> dict[str, Any]:
    """A TOML file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}


def units_named(folder: PluginFolder) -> list[str]:
    """The ids of the manifest's units."""
    rows = table(folder.package / MANIFEST).get("units")
    ids = [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [unit for unit in ids if isinstance(unit, str)]


def codes_named(folder: PluginFolder) -> list[str]:
    """The codes that the rules name, visit types and the like, so that they can be asked about."""
    in_code = [
        node.value
        for _, tree in trees(folder.package)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_code(node.value)
    ]
    return sorted({*in_code, *_texts(table(folder.package / POLICY))})[:MOST_CODES]


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        content = list(content.values())
    if isinstance(content, list):
        for each in content:
            yield from _texts(each)
    elif isinstance(content, str) and is_code(content):
        yield content
