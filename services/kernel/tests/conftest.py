"""What the kernel's tests share: both buses, a key folder, and services started in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import eventlet
import pytest

from helsami_kernel.access import Issuer
from helsami_kernel.config import Settings
from helsami_kernel.container import ServiceRunner
from helsami_kernel.database import KERNEL_TABLES, Database
from helsami_kernel.keys import KeyFolder
from helsami_kernel.rpc import Remote

STARTS_WITHIN = 10


@pytest.fixture(scope="session")
def keys(tmp_path_factory) -> KeyFolder:
    folder = KeyFolder(tmp_path_factory.mktemp("keys") / "keys")
    folder.make()
    return folder


@pytest.fixture(scope="session")
def gateway(keys) -> Issuer:
    return Issuer("gateway", keys.signing("gateway"))


@pytest.fixture(params=["memory", "amqp"])
def any_bus(request) -> str:
    """The address of each bus in turn: what holds on one holds on the other."""
    return "memory://" if request.param == "memory" else request.getfixturevalue("bus")


@pytest.fixture
def settings(tmp_path: Path, keys) -> Callable[..., Settings]:
    def read(bus: str, **more: str) -> Settings:
        told = {"HELSAMI_BUS": bus, "HELSAMI_DATA": str(tmp_path), "HELSAMI_KEYS": str(keys.path)}
        return Settings.read(told | {f"HELSAMI_{name.upper()}": value for name, value in more.items()})

    return read


@pytest.fixture
def start(settings) -> Iterator[Callable[..., SimpleNamespace]]:
    """Start services on a bus, with empty databases, and stop them after the test."""
    running: list[ServiceRunner] = []

    def begin(bus: str, *services: type, **more: str) -> SimpleNamespace:
        told = settings(bus, **more)
        for service in services:
            KERNEL_TABLES.create_all(Database(told.database_url(service.name), 1, None).engine)
        runner = ServiceRunner(told, services)
        running.append(runner)
        runner.start()
        with eventlet.Timeout(STARTS_WITHIN):
            while not runner.ready:
                eventlet.sleep(0.01)
        return SimpleNamespace(
            runner=runner, settings=told, remote=lambda name: Remote(name, runner.bus, runner.replies, 2.0, {})
        )

    yield begin
    for runner in running:
        runner.stop(within=5)


@pytest.fixture
def token(gateway) -> Callable[..., str]:
    """A citizen's token for a service."""

    def issue(audience: str, *scopes: str) -> str:
        return gateway.issue(
            audience=audience, actor="c1", subject="c1", basis="self", scopes=scopes or ["results:read"], age_band="16+"
        )

    return issue

