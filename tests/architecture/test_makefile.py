"""`make` alone tells what can be done."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERBS = {
    *("run", "test", "bench", "fault", "system"),
    *("check", "lint", "types", "contracts", "plugins"),
    *("demo-data", "migrate", "clean"),
}


def _make(*arguments):
    # These tests may themselves be run by make, whose variables would change what the inner one says.
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_make_alone_lists_every_verb_with_a_sentence():
    listed = dict(re.findall(r"^ +make ([a-z-]+) +(\S.*)$", _make(), re.MULTILINE))

    assert set(listed) >= VERBS


def test_run_becomes_the_service_so_that_a_signal_reaches_it():
    assert _make("--dry-run", "run").splitlines()[-1] == "exec env EVENTLET_NO_GREENDNS=yes .venv/bin/helsami run"


def test_every_distribution_is_installed_without_being_listed():
    distributions = {path.parent.relative_to(ROOT) for path in ROOT.glob("services/*/pyproject.toml")}

    commands = _make("--dry-run", "--always-make", "run")

    assert {Path(folder) for folder in re.findall(r"--editable (services/\S+)", commands)} == distributions


def test_one_fault_can_be_asked_for_by_its_number():
    assert "-k 'f07'" in _make("--dry-run", "fault", "F=07")
