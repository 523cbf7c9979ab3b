"""How an organisation goes from draft to live and out again: every step is said by somebody, and stays on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

DRAFT: Final = "draft"
REHEARSED: Final = "rehearsed"
SHADOW: Final = "shadow"
LIVE: Final = "live"
PAUSED: Final = "paused"
LEFT: Final = "left"
STATES: Final = (DRAFT, REHEARSED, SHADOW, LIVE, PAUSED, LEFT)

# None on the way to live can be skipped. Rules that were changed are rehearsed again from the shadow, and an
# organisation that has left begins anew.
STEPS: Final = MappingProxyType(
    {
        DRAFT: frozenset({REHEARSED, LEFT}),
        REHEARSED: frozenset({REHEARSED, SHADOW, LEFT}),
        SHADOW: frozenset({REHEARSED, LIVE, PAUSED, LEFT}),
        LIVE: frozenset({PAUSED, LEFT}),
        PAUSED: frozenset({SHADOW, LEFT}),
        LEFT: frozenset({DRAFT}),
    }
)
ASKS_THE_RULES: Final = frozenset({REHEARSED, SHADOW, LIVE})
"""What nobody may enter whose rules do not load."""


@dataclass(frozen=True, slots=True)
class Change:
    """An organisation entered a state; the version counts the changes of all organisations."""

    version: int
    organisation: str
    state: str
    since: datetime
    who: str
    why: str


def state_after(history: Sequence[Change]) -> str:
    """The state of an organisation with these changes, newest first; a draft before the first."""
    return history[0].state if history else DRAFT


def steps_after(history: Sequence[Change]) -> frozenset[str]:
    """The states that may come next: a pause ends in what it interrupted, or in the shadow, and opens nothing new."""
    state = state_after(history)
    if state != PAUSED:
        return STEPS[state]
    interrupted = next(change.state for change in history if change.state != PAUSED)
    return STEPS[PAUSED] | {interrupted}


def is_repeated(history: Sequence[Change], state: str) -> bool:
    """Whether this was said already, and nothing is to be added; a rehearsal counts each time, with its evidence."""
    return state == state_after(history) and state != REHEARSED
