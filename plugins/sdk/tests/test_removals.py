"""What the contract drops is announced for a version: the plugins that still use it are told, and still work."""

from functools import cache
from types import SimpleNamespace

import pluggy
import pytest

from helsami_sdk import FormQuestion, FormWindow, hookimpl, hookspecs, organisations
from helsami_sdk.testing import rules_of

QUESTION = FormQuestion("pain-diary")
REMEMBERED = ("_manager", "_regional", "_hooks_of_data")


@pytest.fixture
def going(monkeypatch):
    """A version of the contract in which an argument of a hook is about to go."""

    @hookspecs.hookspec(warn_on_impl_args={"manifest": DeprecationWarning("manifest: ask the question instead")})
    def choose_form_window(question, manifest):
        """For how many days is an answered form shown?"""

    monkeypatch.setattr(hookspecs, "choose_form_window", choose_form_window)
    for known in REMEMBERED:
        monkeypatch.setattr(organisations, known, cache(getattr(organisations, known).__wrapped__))


@hookimpl
def choose_form_window(manifest, question):
    """As written for the version before."""
    return FormWindow(30 if manifest is None and question == QUESTION else 1)


def test_a_plugin_that_wants_what_is_going_is_warned_and_still_answers(going):
    with pytest.warns(DeprecationWarning, match="manifest: ask the question instead") as told:
        rules = rules_of(SimpleNamespace(choose_form_window=choose_form_window))

    assert told[0].filename == __file__
    assert rules.choose_form_window(QUESTION) == FormWindow(30)


def test_a_plugin_that_does_not_is_not_warned(going):
    assert rules_of(choose_form_window=FormWindow(30)).choose_form_window(QUESTION) == FormWindow(30)


def test_what_is_gone_is_refused():
    with pytest.raises(pluggy.PluginValidationError, match="manifest"):
        rules_of(SimpleNamespace(choose_form_window=choose_form_window))
