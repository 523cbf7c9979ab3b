"""The organisations' rules as a dependency: loaded once a process, every failure counted and logged."""

from __future__ import annotations

from functools import cache

from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider

from helsami_kernel import logs, metrics
from helsami_kernel.states import States
from helsami_sdk.lifecycle import CLOSED, LIVE, STATES, UNKNOWN
from helsami_sdk.organisations import Organisations, load_organisations
from helsami_sdk.rules import RuleCall

# What is no failure: an answer, and none from an organisation that is not live, which is told once when it changes.
QUIET = frozenset({"answered", "loaded", UNKNOWN, *STATES})


def observe(call: RuleCall) -> None:
    """Count a question to an organisation; log what did not go well, by names and codes only."""
    if call.hook == "state":
        _show_state(call.organisation, call.outcome)
        if call.outcome != UNKNOWN:  # as all are at a start
            logs.fact("organisation-state", organisation=call.organisation, reason=call.outcome)
        return
    if call.hook == "load":
        _show_state(call.organisation, CLOSED if call.outcome == CLOSED else LIVE)
    metrics.RULES_CALLS.labels(call.organisation, call.hook, call.outcome).inc()
    if call.outcome not in QUIET:
        logs.incident("rules-not-answered", organisation=call.organisation, hook=call.hook, reason=call.outcome)


def _show_state(organisation: str, entered: str) -> None:
    for state in (*STATES, UNKNOWN, CLOSED):
        metrics.ORGANISATION_STATE.labels(organisation, state).set(state == entered)


@cache
def organisations() -> Organisations:
    """Every installed organisation; one that does not load is closed, and the others are as they were."""
    return load_organisations(observe)


class OrganisationRules(DependencyProvider):  # type: ignore[misc]
    """Gives a service the rules of every organisation, by its id, each in the state that the directory tells."""

    def setup(self) -> None:
        """Load, so that a start and not a citizen waits for it; one of a process's services listens for all."""
        config = self.container.config
        self._listens = "states" not in config
        if self._listens:
            config["states"] = States(organisations())

    def start(self) -> None:
        """Hear the states."""
        config = self.container.config
        if self._listens:
            config["states"].listen(config["bus"], self.container.spawn_managed_thread)

    def get_dependency(self, worker_ctx: WorkerContext) -> Organisations:  # noqa: ARG002
        """The mapping from an organisation's id to its rules."""
        return organisations()
