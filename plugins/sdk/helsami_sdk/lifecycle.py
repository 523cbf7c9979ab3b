"""The states that an organisation goes through at runtime, and what an answer says of one that is not live."""

from typing import Final

DRAFT: Final = "draft"
SHADOW: Final = "shadow"
LIVE: Final = "live"
STATES: Final = (DRAFT, "rehearsed", SHADOW, LIVE, "paused", "left")
"""Every state that the directory may tell, in their order."""

UNKNOWN: Final = "unknown"
"""A process has not heard from the directory, or heard a state that it does not know: nothing is shown."""

CLOSED: Final = "closed"
"""The rules do not load; whatever the directory says, they answer nothing."""

AWAY: Final = frozenset({"paused", UNKNOWN, CLOSED})
"""Nobody can say what an organisation in one of these would let be told, until it is back."""


def understood(state: str) -> str:
    """The state that a told one means here; a newer directory's is unknown."""
    return state if state in STATES else UNKNOWN


def code_of(state: str) -> str:
    """The reason code of safe defaults that are given for this state; none for a live organisation."""
    if state == LIVE:
        return ""
    return "organisation-state-unknown" if state == UNKNOWN else f"organisation-{state}"
