"""A node of the harness's own tests: one with the virtual hosts of all others takes long to come back from a kill."""

from contextlib import closing

import pytest

from harness.broker import Broker


@pytest.fixture(scope="session")
def broker(caretaker):
    """Return a running node that nobody else has used."""
    with closing(Broker(caretaker)) as node:
        node.start()
        yield node
