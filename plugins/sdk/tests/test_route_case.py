"""Who handles a case."""

from datetime import UTC, datetime

import pytest

from helsami_sdk import CaseQuestion, CaseRoute
from helsami_sdk.testing import answering, closed_rules, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
QUESTION = CaseQuestion("complaint", frozenset({"appeals", "mail-reception"}), NOW, service="home-care")
MAIL = CaseRoute("mail-reception", 30)


def test_without_a_word_the_mail_reception_sorts_it():
    assert rules_of().route_case(QUESTION) == MAIL


def test_an_error_means_the_mail_reception():
    assert rules_of(route_case=lambda _question: 1 / 0).route_case(QUESTION) == MAIL


def test_at_a_closed_organisation_the_mail_reception_sorts_it():
    assert closed_rules().route_case(QUESTION) == MAIL


@pytest.mark.parametrize("nonsense", ["appeals", True, CaseRoute("a queue of another")])
def test_an_answer_names_a_queue_of_the_question_only(nonsense):
    assert rules_of(route_case=nonsense).route_case(QUESTION) == MAIL


def test_the_nearest_answer_decides():
    rules = rules_of(answering(route_case=CaseRoute("mail-reception", 7)), route_case=CaseRoute("appeals", 21))

    assert rules.route_case(QUESTION) == CaseRoute("appeals", 21)
