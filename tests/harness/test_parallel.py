"""A run that several processes share runs every test once, tells what failed, and notices what was not run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helsami_kernel.testing import until

TESTS = Path(__file__).parents[1]
CONFTEST = 'pytest_plugins = ["harness.shares"]'
COUNTED = """
import os, pathlib, pytest
@pytest.mark.parametrize("number", range({tests}))
def test_counted(number):
    with open({log!r}, "a") as log:
        log.write(f"{{os.getpid()}} {{pathlib.Path(__file__).relative_to({folder!r})}} {{number}}\\n")
"""
FILES = ("test_a.py", "test_b.py", "test_c.py", "systems/test_d.py", "systems/test_e.py")


@pytest.fixture
def parallel(tmp_path):
    """Run the tests that were written to a folder; the exit code and what was printed."""
    (tmp_path / "conftest.py").write_text(CONFTEST)

    def run(*options, **files):
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        here = (f"--override-ini=pythonpath={TESTS}", "--rootdir=.")
        finished = subprocess.run(
            [sys.executable, "-m", "harness.parallel", *options, *here],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(TESTS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        return finished.returncode, finished.stdout + finished.stderr

    return run


@pytest.mark.parametrize("workers", ["1", "3"])
def test_each_test_is_run_once_and_all_of_a_file_or_package_by_one_process(parallel, tmp_path, workers):
    log = tmp_path / "log"
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / "__init__.py").touch()
    for name in FILES:
        (tmp_path / name).write_text(COUNTED.format(tests=3, log=str(log), folder=str(tmp_path)))

    code, told = parallel("--workers", workers)

    assert code == 0, told
    ran = [line.split() for line in log.read_text().splitlines()]
    assert sorted((name, number) for _, name, number in ran) == [(n, str(i)) for n in sorted(FILES) for i in range(3)]
    who = {folder: {pid for pid, name, _ in ran if name.startswith(folder)} for folder in (*FILES[:3], "systems")}
    assert {len(pids) for pids in who.values()} == {1}
    if workers != "1":
        assert "15 of 15 tests run" in told
        assert ": 0 failed, 0 skipped" in told


def test_what_is_marked_apart_may_run_beside_the_rest_of_its_file_and_whole(parallel, tmp_path):
    log = tmp_path / "log"
    text = COUNTED.format(tests=3, log=str(log), folder=str(tmp_path))
    halves = "".join(
        f"@pytest.mark.apart('{half}')\n@pytest.mark.parametrize('number', range(3))\n"
        f"def test_{half}(number):\n    test_counted('{half}')\n"
        for half in ("one", "other")
    )

    code, told = parallel("--workers", "2", test_halved=text + halves)

    assert code == 0, told
    assert all(f"test_halved.py{word}: 3 in" in told for word in ("", ", one", ", other"))
    ran = [line.split() for line in log.read_text().splitlines()]
    assert sorted(number for _, _, number in ran) == ["0", "1", "2", *["one"] * 3, *["other"] * 3]
    assert {len({pid for pid, _, number in ran if number == half}) for half in ("one", "other")} == {1}


def test_what_fails_is_told_at_once_and_in_whole_and_is_the_exit_code(parallel):
    fails = "def test_fine(): pass\ndef test_that_fails(): assert 1 == 2, 'no such luck'"
    skips = "import pytest\ndef test_skipped(): pytest.skip('not today')"

    code, told = parallel("--workers", "2", "-ra", test_fails=fails, test_skips=skips)

    assert code == 1
    assert "FAILED test_fails.py::test_that_fails" in told
    assert "AssertionError: no such luck" in told
    assert "not today" in told
    assert "3 of 3 tests run" in told
    assert "1 failed, 1 skipped" in told


def test_a_fixture_that_fails_fails_the_run(parallel):
    broken = "import pytest\n@pytest.fixture\ndef world(): raise RuntimeError('gone')\ndef test_it(world): pass"

    code, told = parallel("--workers", "2", test_broken=broken)

    assert code == 1
    assert "RuntimeError: gone" in told
    assert "1 of 1 tests run" in told


def test_a_file_that_cannot_be_read_fails_the_run(parallel):
    code, told = parallel("--workers", "2", test_broken="import nothing_of_the_kind", test_fine="def test_it(): pass")

    assert code != 0
    assert "nothing_of_the_kind" in told


def test_a_test_that_hangs_ends_its_process_with_every_stack_and_the_run_says_what_is_missing(parallel):
    hangs = "import time\ndef test_hangs(): time.sleep(60)\ndef test_never_run(): pass"
    patience = ("--override-ini=faulthandler_timeout=1", "--override-ini=faulthandler_exit_on_timeout=true")

    code, told = parallel("--workers", "2", *patience, test_hangs=hangs, test_fine="def test_it(): pass")

    assert code != 0
    assert "in test_hangs" in told
    assert "1 of 3 tests run" in told
    assert "Not every test was run" in told


def test_whoever_ends_the_run_ends_its_processes(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_long.py").write_text(
        "import os, pathlib, time\n"
        "def test_long():\n"
        "    pathlib.Path('pid.new').write_text(str(os.getpid()))\n"
        "    pathlib.Path('pid.new').rename('pid')\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-m", "harness.parallel", "--workers", "2", f"--override-ini=pythonpath={TESTS}"]
    environment = os.environ | {"PYTHONPATH": str(TESTS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    with subprocess.Popen([*command, "--rootdir=."], cwd=tmp_path, env=environment, stdout=subprocess.PIPE) as run:
        until((tmp_path / "pid").exists, within=60)
        run.terminate()
        told, _ = run.communicate(timeout=60)

    assert run.returncode != 0
    assert b"0 of 1 tests run" in told
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text()}").exists()


def test_processes_that_find_different_tests_fail_the_run(parallel):
    differs = "import os, pytest\n@pytest.mark.parametrize('pid', [os.getpid()])\ndef test_it(pid): pass"

    code, told = parallel("--workers", "2", test_differs=differs)

    assert code == 1
    assert "did not find the same tests" in told
