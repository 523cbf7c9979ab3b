"""A plugin host that waits no longer than it must, and what is heard of it."""

import pytest

from harness.answering import everything_they_answer
from helsami_sdk.host import Host
from helsami_sdk.organisations import load_organisations

from .asking import LIMITS


@pytest.fixture
def executor():
    """The host, and nothing else."""
    return "host"


@pytest.fixture(scope="module")
def host():
    """A plugin host that waits no longer than it must."""
    host = Host(limits=LIMITS)
    yield host
    host.close()


@pytest.fixture(scope="module")
def alone():
    """What the others answer in this very process, when nobody is hostile."""
    return everything_they_answer(load_organisations())


@pytest.fixture
def observed(monkeypatch):
    """What the plugin host of a set of rules tells of itself."""

    def listen(rules):
        told = []
        for hosted in {each.rules for layers in rules._executor._implementations.values() for _, each in layers
                       if hasattr(each, "rules")}:
            monkeypatch.setattr(hosted, "_told", lambda *call: told.append(("malvik", *call)))
        return told

    return listen
