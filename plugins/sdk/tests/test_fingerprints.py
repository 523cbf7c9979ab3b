"""Whether rules are still those that were rehearsed."""

import os

import pytest

from helsami_sdk.fingerprints import changed, fingerprint


@pytest.fixture
def package(tmp_path):
    (tmp_path / "rules.py").write_text("A = 1\n")
    (tmp_path / "policy.toml").write_text("")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "codes.py").write_text("")
    return tmp_path


def test_rules_that_were_only_copied_are_the_same(package):
    known = fingerprint(package)

    os.utime(package / "rules.py", (0, 0))
    (package / "notes.txt").write_text("not a rule")

    assert set(known) == {"rules.py", "policy.toml", "tables/codes.py"}
    assert changed(package, known) == []


def test_a_file_that_is_other_new_or_gone_is_named(package):
    known = fingerprint(package)

    (package / "rules.py").write_text("A = 2\n")
    (package / "policy.toml").unlink()
    (package / "tables" / "more.py").write_text("")

    assert changed(package, known) == ["policy.toml", "rules.py", "tables/more.py"]
