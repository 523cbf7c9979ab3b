"""What a process gives a service beside bus, database and rules: its settings, and what is made of the key folder."""

from collections.abc import Callable
from typing import Generic, TypeVar

from nameko.extensions import DependencyProvider

from helsami_kernel.config import Settings
from helsami_kernel.keys import KeyFolder

T = TypeVar("T")


class CurrentSettings(DependencyProvider):  # type: ignore[misc]  # nameko carries no types
    """Gives a service the settings of its process, where what it answers depends on them."""

    def get_dependency(self, worker_ctx: object) -> Settings:  # noqa: ARG002  the same for every worker
        """Return the settings."""
        settings: Settings = self.container.config["settings"]
        return settings


class FromSettings(DependencyProvider, Generic[T]):  # type: ignore[misc]  # nameko carries no types
    """Gives a service what it makes of settings and keys: made once, so that what is wrong stops the start."""

    def __init__(self, make: Callable[[Settings], T]) -> None:
        self._make = make

    def setup(self) -> None:
        """Make it. Raises `KeysUnusable` for a key that is needed and not there."""
        self._made = self._make(self.container.config["settings"])

    def get_dependency(self, worker_ctx: object) -> T:  # noqa: ARG002  the same for every worker
        """Return what was made."""
        return self._made


class FromKeys(DependencyProvider, Generic[T]):  # type: ignore[misc]  # nameko carries no types
    """Gives a service what it makes of the key folder: made once, so that a missing key stops the start and no call."""

    def __init__(self, make: Callable[[KeyFolder], T]) -> None:
        self._make = make

    def setup(self) -> None:
        """Read the keys. Raises `KeysUnusable`."""
        settings: Settings = self.container.config["settings"]
        self._made = self._make(KeyFolder(settings.keys))

    def get_dependency(self, worker_ctx: object) -> T:  # noqa: ARG002  the same for every worker
        """Return what was made."""
        return self._made
