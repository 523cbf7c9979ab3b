"""The key folder: made once, kept, and clear about what is wrong with it."""

import stat

import pytest

from helsami_kernel.keys import KeyFolder, KeysUnusable

FILES = {
    "gateway.key",
    "gateway.pub",
    "consents.key",
    "consents.pub",
    "systems.key",
    "systems.pub",
    "session.key",
    "identity.key",
    "video.key",
    "rooms.key",
    "access-log.key",
    "origins.key",
    "messages.key",
}


@pytest.fixture
def folder(tmp_path):
    made = KeyFolder(tmp_path / "keys")
    made.make()
    return made


def test_a_new_folder_holds_every_key_and_nothing_else(folder):
    assert {path.name for path in folder.path.iterdir()} == FILES


def test_nobody_else_may_read_what_is_secret(folder):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.path.glob("*.key")}

    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_what_is_there_is_kept(folder):
    before = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    folder.make()

    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == before


def test_a_lost_public_key_is_derived_again(folder):
    before = (folder.path / "gateway.pub").read_bytes()
    (folder.path / "gateway.pub").unlink()
    folder.make()

    assert (folder.path / "gateway.pub").read_bytes() == before


def test_the_public_key_belongs_to_the_signing_key(folder):
    assert folder.signing("consents").thumbprint() == folder.public("consents").thumbprint()
    assert folder.signing("consents").thumbprint() != folder.public("gateway").thumbprint()
    assert not folder.public("consents").is_private


def test_secrets_are_thirty_two_bytes_and_differ(folder):
    assert len(folder.secret("session")) == 32
    assert folder.secret("session") != folder.secret("identity")


def test_a_missing_key_says_how_to_make_it(tmp_path):
    with pytest.raises(KeysUnusable, match=r"gateway\.key is missing: `helsami keys make"):
        KeyFolder(tmp_path).signing("gateway")


def test_a_key_that_anybody_may_read_is_refused(folder):
    (folder.path / "session.key").chmod(0o644)

    with pytest.raises(KeysUnusable, match="make it 0600"):
        folder.secret("session")


def test_a_private_key_is_not_taken_for_a_public_one(folder):
    (folder.path / "gateway.pub").write_bytes((folder.path / "gateway.key").read_bytes())

    with pytest.raises(KeysUnusable, match="not a public Ed25519 key"):
        folder.public("gateway")


@pytest.mark.parametrize("content", [b"", b"hunter2", b"\xff\xfe"])
def test_a_file_that_is_no_key_is_refused_without_its_content(folder, content):
    (folder.path / "gateway.key").write_bytes(content)
    (folder.path / "session.key").write_bytes(content)

    for load in (lambda: folder.signing("gateway"), lambda: folder.secret("session")):
        with pytest.raises(KeysUnusable, match=r"\.key") as unusable:
            load()
        assert "hunter2" not in str(unusable.value)


def test_an_unwritable_place_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(KeysUnusable, match=r"cannot write the key folder .*: Not a directory"):
        KeyFolder(tmp_path / "file" / "keys").make()
