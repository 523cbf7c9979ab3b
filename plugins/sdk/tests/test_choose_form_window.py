"""How long an answered form is shown."""

import pytest

from helsami_sdk import FormQuestion, FormWindow
from helsami_sdk.testing import answering, closed_rules, rules_of

QUESTION = FormQuestion("health", "lab")


def test_without_a_word_it_is_half_a_year():
    assert rules_of().choose_form_window(QUESTION) == FormWindow(180)


def test_an_error_means_half_a_year():
    assert rules_of(choose_form_window=lambda _question: 1 / 0).choose_form_window(QUESTION) == FormWindow(180)


def test_at_a_closed_organisation_it_is_half_a_year():
    assert closed_rules().choose_form_window(QUESTION) == FormWindow(180)


@pytest.mark.parametrize("nonsense", [30, True, "30 days"])
def test_an_answer_that_is_none_means_half_a_year(nonsense):
    assert rules_of(choose_form_window=nonsense).choose_form_window(QUESTION) == FormWindow(180)


def test_the_nearest_answer_decides():
    rules = rules_of(answering(choose_form_window=FormWindow(7)), choose_form_window=FormWindow(365))

    assert rules.choose_form_window(QUESTION) == FormWindow(365)
