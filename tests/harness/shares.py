"""
Lets several test processes share one run: each takes whole groups of tests that none has taken yet, until none is left.

A group is a file, or a folder that is a package: such a folder's tests share systems that are dear to start. Those of a
file that have the mark `apart` with the same word are a group of their own. Groups are taken whole and run in the order
of the files, so what holds in one process alone holds here.
"""

from __future__ import annotations

import hashlib
import json
import signal
import time
from collections import Counter
from collections.abc import Generator, Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Final

import pytest

MARK: Final = "\x1e"  # begins the lines that are for whoever started the run


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the folder in which the processes of one run note what they have taken."""
    parser.addoption("--share", type=Path, help="share the run with the processes that are given the same folder")


def pytest_configure(config: pytest.Config) -> None:
    """Take part in a shared run if this is one."""
    if (folder := config.getoption("share")) is not None:
        # Whoever ends the run does so by this, also where a shell has started it in the background, deaf to it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        config.pluginmanager.register(Share(config, folder))


class Share:
    """What one of the processes does of a run, and tells of it."""

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        """Note in `folder`, which exists, what this process has taken."""
        self._config = config
        self._folder = folder
        self._outcomes: Counter[str] = Counter()
        self._failed: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run what this process takes. Raises as pytest's own loop does."""
        if session.testsfailed:
            raise session.Interrupted(f"{session.testsfailed} errors during collection")
        names = "\n".join(item.nodeid for item in session.items)
        self._tell(collected=len(session.items), digest=hashlib.sha256(names.encode()).hexdigest())
        began = time.monotonic()
        for item, following in pairwise(chain(self._taken(session.items), [None])):
            assert item is not None  # None is the last of the chain, and never the first of a pair
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if following is None or group_of(following) != group_of(item):
                self._tell(group=group_of(item), seconds=round(time.monotonic() - began, 1), **self._told())
                began = time.monotonic()
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self) -> Generator[None, tuple[str, Any, Any], tuple[str, str, str]]:
        """Leave the dots out: those of several processes say nothing to a reader."""
        category, _, _ = yield
        return category, "", ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count each test once: by its call, or by what kept it from it."""
        if report.when == "setup":
            self._outcomes["run"] += 1
        if report.failed:
            self._failed.append(report.nodeid)
        elif report.skipped:
            self._outcomes["skipped"] += 1

    def _taken(self, items: list[pytest.Item]) -> Iterator[pytest.Item]:
        groups: dict[str, list[pytest.Item]] = {}
        for item in items:
            groups.setdefault(group_of(item), []).append(item)
        # What lasts longest begins first, so that nobody waits for it in the end.
        for group in sorted(groups, key=lambda name: name.endswith(".py")):
            if self._take(group):
                yield from groups[group]

    def _take(self, group: str) -> bool:
        try:
            (self._folder / hashlib.sha256(group.encode()).hexdigest()).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def _told(self) -> dict[str, Any]:
        told = {**self._outcomes, "failed": self._failed}
        self._outcomes, self._failed = Counter(), []
        return told

    def _tell(self, **what: object) -> None:
        self._config.get_terminal_writer().line(MARK + json.dumps(what), flush=True)


def group_of(item: pytest.Item) -> str:
    """The folder, file or part of a file whose tests one process runs together with this one, relative to the root."""
    if (apart := item.get_closest_marker("apart")) is not None:
        return f"{item.nodeid.partition('::')[0]}, {apart.args[0]}"
    package = next((node for node in item.listchain() if isinstance(node, pytest.Package)), None)
    return package.nodeid if package is not None else item.nodeid.partition("::")[0]
