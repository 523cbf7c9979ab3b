"""The organisations in this repository: named alike everywhere, pinned where they are live, kept to their questions."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from helsami_sdk.manifest import FILE, read_manifest
from helsami_sdk.organisations import load_organisations

PLUGINS = Path(__file__).parents[2] / "plugins"
FOLDERS = sorted(path.parents[1] for path in PLUGINS.glob(f"*/helsami_plugin_*/{FILE}"))


def project(folder):
    """The project table of a distribution."""
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def lint(folder, code):
    """Ruff's findings for code that would stand in a plugin's rules.py."""
    place = folder / f"helsami_plugin_{folder.name}" / "rules.py"
    command = [sys.executable, "-m", "ruff", "check", "--output-format", "concise", "--stdin-filename", str(place), "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True, cwd=PLUGINS.parent, check=False).stdout


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_organisation_has_one_name(folder):
    name = folder.name
    entry_points = project(folder)["entry-points"]["helsami.organisations"]

    assert read_manifest(folder / f"helsami_plugin_{name}").id == name
    assert list(entry_points) == [name]
    assert project(folder)["name"] == f"helsami-plugin-{name.replace('_', '-')}"
    assert (folder / "README.md").exists()
    assert list((folder / "tests").glob("test_*.py"))


def test_what_is_live_is_pinned_to_what_is_here():
    here = [f"{project(folder)['name']}=={project(folder)['version']}" for folder in FOLDERS]

    assert project(PLUGINS / "live")["dependencies"] == here


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_organisation_here_is_live(folder):
    rules = load_organisations()[folder.name]

    assert (rules.state, rules.reason) == ("live", "")


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "import socket",
        "from pathlib import Path",
        "from datetime import datetime\n\nNOW = datetime.now(datetime.timezone.utc)",
        "import random",
        "import helsami_kernel",
        "from helsami_results import domain",
        "import pluggy",
    ],
)
def test_a_plugin_that_reaches_beyond_its_question_is_red(code):
    assert "TID251" in lint(FOLDERS[0], code)


def test_a_plugin_that_keeps_to_its_question_is_green():
    for rules in PLUGINS.glob("*/helsami_plugin_*/rules.py"):
        assert "All checks passed" in lint(rules.parents[1], rules.read_text(encoding="utf-8"))
