"""Every package is under the import contracts, and the contracts bite."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
PACKAGES = {
    path.parent.name: path.parent.parent.relative_to(ROOT)
    for pattern in ("services/*", "gateway", "plugins/*")
    for path in ROOT.glob(f"{pattern}/helsami_*/__init__.py")
}


def _contract(identity):
    return next(contract for contract in CONTRACTS["contracts"] if contract["id"] == identity)


def _layered():
    return {name.strip() for layer in _contract("layers")["layers"] for name in layer.split("|")}


def test_every_package_on_disk_is_under_the_import_contracts():
    assert set(CONTRACTS["root_packages"]) == set(PACKAGES)
    assert _layered() == set(PACKAGES)


def test_every_organisation_on_disk_may_know_the_sdk_alone():
    organisations = {name for name in PACKAGES if name.startswith("helsami_plugin_")}

    assert organisations <= set(_contract("organisations")["source_modules"])


@pytest.fixture
def copied_tree(tmp_path):
    """A copy of every package's code, which a planted import may spoil."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, folder in PACKAGES.items():
        shutil.copytree(ROOT / folder / name, tmp_path / folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def _lint_imports(tree):
    search_path = os.pathsep.join(str(tree / folder) for folder in PACKAGES.values())
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": search_path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tree_as_it_stands_keeps_its_contracts(copied_tree):
    finished = _lint_imports(copied_tree)

    assert finished.returncode == 0, finished.stdout


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("services/appointments/helsami_appointments/service.py", "helsami_results"),
        ("services/results/helsami_results/domain.py", "helsami_plugin_trondheim"),
        ("services/kernel/helsami_kernel/errors.py", "helsami_directory"),
        ("gateway/helsami_gateway/__init__.py", "helsami_records"),
        ("plugins/trondheim/helsami_plugin_trondheim/rules.py", "helsami_kernel"),
        ("plugins/trondheim/helsami_plugin_trondheim/rules.py", "helsami_plugin_st_olavs"),
        ("plugins/sdk/helsami_sdk/questions.py", "helsami_kernel"),
    ],
)
def test_a_planted_import_turns_the_contracts_red(copied_tree, module, forbidden):
    with (copied_tree / module).open("a") as source:
        source.write(f"\nimport {forbidden}\n")

    finished = _lint_imports(copied_tree)

    assert finished.returncode == 1, finished.stderr
    assert forbidden in finished.stdout
