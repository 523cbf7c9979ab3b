"""What is counted of the organisations' rules, and where their code runs."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from helsami_kernel import rules
from helsami_sdk.executors import Hosted
from helsami_sdk.rules import RuleCall


def counted(name, organisation="malvik", **labels):
    """A sample of a metric, 0 where there is none."""
    return REGISTRY.get_sample_value(name, {"organisation": organisation, **labels}) or 0


def test_an_answer_is_counted_with_how_long_it_took():
    rules.observe(RuleCall("malvik", "decide_booking", "answered", seconds=0.0003))

    assert counted("helsami_rules_calls_total", hook="decide_booking", outcome="answered") == 1
    assert counted("helsami_rules_seconds_bucket", hook="decide_booking", le="0.0005") == 1
    assert counted("helsami_rules_seconds_bucket", hook="decide_booking", le="0.0001") == 0


def test_a_failure_is_counted_by_its_reason():
    rules.observe(RuleCall("malvik", "restrict_slots", "failed", "malvik/rules.py", "late", "late", 0.25))

    assert counted("helsami_rules_failures_total", hook="restrict_slots", reason="late") == 1


def test_a_quarantine_shows_for_as_long_as_it_holds():
    rules.observe(RuleCall("malvik", "restrict_sharing", "quarantined", "malvik/rules.py"))
    held = counted("helsami_rules_quarantined", hook="restrict_sharing")
    rules.observe(RuleCall("malvik", "restrict_sharing", "released", "malvik/rules.py"))

    assert (held, counted("helsami_rules_quarantined", hook="restrict_sharing")) == (1, 0)
    assert counted("helsami_rules_calls_total", hook="restrict_sharing", outcome="quarantined") == 0


def test_a_process_that_was_replaced_is_counted_by_why():
    rules.observe(RuleCall("malvik", "host", "restarted", detail="died"))

    assert counted("helsami_rules_host_restarts_total", reason="died") == 1


def test_a_reload_that_failed_leaves_the_state_that_is_shown():
    rules.observe(RuleCall("malvik", "state", "paused"))
    rules.observe(RuleCall("malvik", "load", "kept", detail="policy.toml: booking[1].tier"))

    assert counted("helsami_organisation_state", state="paused") == 1
    assert counted("helsami_organisation_state", state="live") == 0


@pytest.mark.parametrize(("where", "hosted"), [("inline", False), ("host", True)])
def test_code_runs_where_the_setting_says(monkeypatch, where, hosted):
    monkeypatch.setenv("HELSAMI_RULES", where)
    monkeypatch.setenv("HELSAMI_RULES_DEADLINE", "5")

    organisations = rules.organisations.__wrapped__()
    if hosted:
        rules.plugin_host(timedelta(seconds=5)).close()
        rules.plugin_host.cache_clear()

    code = [found.module for found in organisations._found.values() if found.module is not None]
    assert {isinstance(each, Hosted) for each in code} == {hosted}
    assert all(each.state == "live" for each in organisations.values())
