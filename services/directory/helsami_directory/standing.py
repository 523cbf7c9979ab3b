"""Where organisations stand, and who may say so: the region's operators of all, an organisation of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from helsami_directory import lifecycle, storage
from helsami_directory.lifecycle import Change
from helsami_kernel.access import AccessToken
from helsami_kernel.errors import Conflict, FieldProblem, Forbidden, NotFound, Refused
from helsami_sdk.lifecycle import CLOSED
from helsami_sdk.organisations import Organisations
from helsami_sdk.rules import REGION

NOTHING_SAID: Final = {"since": None, "who": None, "why": None}


def seen_by(access: AccessToken, rules: Organisations, changed: Mapping[str, Change]) -> list[str]:
    """The organisations that this system may look at, in order; an organisation that is gone has left its history."""
    known = sorted({*rules, *changed})
    return known if access.organisation == REGION else [name for name in known if name == access.organisation]


def check_may_enter(access: AccessToken, organisation: str, state: str) -> None:
    """An organisation may pause itself, and no more. Raises NotFound, as for one that does not exist, or Forbidden."""
    if access.organisation == REGION:
        return
    if access.organisation != organisation:
        raise NotFound("organisation-not-found")
    if state != lifecycle.PAUSED:
        raise Forbidden("operators-only")


def entered(tx: storage.Writes, rules: Organisations, wish: Mapping[str, Any], who: str) -> list[Change]:
    """
    Let an organisation enter a state, and return its history, newest first; what it is already changes nothing.

    Raises NotFound, Refused("organisation-not-loaded"), and Conflict with the state that does not lead there.
    """
    organisation, state = wish["organisation"], wish["state"]
    while True:
        version, history = tx.version(), tx.history(organisation)
        if organisation not in rules and not history:
            raise NotFound("organisation-not-found")
        if lifecycle.is_repeated(history, state):
            return history
        _check_step(history, state, loaded=rules[organisation].state != CLOSED)
        change = Change(version + 1, organisation, state, tx.now, who, wish["why"].strip())
        # Somebody else's change may have come in between, and what it led to decides anew.
        if tx.enter(change):
            return [change, *history]


def _check_step(history: Sequence[Change], state: str, *, loaded: bool) -> None:
    steps = lifecycle.steps_after(history)
    if state not in steps:
        expected = FieldProblem("state", f"one of {', '.join(sorted(steps))}")
        raise Conflict(f"organisation-is-{lifecycle.state_after(history)}", expected)
    if state in lifecycle.ASKS_THE_RULES and not loaded:
        raise Refused("organisation-not-loaded")


def standing_of(rules: Organisations, organisation: str, change: Change | None) -> dict[str, Any]:
    """Where an organisation stands after its last change, if there was any."""
    own = rules[organisation]
    return {
        "id": organisation,
        "names": dict(own.manifest.names),
        "kind": own.manifest.kind,
        "parent": own.manifest.parent,
        "state": lifecycle.DRAFT,
        **(NOTHING_SAID if change is None else asdict(change)),
        "problem": own.reason if own.state == CLOSED else None,
    }


def with_history(rules: Organisations, organisation: str, history: Sequence[Change]) -> dict[str, Any]:
    """Where an organisation stands, where it may go, and how it came there."""
    return {
        **standing_of(rules, organisation, history[0] if history else None),
        "steps": sorted(lifecycle.steps_after(history)),
        "history": [asdict(change) for change in history],
    }
