"""Where decisions are noted by those who need not wait until they are stored."""

from collections.abc import Iterable
from typing import Any, Final, Protocol

from helsami_sdk.decisions import Decided, Decision


class Notes(Protocol):
    """Takes decisions, at no cost to a citizen who waits."""

    def note(self, decision: Decision, about: str = "") -> None:
        """Keep a decision; `about` is the opaque id of what is decided on, where it is one thing."""

    def note_all(self, noted: Iterable[tuple[Decision, str]]) -> None:
        """Keep decisions made at one moment, each with what it is about."""


class _Unkept:
    def note(self, decision: Decision, about: str = "") -> None:
        """Forget it."""

    def note_all(self, noted: Iterable[tuple[Decision, str]]) -> None:
        """Forget them."""


UNKEPT: Final[Notes] = _Unkept()
"""Keeps nothing: for those who read without a service."""


def note_all(notes: Notes, decided: Decided[Any], about: str = "") -> None:
    """Keep what was decided, and in the shadow what would have been, last what holds."""
    for decision in reversed(decided.decisions):
        notes.note(decision, about)
