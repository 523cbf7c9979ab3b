"""Where a message goes, and where if nobody opens it."""

from datetime import UTC, datetime

import pytest

from helsami_sdk import MessageQuestion, Route, Stop
from helsami_sdk.testing import answering, closed_rules, rules_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
INBOXES = frozenset({"physiotherapy", "home-care", "duty"})
QUESTION = MessageQuestion("physiotherapy", INBOXES, NOW, employee="kari", colleagues=frozenset({"ola"}))
SHARED_THEN_DUTY = Route.by(Stop(inbox="physiotherapy"), Stop(inbox="duty"))


def test_without_a_word_it_goes_to_the_units_shared_inbox_and_then_to_the_duty_inbox():
    assert rules_of().route_message(QUESTION) == SHARED_THEN_DUTY


def test_a_unit_that_nobody_knows_means_the_duty_inbox():
    assert rules_of().route_message(MessageQuestion("spa", INBOXES, NOW)) == Route.by(Stop(inbox="duty"))


def test_an_error_means_the_shared_inbox_and_then_the_duty_inbox():
    assert rules_of(route_message=lambda _question: 1 / 0).route_message(QUESTION) == SHARED_THEN_DUTY


def test_at_a_closed_organisation_it_goes_to_the_shared_inbox_and_then_to_the_duty_inbox():
    assert closed_rules().route_message(QUESTION) == SHARED_THEN_DUTY


@pytest.mark.parametrize(
    "nonsense",
    [
        True,
        "physiotherapy",
        Stop(inbox="physiotherapy"),
        Route.by(Stop(inbox="an inbox of another")),
        Route.by(Stop(employee="kari"), Stop(employee="an employee of another")),
        Route.by(Stop(employee="physiotherapy")),
    ],
)
def test_an_answer_names_inboxes_and_employees_of_the_question_only(nonsense):
    assert rules_of(route_message=nonsense).route_message(QUESTION) == SHARED_THEN_DUTY


def test_a_way_without_the_duty_inbox_ends_there():
    way = Route.by(Stop(employee="kari", unopened_hours=4), Stop(employee="ola"))

    assert rules_of(route_message=way).route_message(QUESTION) == Route.by(*way.stops, Stop(inbox="duty"))


def test_the_nearest_answer_decides():
    own = Route.by(Stop(inbox="home-care"), Stop(inbox="duty"))
    rules = rules_of(answering(route_message=Route.by(Stop(inbox="duty"))), route_message=own)

    assert rules.route_message(QUESTION) == own
