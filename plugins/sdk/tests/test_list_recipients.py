"""Who may be written to."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_sdk import Reachable, Recipient, Recipients, RecipientsQuestion
from helsami_sdk.testing import answering, closed_rules, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
QUESTION = RecipientsQuestion(
    (
        Recipient("support", "user-support"),
        Recipient("physio", "unit", "physiotherapy"),
        Recipient("kari", "employee", "physiotherapy", "physiotherapist"),
    ),
    NOW,
)
SUPPORT_ONLY = Recipients.of(Reachable("support"))

lists = st.lists(
    st.builds(Reachable, st.sampled_from(sorted(QUESTION.ids)), st.booleans(), st.integers(1, 60)),
    unique_by=lambda one: one.id,
).map(lambda reachable: Recipients.of(*reachable))


def test_without_a_word_user_support_can_be_written_to():
    assert rules_of().list_recipients(QUESTION) == SUPPORT_ONLY


def test_an_error_means_user_support_only():
    assert rules_of(list_recipients=lambda _question: 1 / 0).list_recipients(QUESTION) == SUPPORT_ONLY


def test_at_a_closed_organisation_user_support_can_be_written_to():
    assert closed_rules().list_recipients(QUESTION) == SUPPORT_ONLY


@pytest.mark.parametrize(
    "nonsense",
    [True, ("physio",), frozenset({"physio"}), Recipients.of(Reachable("physio"), Reachable("of another"))],
)
def test_an_answer_names_recipients_of_the_question_only(nonsense):
    assert rules_of(list_recipients=nonsense).list_recipients(QUESTION) == SUPPORT_ONLY


def test_no_organisation_takes_user_support_away():
    answer = rules_of(list_recipients=Recipients.of(Reachable("kari"))).list_recipients(QUESTION)

    assert answer.ids == {"kari", "support"}


def test_a_reply_needs_all_and_the_longest_wait_is_told():
    parent = answering(list_recipients=Recipients.of(Reachable("physio", may_reply=False, answer_days=3)))
    own = Recipients.of(Reachable("physio", may_reply=True, answer_days=7), Reachable("kari"))

    answer = rules_of(parent, list_recipients=own).list_recipients(QUESTION)

    assert answer == Recipients.of(Reachable("support"), Reachable("physio", may_reply=False, answer_days=7))


@given(child=lists, parent=lists)
def test_a_child_cannot_widen_its_parent(child, parent):
    alone = {one.id: one for one in rules_of(list_recipients=parent).list_recipients(QUESTION).reachable}
    together = rules_of(answering(list_recipients=parent), list_recipients=child).list_recipients(QUESTION)

    assert together.ids <= alone.keys()
    for one in together.reachable:
        if one.id in parent.ids:
            assert one.may_reply <= alone[one.id].may_reply
            assert one.answer_days >= alone[one.id].answer_days
