"""How a letter reaches its recipient."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helsami_sdk import DeliveryPlan, DeliveryQuestion, DeliveryStep
from helsami_sdk.questions import CHANNELS
from helsami_sdk.testing import answering, closed_rules, rules_of


def step(*channels, days=2):
    return DeliveryStep(frozenset(channels), days)


def plan(*steps):
    return DeliveryPlan.of(*steps)


DECISION = DeliveryQuestion("decision", decision=True, channels=CHANNELS)
SUMMONS = DeliveryQuestion("summons", decision=False, channels=CHANNELS)
EVERYWHERE_THEN_POST = plan(step("portal", "helsenorge", "digipost"), step("post"))

channels = st.frozensets(st.sampled_from(sorted(CHANNELS)))


@st.composite
def plans(draw):
    """Any plan that can be built."""
    order = draw(st.permutations(sorted(CHANNELS)))
    steps = [step(one, days=draw(st.integers(1, 5))) for one in order[: draw(st.integers(1, 4))]]
    assume(sum(one.opened_within_days for one in steps[:-1]) <= 5)
    return plan(*steps)


@pytest.mark.parametrize("question", [DECISION, SUMMONS])
def test_without_a_word_it_goes_everywhere_and_by_post_after_two_days(question):
    assert rules_of().plan_delivery(question) == EVERYWHERE_THEN_POST


def test_whom_nothing_digital_reaches_gets_it_by_post_at_once():
    question = DeliveryQuestion("decision", decision=True, channels=frozenset(), recipient="copy")

    assert rules_of().plan_delivery(question) == plan(step("post"))


def test_an_error_means_everywhere_and_then_by_post():
    assert rules_of(plan_delivery=lambda _question: 1 / 0).plan_delivery(DECISION) == EVERYWHERE_THEN_POST


def test_at_a_closed_organisation_it_goes_everywhere_and_then_by_post():
    assert closed_rules().plan_delivery(DECISION) == EVERYWHERE_THEN_POST


@pytest.mark.parametrize("nonsense", [True, ("portal",), step("portal"), plan(step("portal", "digipost"))])
def test_an_answer_names_channels_that_reach_the_recipient_only(nonsense):
    question = DeliveryQuestion("decision", decision=True, channels=frozenset({"portal"}))

    assert rules_of(plan_delivery=nonsense).plan_delivery(question) == plan(step("portal"), step("post"))


def test_the_nearest_answer_decides():
    own = plan(step("portal", days=3), step("post"))
    rules = rules_of(answering(plan_delivery=plan(step("portal", "post"))), plan_delivery=own)

    assert rules.plan_delivery(SUMMONS) == own


def test_what_has_no_legal_effect_may_stay_in_the_portal():
    assert rules_of(plan_delivery=plan(step("portal"))).plan_delivery(SUMMONS) == plan(step("portal"))


def test_what_a_plan_for_a_decision_leaves_out_is_added():
    answer = rules_of(plan_delivery=plan(step("portal", days=3))).plan_delivery(DECISION)

    assert answer == plan(step("portal", "helsenorge", "digipost", days=3), step("post"))


def test_a_plan_that_waits_as_long_as_it_may_has_the_post_in_its_last_step():
    answer = rules_of(plan_delivery=plan(step("portal", days=5), step("digipost"))).plan_delivery(DECISION)

    assert answer == plan(step("portal", "helsenorge", days=5), step("digipost", "post"))


@given(answer=plans(), reach=channels, decision=st.booleans())
def test_no_plan_leaves_out_the_floor(answer, reach, decision):
    question = DeliveryQuestion("letter", decision=decision, channels=reach)

    settled = rules_of(plan_delivery=answer).plan_delivery(question)

    assert settled.channels <= question.reach
    assert settled.channels >= question.reach if decision else "portal" in settled.channels or "portal" not in reach
