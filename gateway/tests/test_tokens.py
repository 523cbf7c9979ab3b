"""`helsami token`, from the command line to a token that the journal believes."""

import pytest

from helsami_kernel.access import SystemVerifier
from helsami_kernel.keys import KeyFolder
from helsami_kernel.launcher import main


@pytest.fixture
def keys(tmp_path, monkeypatch):
    monkeypatch.setenv("HELSAMI_DATA", str(tmp_path))
    monkeypatch.delenv("HELSAMI_KEYS", raising=False)
    return KeyFolder(tmp_path / "keys")


@pytest.mark.parametrize("organisation", ["st_olavs", "region"])
def test_a_token_names_its_organisation_or_the_region(keys, capsys, organisation):
    keys.make()

    assert main(["token", "--org", organisation]) == 0

    token = capsys.readouterr().out.strip()
    assert SystemVerifier(keys.public("systems")).verify(token).organisation == organisation


def test_an_organisation_that_is_not_installed_is_one_clear_line(keys, capsys):
    keys.make()

    assert main(["token", "--org", "nobody"]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert [line for line in told.err.splitlines() if line.startswith("helsami: no organisation is called 'nobody'")]
    assert told.err.count("\n") == 1


def test_without_keys_there_is_one_clear_line(keys, capsys):
    assert main(["token", "--org", "st_olavs"]) == 2

    assert capsys.readouterr().err.count("\n") == 1
