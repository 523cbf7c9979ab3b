"""Which free times are offered."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_sdk import SlotChoice, SlotsQuestion
from helsami_sdk.testing import answering, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SLOTS = tuple(SlotChoice(f"s{hours}", NOW + timedelta(hours=hours), "consultation") for hours in (-1, 0, 1, 2, 3))
QUESTION = SlotsQuestion(SLOTS, NOW)
some_ids = st.frozensets(st.sampled_from([slot.id for slot in SLOTS]))


def test_without_a_word_every_time_to_come_is_offered():
    assert rules_of().restrict_slots(QUESTION) == {"s1", "s2", "s3"}


def test_an_error_offers_no_time():
    assert rules_of(restrict_slots=lambda _question: 1 / 0).restrict_slots(QUESTION) == frozenset()


@pytest.mark.parametrize("nonsense", ["s1", ["s1"], frozenset({"s1", "of another organisation"}), frozenset({1}), True])
def test_an_answer_may_name_ids_of_the_question_only(nonsense):
    assert rules_of(restrict_slots=nonsense).restrict_slots(QUESTION) == frozenset()


def test_an_id_must_be_named_by_every_answer():
    rules = rules_of(answering(restrict_slots=frozenset({"s1", "s2"})), restrict_slots=frozenset({"s2", "s3"}))

    assert rules.restrict_slots(QUESTION) == {"s2"}


def test_a_time_that_has_begun_is_never_offered():
    assert rules_of(restrict_slots=lambda question: question.ids).restrict_slots(QUESTION) == {"s1", "s2", "s3"}


@given(child=some_ids, parent=some_ids)
def test_a_child_cannot_widen_its_parent(child, parent):
    alone = rules_of(restrict_slots=parent).restrict_slots(QUESTION)
    together = rules_of(answering(restrict_slots=parent), restrict_slots=child).restrict_slots(QUESTION)

    assert together <= alone
