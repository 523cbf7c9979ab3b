"""A policy that changes on disk holds without a restart, for its organisation alone."""

import os

import pytest

from helsami_kernel.watching import Watch, stamp_of


class Region:
    """Organisations with a file each, that count how often each was read again."""

    def __init__(self, folder, *names):
        self.reloaded = []
        self._files = {name: (folder / f"{name}.toml",) for name in names}

    def files(self):
        return self._files

    def reload(self, organisation):
        self.reloaded.append(organisation)
        if organisation == "broken":
            raise OSError


@pytest.fixture
def write(tmp_path):
    """Write an organisation's file, later each time, as a clock would have it."""
    moments = iter(range(10**9, 2 * 10**9))

    def say(name, text):
        path = tmp_path / f"{name}.toml"
        path.write_text(text)
        moment = next(moments)
        os.utime(path, (moment, moment))

    return say


@pytest.fixture
def region(tmp_path, write):
    for name in ("bodo", "oppdal", "broken"):
        write(name, "a = 1")
    return Region(tmp_path, "bodo", "oppdal", "broken", "malvik")


def test_only_what_has_changed_is_read_again_and_once(region, write):
    watch = Watch(region)
    watch.look()
    write("bodo", "a = 2")

    watch.look()
    watch.look()

    assert region.reloaded == ["bodo"]


def test_a_file_that_comes_and_one_that_goes_are_changes(region, write, tmp_path):
    watch = Watch(region)
    write("malvik", "a = 1")
    (tmp_path / "bodo.toml").unlink()

    watch.look()

    assert sorted(region.reloaded) == ["bodo", "malvik"]


def test_one_that_cannot_be_read_again_keeps_no_other_from_it(region, write):
    watch = Watch(region)
    for name in ("broken", "oppdal"):
        write(name, "a = 2")

    watch.look()

    assert sorted(region.reloaded) == ["broken", "oppdal"]


def test_a_change_within_one_tick_of_the_clock_shows_in_its_size(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text("a = 1")
    os.utime(path, (1, 1))
    before = stamp_of([path])

    path.write_text("a = 10")
    os.utime(path, (1, 1))

    assert stamp_of([path]) != before
