"""When a result of a type may be seen."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_sdk import Release, ResultClass, ResultQuestion
from helsami_sdk.testing import answering, rules_of

QUESTION = ResultQuestion("57698-3", "http://loinc.org", "laboratory", "outpatient")
ORDER = list(Release)

classes = st.sampled_from([ResultClass.auto(), ResultClass.manual(), ResultClass.blocked()]) | st.builds(
    ResultClass.review,
    st.integers(1, 60),
)


def closedness(answer):
    """How closed a class is: its place, and the days of its review."""
    return ORDER.index(answer.release), answer.review_days or 0


def test_the_value_is_not_in_the_question():
    assert {field.name for field in dataclasses.fields(ResultQuestion)} == {
        "age_band",
        "category",
        "code",
        "concerns_several",
        "setting",
        "system",
    }


def test_without_a_word_a_clinician_releases_it():
    assert rules_of().classify_result(QUESTION) == ResultClass.manual()


def test_an_error_means_a_clinician_and_another_question_later():
    answer = rules_of(classify_result=lambda _question: 1 / 0).classify_result(QUESTION)

    assert answer == ResultClass(Release.MANUAL, provisional=True)


@pytest.mark.parametrize("nonsense", ["auto", Release.AUTO, 14])
def test_an_answer_that_is_none_means_a_clinician(nonsense):
    assert rules_of(classify_result=nonsense).classify_result(QUESTION).provisional


@pytest.mark.parametrize("facts", [{"concerns_several": True}, {"category": "GE"}, {"category": "genetics"}])
def test_what_the_law_blocks_no_organisation_opens(facts):
    question = dataclasses.replace(QUESTION, **facts)

    assert rules_of(classify_result=ResultClass.auto()).classify_result(question) == ResultClass.blocked()


def test_a_plugin_cannot_call_its_answer_provisional():
    claimed = ResultClass(Release.AUTO, provisional=True)

    assert rules_of(classify_result=claimed).classify_result(QUESTION) == ResultClass.auto()


@given(child=classes, parent=classes)
def test_a_child_cannot_widen_its_parent(child, parent):
    together = rules_of(answering(classify_result=parent), classify_result=child).classify_result(QUESTION)

    assert closedness(together) == max(closedness(child), closedness(parent))
