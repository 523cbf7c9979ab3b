"""The questions that every organisation must be able to answer."""

from dataclasses import fields

import pytest

from helsami_sdk import codec, conformance, defaults
from helsami_sdk.conformance import EACH_HOOK, Own, questions_for
from helsami_sdk.hooks import HOOKS

OWN = Own(["health-station"], ["vaccination"])


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_questions_the_same_ones_each_time_and_each_once(hook):
    asked = list(questions_for(hook, OWN))

    assert 1 < len(asked) <= EACH_HOOK
    assert asked == list(questions_for(hook, OWN))
    assert len({repr(question) for question in asked}) == len(asked)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_value_of_every_field_is_asked_about(hook):
    kind = codec.question_kind(hook)
    asked = list(questions_for(hook, OWN))

    for field in fields(kind):
        known = conformance._WORDS.get(field.name)
        told = {repr(getattr(question, field.name)) for question in asked}
        assert len(told) > 1 or field.name in {"asked_at", "received_at", "inboxes", "queues"}
        assert known is None or told == {repr(word) for word in known}


@pytest.mark.parametrize("hook", HOOKS)
def test_the_region_itself_answers_all_of_them(hook):
    for question in questions_for(hook, OWN):
        assert HOOKS[hook].accepts(question, getattr(defaults, hook)(question))


@pytest.mark.parametrize("hook", HOOKS)
def test_every_question_is_written_and_read_without_loss(hook):
    kind = codec.question_kind(hook)

    assert all(codec.loads(codec.dumps(one, kind), kind) == one for one in questions_for(hook, OWN))


def test_what_an_organisation_has_of_its_own_is_asked_about():
    booking = list(questions_for("decide_booking", OWN))

    assert {"health-station", ""} < {question.unit for question in booking}
    assert {"vaccination", "unheard-of"} < {question.visit_type for question in booking}
    assert {"health-station", "duty"} == set(next(questions_for("route_message", OWN)).inboxes)
