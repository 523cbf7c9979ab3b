"""What no import contract can say about the sources: read from their syntax trees and their text."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path.relative_to(ROOT)
    for pattern in ("services/*", "gateway", "plugins/*")
    for path in ROOT.glob(f"{pattern}/helsami_*/**/*.py")
)
SQL = re.compile(
    r"\s*((SELECT|UPDATE|WITH|SET|GRANT)\s"
    r"|(?i:insert\s+into|delete\s+from|(create|alter|drop)\s+(table|index|unique|role|policy|database|extension))\s)"
)
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}


def _tree(path):
    return ast.parse((ROOT / path).read_text(), str(path))


def _imports(path):
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.partition(".")[0]


def _importers(package):
    return {path for path in SOURCES if package in _imports(path)}


def _is_kernel(path):
    return path.parts[:2] == ("services", "kernel")


def test_nameko_is_known_to_the_kernel_and_to_entrypoints_and_stores_alone():
    strangers = {p for p in _importers("nameko") if not _is_kernel(p) and p.name not in {"service.py", "storage.py"}}

    assert strangers == set()


def test_the_wire_is_known_to_the_kernel_alone():
    wires = _importers("kombu") | _importers("amqp")

    assert {path for path in wires if not _is_kernel(path)} == set()


def test_pluggy_is_known_to_the_hooks_and_the_rules_alone():
    sdk = Path("plugins/sdk/helsami_sdk")

    assert _importers("pluggy") <= {sdk / "hookspecs.py", sdk / "organisations.py"}


def _modules(path):
    """What a file imports by whole name, and whatever could be a module in what it imports from one."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


def _impure(path):
    """What a module stands on, itself or through its own package, beside the standard library and plain answers."""
    package = next(part for part in path.parts if part.startswith("helsami_"))
    for name in _modules(path):
        if name.partition(".")[0] == package:
            own = Path(*path.parts[: path.parts.index(package)], *name.split(".")).with_suffix(".py")
            yield from _impure(own) if own in SOURCES else {name}
        elif name.partition(".")[0] not in sys.stdlib_module_names and name != "helsami_sdk.answers":
            yield name


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "domain.py"], ids=str)
def test_a_domain_stands_on_the_standard_library_alone(path):
    assert set(_impure(path)) == set()


def _first_words(node):
    """The constant beginning of a string that is put together, or nothing."""
    if isinstance(node, ast.JoinedStr) and len(node.values) > 1 and isinstance(node.values[0], ast.Constant):
        return node.values[0].value
    if isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
        return node.left.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return node.func.value.value if isinstance(node.func.value, ast.Constant) else ""
    return ""


def _put_together_sql(source):
    return [node.lineno for node in ast.walk(ast.parse(source)) if SQL.match(_first_words(node) or "")]


def test_no_statement_is_put_together_from_strings():
    assert {path: lines for path in SOURCES if (lines := _put_together_sql((ROOT / path).read_text()))} == {}


@pytest.mark.parametrize(
    "planted",
    [
        'f"SELECT name FROM {table}"',
        '"DELETE FROM " + table',
        '"UPDATE %s SET a = 1" % table',
        '"drop table {}".format(table)',
    ],
)
def test_a_statement_that_is_put_together_is_seen(planted):
    assert _put_together_sql(planted) == [1]


def test_no_module_has_a_name_that_says_nothing():
    assert {path for path in SOURCES if VAGUE_NAMES & {path.stem, *path.parent.parts}} == set()


FORBIDDEN_TEXTS = {
    "a path of somebody's machine": r"""(?<![\w.*)/-])/(work|root|home|Users)/\w""",
    "an address of a package registry": r"pypi[.]org|pythonhosted[.]org|npmjs[.](org|com)|deb[.]debian[.]org|file:/{3}",
    "two sides of a merge": r"(?m)^(<{7}|>{7}) ",
}
# SQLAlchemy 2.1 reads a bare address as psycopg 3, which stops a whole eventlet process for each query.
WITHOUT_DRIVER = r"postgres(ql)?:/{2}"


def _tracked_texts():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        try:
            yield name, (ROOT / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue


@pytest.mark.parametrize("what", FORBIDDEN_TEXTS)
def test_no_file_names(what):
    assert [name for name, content in _tracked_texts() if re.search(FORBIDDEN_TEXTS[what], content)] == []


def test_no_database_is_addressed_without_its_driver_but_by_tests_that_refuse_it():
    named = [name for name, content in _tracked_texts() if re.search(WITHOUT_DRIVER, content)]

    assert [name for name in named if "tests" not in Path(name).parts] == []


@pytest.mark.parametrize(
    ("pattern", "planted"),
    [
        (WITHOUT_DRIVER, "url = " + "postgresql:" + "//results"),
        (FORBIDDEN_TEXTS["a path of somebody's machine"], "see " + "/work" + "/main"),
        (FORBIDDEN_TEXTS["an address of a package registry"], "https://" + "pypi" + ".org/simple"),
        (FORBIDDEN_TEXTS["two sides of a merge"], "ours\n" + "<" * 7 + " HEAD\ntheirs"),
    ],
)
def test_a_forbidden_text_is_seen(pattern, planted):
    assert re.search(pattern, planted)
