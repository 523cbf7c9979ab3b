"""`helsami-plugin new`: a folder that passes its own check and its own tests at once, and never over another."""

import io
import subprocess
import sys

import pytest

from helsami_sdk.checks import check
from helsami_sdk.cli import main
from helsami_sdk.manifest import read_manifest
from helsami_sdk.plugin_folder import PluginFolder
from helsami_sdk.scaffold.command import ask_for_missing

FLAGS = {
    "id": "frosta",
    "kind": "municipality",
    "nb": 'Frosta "øvre" kommune',
    "nn": "Frosta $kommune",
    "en": "Frosta municipality",
    "phone": "+47 00 00 00 01",
    "owner": "Helse og omsorg",
    "contact": "+47 00 00 00 02",
    "go-live": "2026-01-01",
}


@pytest.fixture
def new(tmp_path, monkeypatch):
    """Run `helsami-plugin new` in an empty folder, without a terminal."""
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def run(*more, **flags):
        told = {name: value for name, value in {**FLAGS, **flags}.items() if value is not None}
        return main(["new", "--into", str(tmp_path), *[f"--{name}={value}" for name, value in told.items()], *more])

    return run


def run_tests(folder):
    """Run the folder's own tests as their author would."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:pytest_nameko", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("kind", "parent", "more"),
    [
        ("municipality", None, "--rules"),
        ("gp-office", "trondheim", "--rules"),
        ("gp-office", None, "--policy-only"),
        ("hospital", None, "--policy-only"),
        ("hospital-trust", None, "--rules"),
    ],
)
def test_a_new_organisation_of_any_kind_passes_its_own_check_and_tests(new, tmp_path, kind, parent, more):
    assert new(more, kind=kind, parent=parent) == 0

    folder = PluginFolder.of(tmp_path / "frosta")
    report = check(folder)
    assert report.good, list(report.lines(folder.path))
    assert (folder.package / "rules.py").exists() is (more == "--rules")
    manifest = read_manifest(folder.package)
    assert (manifest.kind, manifest.parent, manifest.names["nb"]) == (kind, parent, 'Frosta "øvre" kommune')
    finished = run_tests(folder.path)
    assert finished.returncode == 0, finished.stdout


def test_what_is_missing_without_a_terminal_is_told_all_at_once(new, tmp_path, capsys):
    assert new(phone=None, owner=None) == 1

    told = capsys.readouterr().err
    assert "--phone: missing; expected a phone number such as +47 00 00 00 01" in told
    assert "--owner: missing" in told
    assert "--rules or --policy-only: missing" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "Frosta"),
        ("id", "../frosta"),
        ("id", "region"),
        ("id", "trondheim"),
        ("kind", "county"),
        ("parent", "atlantis"),
        ("phone", "ring oss"),
        ("phone", "00 00 00 01"),
        ("nb", " "),
        ("en", "a\nb"),
        ("go-live", "1.1.2026"),
        ("go-live", "20260101"),
    ],
)
def test_what_is_not_as_expected_is_told_and_nothing_is_written(new, tmp_path, capsys, name, value):
    assert new("--rules", **{name: value}) == 1

    assert f"--{name}: expected" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["folder", "file"])
def test_nothing_is_ever_overwritten(new, tmp_path, capsys, there):
    place = tmp_path / "frosta"
    place.mkdir() if there == "folder" else place.write_text("mine")

    assert new("--rules") == 1

    assert "is there already, and nothing is overwritten" in capsys.readouterr().err
    assert list(place.iterdir()) == [] if there == "folder" else place.read_text() == "mine"


def test_at_a_terminal_it_asks_for_what_is_missing_until_the_answer_is_one():
    told = {**FLAGS, "parent": "", "phone": "", "rules": ""}
    answers = iter(["", "ring oss", "+47 00 00 00 09", "yes"])
    asked = []

    def ask(question):
        asked.append(question)
        return next(answers)

    known = ask_for_missing(told, ["trondheim"], ask)

    assert known == {**told, "phone": "+47 00 00 00 09", "rules": "yes"}
    assert [question.partition(" (")[0] for question in asked] == [
        "The organisation above it",
        "Its phone",
        "Its phone",
        "Does it need code, beside what can be said as data",
    ]
