"""The systems that the tests here use: one embedded with the demo, one of a process per service."""

import itertools
from contextlib import closing

import pytest
from harness.portal import SERVICES, Installation, embedded
from harness.processes import Programs

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def demo(caretaker, tmp_path_factory):
    """An embedded system with the demo population, which all tests share and none may change for the others."""
    with closing(Programs(caretaker)) as programs:
        yield embedded(programs, tmp_path_factory.mktemp("demo") / "data")


@pytest.fixture
def fresh(programs, tmp_path):
    """An embedded system of this test's own."""
    return embedded(programs, tmp_path / "data")


@pytest.fixture
def installation(programs, bus, postgres, tmp_path):
    """A process per service, on a virtual host and databases of this test's own."""
    prefix = f"s{next(NUMBERS)}_"
    for service in SERVICES:
        postgres.create_database(prefix + service)
    yield Installation.start(programs, bus, postgres.url(prefix + "{service}"), tmp_path)
    programs.close()
    for service in SERVICES:
        postgres.drop_database(prefix + service)
