"""The contract as a whole: no hook without a word, an owner, a default, a safe default and a test."""

import inspect
from pathlib import Path

import pytest

from helsami_sdk import defaults, hookspecs
from helsami_sdk.hooks import HOOKS
from helsami_sdk.questions import QUESTIONS

SPECS = {
    name: spec for name, spec in inspect.getmembers(hookspecs, inspect.isfunction) if hasattr(spec, "helsami_spec")
}
OWNERS = ("appointments", "results", "records")


def test_every_hook_is_a_question_that_the_rules_can_handle():
    assert set(SPECS) == set(HOOKS) == set(QUESTIONS)


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_says_who_asks_how_answers_combine_and_what_an_error_gives(name):
    told = inspect.getdoc(SPECS[name]) or ""

    assert told.partition("\n")[0].endswith("?")
    assert "Asked by" in told
    assert any(owner in told for owner in OWNERS)
    assert "Every answer counts" in told
    assert "error" in told or "fail" in told


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_has_a_regional_default_and_a_safe_default(name):
    question = QUESTIONS[name].__name__
    hook = HOOKS[name]

    assert inspect.signature(getattr(defaults, name)).parameters["question"].annotation.__name__ == question
    assert hook.safe("rules-unavailable") is not None


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_has_tests_of_its_own(name):
    tests = Path(__file__).with_name(f"test_{name}.py").read_text(encoding="utf-8")

    assert "def test_an_error_" in tests
    assert "def test_a_child_cannot_widen_its_parent" in tests
