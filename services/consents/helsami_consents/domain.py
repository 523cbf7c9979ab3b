"""Whether somebody may act for another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from helsami_consents.access_log.domain import ALLOWED, REFUSED

# A representative may neither grant further nor read who else has looked: both stay with the person.
GRANTABLE: Final = frozenset(
    {
        "appointments:act",
        "appointments:read",
        "medications:read",
        "messages:act",
        "messages:read",
        "notices:read",
        "records:read",
        "results:read",
    }
)
READS: Final = frozenset(scope for scope in GRANTABLE if scope.endswith(":read"))
# What a grant must hold, one of these at least, to be of use towards an audience, or for a purpose that changes things.
SERVING: Final[Mapping[str, frozenset[str]]] = {
    "appointments": frozenset({"appointments:read"}),
    "medications": frozenset({"medications:read"}),
    "messages": frozenset({"messages:read"}),
    "notifications": frozenset({"notices:read"}),
    "records": frozenset({"records:read"}),
    "results": frozenset({"results:read"}),
}
DOING: Final[Mapping[str, frozenset[str]]] = dict.fromkeys(
    (
        "book",
        "hold",
        "release",
        "move",
        "cancel",
        "ask",
        "withdraw-request",
        "check-in",
        "arrive",
        "mark-task",
        "join-waitlist",
        "leave-waitlist",
        "accept-offer",
        "decline-offer",
        "order-video",
        "meet-in-person",
        "join-video",
    ),
    frozenset({"appointments:act"}),
) | dict.fromkeys(("recipients", "write", "reply"), frozenset({"messages:act"}))
VIEW: Final = "view:"
LOOKING: Final = frozenset({*SERVING, "appointment", "home"})
"""What is asked for to look at it: what a service shows, and the views that are put together of several."""

BEYOND: Final = "beyond-the-grant"
NO_GROUND: Final = "no-grant"
GRANT: Final = "grant"
PARENTAL: Final = "parental"
CAPACITY: Final = "capacity"


@dataclass(frozen=True, slots=True)
class Ground:
    """On what ground somebody may act for another, how far, and what rules it out at this moment, if anything does."""

    basis: str
    scopes: frozenset[str]
    version: int
    objection: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """May the actor act for the subject? `reason` is for the log; whoever asks learns only yes or no."""

    outcome: str
    reason: str
    basis: str = GRANT
    scopes: frozenset[str] = frozenset()
    version: int | None = None

    @property
    def allowed(self) -> bool:
        """Whether they may."""
        return self.outcome == ALLOWED


def decide(grounds: Iterable[Ground], wanted: Iterable[tuple[str, str]] = ()) -> Decision:
    """
    May somebody act for another now, and do what? The first ground that lets them decides, else the last one refuses.

    `wanted` are audiences, each with what it is asked for.
    """
    wanted = tuple(wanted)
    decision = Decision(REFUSED, NO_GROUND)
    for ground in grounds:
        decision = _on(ground, wanted)
        if decision.allowed:
            return decision
    return decision


def _on(ground: Ground, wanted: Iterable[tuple[str, str]]) -> Decision:
    scopes = ground.scopes & GRANTABLE
    reason = ground.objection or (None if scopes else "nothing-granted")
    if reason is None and not all(serves(scopes, audience, purpose) for audience, purpose in wanted):
        reason = BEYOND
    if reason is not None:
        return Decision(REFUSED, reason, ground.basis, version=ground.version)
    return Decision(ALLOWED, ground.basis, ground.basis, scopes, ground.version)


def serves(scopes: frozenset[str], audience: str, purpose: str) -> bool:
    """
    Are these scopes of any use towards an audience, for a purpose? At a view each section looks for itself.

    A purpose that is not known here is nothing that anybody may do for another (fail closed).
    """
    if purpose in DOING:
        return not scopes.isdisjoint(DOING[purpose])
    if purpose not in LOOKING:
        return False
    needed = READS if audience.startswith(VIEW) else SERVING.get(audience, frozenset())
    return not scopes.isdisjoint(needed)
