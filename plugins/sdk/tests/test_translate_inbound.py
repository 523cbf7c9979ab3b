"""What an organisation's own codes mean, and what is set aside for a person."""

from datetime import UTC, datetime

import pytest

from helsami_sdk import CodedFact, InboundQuestion, Meaning, Translation
from helsami_sdk.testing import answering, closed_rules, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
QUESTION = InboundQuestion("Encounter", (CodedFact("1", "Encounter.type", "urn:local", "HB"),), NOW)
HOME_VISIT = Translation.take(Meaning("1", "", "home-care-visit"))


def test_without_a_word_it_is_taken_in_as_it_is():
    assert rules_of().translate_inbound(QUESTION) == Translation.take()


def test_an_error_means_quarantine():
    answer = rules_of(translate_inbound=lambda _question: 1 / 0).translate_inbound(QUESTION)

    assert answer == Translation.hold("rules-unavailable")


def test_what_comes_for_a_closed_organisation_is_in_quarantine():
    assert closed_rules().translate_inbound(QUESTION) == Translation.hold("organisation-closed")


@pytest.mark.parametrize("nonsense", [True, "home-care-visit", Translation.take(Meaning("2", "", "home-care-visit"))])
def test_an_answer_names_codes_of_the_question_only(nonsense):
    assert rules_of(translate_inbound=nonsense).translate_inbound(QUESTION).quarantine == "rules-unavailable"


@pytest.mark.parametrize("own", [HOME_VISIT, Translation.hold("unknown-here"), Translation.take()])
def test_the_nearest_answer_decides(own):
    rules = rules_of(answering(translate_inbound=Translation.hold("because")), translate_inbound=own)

    assert rules.translate_inbound(QUESTION) == own
