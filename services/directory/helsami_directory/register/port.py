"""What the directory asks a population register, whichever it is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Protocol

from helsami_directory.register.domain import Changes, Entry
from helsami_directory.register.folkeregisteret import Folkeregisteret
from helsami_directory.register.synthetic import Synthetic
from helsami_kernel.config import Settings

FILE: Final = "register.json"
TOKEN: Final = "register.token"  # noqa: S105  the name of a file


class PopulationRegister(Protocol):
    """A register of people."""

    @property
    def present(self) -> bool:
        """Whether there is one at all: without any, nobody has parental responsibility and records are all we know."""

    @property
    def address(self) -> str:
        """Which register it is: a place in the feed of another means nothing here."""

    def people(self, national_ids: Collection[str]) -> dict[str, Entry]:
        """Those of these people whom the register knows, by national id. Raises Unavailable."""

    def latest(self) -> int:
        """The place in the feed of changes after which nothing has happened yet. Raises Unavailable."""

    def changes(self, after: int) -> Changes:
        """What has changed since a place in the feed, or the first part of it. Raises Unavailable."""


def population_register(settings: Settings) -> PopulationRegister:
    """Folkeregisteret where its address is set, else the synthetic register in the data folder."""
    if settings.register is None:
        return Synthetic(settings.data / FILE)
    return Folkeregisteret(settings.register, settings.keys / TOKEN)
