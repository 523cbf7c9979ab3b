"""The organisations in this repository: named alike everywhere, pinned where they are live, kept to their questions."""

import tomllib
from pathlib import Path

import pytest

from helsami_sdk.checks import check
from helsami_sdk.manifest import FILE, read_manifest
from helsami_sdk.organisations import load_organisations
from helsami_sdk.plugin_folder import PluginFolder

PLUGINS = Path(__file__).parents[2] / "plugins"
FOLDERS = sorted(path.parents[1] for path in PLUGINS.glob(f"*/helsami_plugin_*/{FILE}"))


def project(folder):
    """The project table of a distribution."""
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


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


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_organisation_here_fulfils_all_twelve_points(folder):
    report = check(PluginFolder.of(folder))

    assert report.summary == f"{folder.name}: 12 of 12", "\n".join(report.lines(folder))


def test_every_folder_that_looks_like_an_organisation_is_one():
    here = {path.parent for path in PLUGINS.glob("*/pyproject.toml")} - {PLUGINS / "sdk", PLUGINS / "live"}

    assert set(FOLDERS) == here
