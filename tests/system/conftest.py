"""The systems that the tests here use: one embedded with the demo, one of a process per service."""

import itertools
from contextlib import closing

import pytest

from harness.broker import Broker
from harness.portal import SERVICES, Installation, embedded
from harness.processes import Programs

NUMBERS = itertools.count(1)


@pytest.fixture(scope="package")
def demo(caretaker, tmp_path_factory):
    """An embedded system with the demo population, which all tests share and none may change for the others."""
    with closing(Programs(caretaker)) as programs:
        yield embedded(programs, tmp_path_factory.mktemp("demo") / "data")


@pytest.fixture
def fresh(programs, tmp_path):
    """An embedded system of this test's own."""
    return embedded(programs, tmp_path / "data")


@pytest.fixture(scope="package")
def broker(caretaker):
    """A node of these tests' own: one with the virtual hosts of all the others takes long to come back from a kill."""
    with closing(Broker(caretaker)) as node:
        node.start()
        yield node


@pytest.fixture(scope="package")
def installation(caretaker, broker, postgres, tmp_path_factory):
    """A process per service, with a virtual host and databases; whoever ends a part of it starts it again."""
    prefix = f"s{next(NUMBERS)}_"
    for service in SERVICES:
        postgres.create_database(prefix + service)
    with closing(Programs(caretaker)) as programs:
        folder = tmp_path_factory.mktemp("installation")
        yield Installation.start(programs, broker.empty_virtual_host(), postgres.url(prefix + "{service}"), folder)
    for service in SERVICES:
        postgres.drop_database(prefix + service)
