"""The organisations' rules as a dependency: loaded once a process, every failure counted and logged."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cache

from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider

from helsami_kernel import logs, metrics
from helsami_kernel.config import INLINE, Settings
from helsami_kernel.states import States
from helsami_kernel.watching import Watch
from helsami_sdk.host import HOST, QUARANTINED, RELEASED, Host, Limits
from helsami_sdk.lifecycle import CLOSED, LIVE, STATES, UNKNOWN
from helsami_sdk.organisations import Organisations, load_organisations
from helsami_sdk.rules import RuleCall

# What is no failure: an answer, and none from an organisation that is not live, which is told once when it changes.
QUIET = frozenset({"answered", "loaded", UNKNOWN, *STATES})


def observe(call: RuleCall) -> None:
    """Count a question to an organisation; log what did not go well, by names and codes only."""
    if call.hook == HOST or call.outcome in {QUARANTINED, RELEASED}:
        _tell_host(call)
        return
    if call.hook == "state":
        _show_state(call.organisation, call.outcome)
        if call.outcome != UNKNOWN:  # as all are at a start
            logs.fact("organisation-state", organisation=call.organisation, reason=call.outcome)
        return
    if call.hook == "load" and call.outcome != "kept":
        _show_state(call.organisation, CLOSED if call.outcome == CLOSED else LIVE)
    metrics.RULES_CALLS.labels(call.organisation, call.hook, call.outcome).inc()
    if call.seconds:
        metrics.RULES_SECONDS.labels(call.organisation, call.hook).observe(call.seconds)
    if call.reason:
        metrics.RULES_FAILURES.labels(call.organisation, call.hook, call.reason).inc()
    if call.outcome not in QUIET:
        reason = call.reason or call.outcome
        logs.incident("rules-not-answered", organisation=call.organisation, hook=call.hook, reason=reason)


def _tell_host(call: RuleCall) -> None:
    if call.hook == HOST:
        metrics.RULES_RESTARTS.labels(call.organisation, call.detail).inc()
        logs.incident("rules-restarted", organisation=call.organisation, reason=call.detail)
        return
    metrics.RULES_QUARANTINED.labels(call.organisation, call.hook).set(call.outcome == QUARANTINED)
    if call.outcome == QUARANTINED:
        logs.incident("rules-quarantined", organisation=call.organisation, hook=call.hook)
    else:
        logs.fact("rules-released", organisation=call.organisation)


def _show_state(organisation: str, entered: str) -> None:
    for state in (*STATES, UNKNOWN, CLOSED):
        metrics.ORGANISATION_STATE.labels(organisation, state).set(state == entered)


@cache
def organisations() -> Organisations:
    """
    Every installed organisation; one that does not load is closed, and the others are as they were.

    Whoever in the process asks first loads them, as the environment says: code of theirs in a plugin host, or here.
    """
    settings = Settings.read(os.environ)
    if settings.rules == INLINE:
        return load_organisations(observe)
    return load_organisations(observe, plugin_host(settings.rules_deadline).load)


@cache
def plugin_host(deadline: timedelta) -> Host:
    """The process's plugin host, which ends with it."""
    return Host(observe, Limits(deadline=deadline.total_seconds()))


class OrganisationRules(DependencyProvider):  # type: ignore[misc]
    """Gives a service the rules of every organisation, by its id, each in the state that the directory tells."""

    def setup(self) -> None:
        """Load, so that a start and not a citizen waits for it; one of a process's services listens for all."""
        config = self.container.config
        self._listens = "states" not in config
        if self._listens:
            config["states"] = States(organisations())

    def start(self) -> None:
        """Hear the states, and see when a policy changes."""
        config = self.container.config
        if self._listens:
            config["states"].listen(config["bus"], self.container.spawn_managed_thread)
            self.container.spawn_managed_thread(Watch(organisations()).run)

    def get_dependency(self, worker_ctx: WorkerContext) -> Organisations:  # noqa: ARG002
        """The mapping from an organisation's id to its rules."""
        return organisations()
