"""Whether there is a waitlist, and on what terms an earlier time is offered."""

from datetime import UTC, datetime, timedelta

import pytest

from helsami_sdk import WaitlistQuestion, WaitlistTerms
from helsami_sdk.testing import answering, closed_rules, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
QUESTION = WaitlistQuestion("consultation", NOW + timedelta(days=5), NOW, "lab")


def test_without_a_word_there_is_no_waitlist():
    assert rules_of().choose_waitlist_terms(QUESTION) == WaitlistTerms.off("no-waitlist")


def test_an_error_means_no_waitlist():
    terms = rules_of(choose_waitlist_terms=lambda _question: 1 / 0).choose_waitlist_terms(QUESTION)

    assert terms == WaitlistTerms.off("rules-unavailable")


def test_a_closed_organisation_has_no_waitlist_and_says_why():
    assert closed_rules("organisation-paused").choose_waitlist_terms(QUESTION).reason == "organisation-paused"


@pytest.mark.parametrize("nonsense", [True, {"enabled": True}, timedelta(hours=24)])
def test_an_answer_that_is_none_means_no_waitlist(nonsense):
    assert not rules_of(choose_waitlist_terms=nonsense).choose_waitlist_terms(QUESTION).enabled


def test_the_nearest_answer_decides():
    own, parents = WaitlistTerms(enabled=True, batch=3), WaitlistTerms.off("not-in-this-municipality")

    rules = rules_of(answering(choose_waitlist_terms=parents), choose_waitlist_terms=own)

    assert rules.choose_waitlist_terms(QUESTION) == own


def test_a_parent_decides_where_the_organisation_says_nothing():
    parents = WaitlistTerms(enabled=True, batch=3)
    rules = rules_of(answering(choose_waitlist_terms=parents), choose_waitlist_terms=lambda _question: None)

    assert rules.choose_waitlist_terms(QUESTION) == parents
