"""Who is offered a time first."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_sdk import RankingQuestion, Waiting
from helsami_sdk.testing import answering, closed_rules, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
WAITING = tuple(
    Waiting(id_, NOW - timedelta(days=days), NOW + timedelta(days=90)) for id_, days in (("a", 1), ("b", 9), ("c", 5))
)
QUESTION = RankingQuestion(WAITING, "consultation", NOW + timedelta(days=5), NOW)
FIRST_COME = ("b", "c", "a")


def test_without_a_word_who_came_first_is_first():
    assert rules_of().rank_waitlist(QUESTION) == FIRST_COME


def test_an_error_means_who_came_first_is_first():
    assert rules_of(rank_waitlist=lambda _question: 1 / 0).rank_waitlist(QUESTION) == FIRST_COME


def test_of_a_closed_organisation_who_came_first_is_first():
    assert closed_rules().rank_waitlist(QUESTION) == FIRST_COME


@pytest.mark.parametrize(
    "nonsense",
    ["abc", ["a", "c", "b"], ("a", "of another organisation"), ("a", "a"), {"a"}, (1,), (["a"],), True],
)
def test_an_answer_names_ids_of_the_question_each_once(nonsense):
    assert rules_of(rank_waitlist=nonsense).rank_waitlist(QUESTION) == FIRST_COME


def test_the_nearest_answer_decides():
    rules = rules_of(answering(rank_waitlist=("b", "a", "c")), rank_waitlist=("a", "c", "b"))

    assert rules.rank_waitlist(QUESTION) == ("a", "c", "b")


@given(named=st.lists(st.sampled_from("abc"), unique=True))
def test_nobody_falls_off_the_list_by_being_left_out(named):
    ranked = rules_of(rank_waitlist=tuple(named)).rank_waitlist(QUESTION)

    assert ranked[: len(named)] == tuple(named)
    assert ranked[len(named) :] == tuple(id_ for id_ in FIRST_COME if id_ not in named)
