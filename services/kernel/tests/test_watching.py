"""A policy that changes on disk holds without a restart, for its organisation alone."""

import os

import pytest

from helsami_kernel.testing import until
from helsami_kernel.watching import Watch
from helsami_sdk.discovery import stamp_of


class Region:
    """Organisations with a file each, that count how often each was read again."""

    def __init__(self, folder, *names):
        self.reloaded = []
        self._files = {name: (folder / f"{name}.toml",) for name in names}
        self._stamps = {name: stamp_of(files) for name, files in self._files.items()}

    def files(self):
        return self._files

    def stamps(self):
        return self._stamps

    def reload(self, organisation):
        self.reloaded.append(organisation)
        if organisation == "broken":
            raise OSError


@pytest.fixture
def write(tmp_path):
    """Write an organisation's file."""
    return lambda name, text: (tmp_path / f"{name}.toml").write_text(text)


@pytest.fixture
def region(tmp_path, write):
    for name in ("bodo", "oppdal", "broken"):
        write(name, "a = 1")
    return Region(tmp_path, "bodo", "oppdal", "broken", "malvik")


def test_only_what_has_changed_is_read_again_and_once(region, write):
    watch = Watch(region)
    watch.look()
    write("bodo", "a = 2")

    for _ in range(4):
        watch.look()

    assert region.reloaded == ["bodo"]


def test_what_is_still_being_written_is_not_read(region, write):
    watch = Watch(region)
    for length in range(3):
        write("bodo", "a = 2\n" * length)
        watch.look()
        assert region.reloaded == []

    watch.look()

    assert region.reloaded == ["bodo"]


def test_what_changed_while_it_was_read_is_read_again(region, write):
    write("bodo", "a = 2")

    Watch(region).look()

    assert region.reloaded == ["bodo"]


def test_a_file_that_comes_and_one_that_goes_are_changes(region, write, tmp_path):
    watch = Watch(region)
    write("malvik", "a = 1")
    (tmp_path / "bodo.toml").unlink()

    watch.look()
    watch.look()

    assert sorted(region.reloaded) == ["bodo", "malvik"]


def test_one_that_cannot_be_read_again_keeps_no_other_from_it(region, write):
    watch = Watch(region)
    for name in ("broken", "oppdal"):
        write(name, "a = 2")

    watch.look()
    watch.look()

    assert sorted(region.reloaded) == ["broken", "oppdal"]


def test_a_file_that_says_that_it_has_not_changed_has_changed(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text("a = 1")
    os.utime(path, (1, 1))
    before = stamp_of([path])

    until(lambda: (path.write_text("a = 2"), os.utime(path, (1, 1)), stamp_of([path]) != before)[-1])
