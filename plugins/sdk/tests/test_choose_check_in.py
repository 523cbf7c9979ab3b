"""What is done before a visit, and on arriving for it."""

from datetime import UTC, datetime, timedelta

import pytest

from helsami_sdk import CheckIn, CheckInQuestion
from helsami_sdk.testing import answering, closed_rules, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
QUESTION = CheckInQuestion("operation", NOW + timedelta(days=5), NOW, frozenset({"health", "medicines"}))
WEEK = CheckIn.on(timedelta(days=7), "health", arrival_button=True)


def test_without_a_word_there_is_nothing_to_do():
    assert rules_of().choose_check_in(QUESTION) == CheckIn.off("no-check-in")


def test_an_error_means_there_is_nothing_to_do():
    assert rules_of(choose_check_in=lambda _question: 1 / 0).choose_check_in(QUESTION) == CheckIn.off(
        "rules-unavailable"
    )


def test_at_a_closed_organisation_there_is_nothing_to_do():
    assert closed_rules().choose_check_in(QUESTION) == CheckIn.off("organisation-closed")


@pytest.mark.parametrize("nonsense", [True, "on", CheckIn.on(timedelta(days=7), "health", "a form of another")])
def test_an_answer_names_forms_of_the_question_only(nonsense):
    assert rules_of(choose_check_in=nonsense).choose_check_in(QUESTION).nothing


@pytest.mark.parametrize("answer", [WEEK, CheckIn.arrival(), CheckIn.on(timedelta(hours=2))])
def test_the_nearest_answer_decides(answer):
    rules = rules_of(answering(choose_check_in=CheckIn.off()), choose_check_in=answer)

    assert rules.choose_check_in(QUESTION) == answer
