"""The organisations' rules as a dependency: loaded once a process, every failure counted and logged."""

from __future__ import annotations

from functools import cache

from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider

from helsami_kernel import logs, metrics
from helsami_sdk.organisations import Organisations, load_organisations
from helsami_sdk.rules import RuleCall

QUIET = frozenset({"answered", "loaded"})


def observe(call: RuleCall) -> None:
    """Count a question to an organisation; log what did not go well, by names and codes only."""
    metrics.RULES_CALLS.labels(call.organisation, call.hook, call.outcome).inc()
    if call.hook == "load":
        metrics.ORGANISATION_STATE.labels(call.organisation, "live").set(call.outcome == "loaded")
        metrics.ORGANISATION_STATE.labels(call.organisation, "closed").set(call.outcome != "loaded")
    if call.outcome not in QUIET:
        logs.incident("rules-not-answered", organisation=call.organisation, hook=call.hook, reason=call.outcome)


@cache
def organisations() -> Organisations:
    """Every installed organisation; one that does not load is closed, and the others are as they were."""
    return load_organisations(observe)


class OrganisationRules(DependencyProvider):  # type: ignore[misc]
    """Gives a service the rules of every organisation, by its id."""

    def setup(self) -> None:
        """Load, so that a start and not a citizen waits for it."""
        organisations()

    def get_dependency(self, worker_ctx: WorkerContext) -> Organisations:  # noqa: ARG002
        """The mapping from an organisation's id to its rules."""
        return organisations()
