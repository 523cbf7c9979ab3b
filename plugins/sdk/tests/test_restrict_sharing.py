"""What is withheld, and from whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_sdk import Restriction, SharingQuestion
from helsami_sdk.defaults import HOME_CARE_HIDDEN
from helsami_sdk.testing import answering, closed_rules, rules_of

HOME_CARE = SharingQuestion("visit", "home", "home-care-visit")
NOTE = SharingQuestion("note", "outpatient")
KINDS_OF_A_VISIT = ("appointment", "visit", "note")

restrictions = st.sampled_from(
    [Restriction.show(), Restriction.show(despite=HOME_CARE_HIDDEN), Restriction.withhold("because")],
)


@pytest.mark.parametrize("kind", KINDS_OF_A_VISIT)
@pytest.mark.parametrize(
    ("setting", "visit_type"), [("home", "home-care-visit"), ("", "home-care-visit"), ("home", "")]
)
def test_home_care_visits_and_their_notes_are_hidden_by_default(kind, setting, visit_type):
    assert rules_of().restrict_sharing(SharingQuestion(kind, setting, visit_type)).reason == HOME_CARE_HIDDEN


@pytest.mark.parametrize("kind", KINDS_OF_A_VISIT)
@pytest.mark.parametrize("visit_type", ["care-group-meeting", "interdisciplinary-meeting"])
def test_meetings_in_the_home_are_shown(kind, visit_type):
    assert not rules_of().restrict_sharing(SharingQuestion(kind, "home", visit_type)).withheld


@pytest.mark.parametrize("question", [NOTE, SharingQuestion("vaccine", "home"), SharingQuestion("result", "home")])
def test_without_a_word_all_else_is_shown(question):
    assert not rules_of().restrict_sharing(question).withheld


def test_an_error_withholds_the_item():
    assert rules_of(restrict_sharing=lambda _question: 1 / 0).restrict_sharing(NOTE).reason == "rules-unavailable"


@pytest.mark.parametrize("nonsense", [False, "show", {"withheld": False}, frozenset()])
def test_an_answer_that_is_none_withholds_the_item(nonsense):
    assert rules_of(restrict_sharing=nonsense).restrict_sharing(NOTE).withheld


def test_a_closed_organisation_withholds_everything():
    assert closed_rules().restrict_sharing(NOTE).reason == "organisation-closed"


def test_an_organisation_may_show_its_home_care_if_it_says_so_by_name():
    assert rules_of(restrict_sharing=Restriction.show()).restrict_sharing(HOME_CARE).withheld
    named = rules_of(restrict_sharing=Restriction.show(despite=HOME_CARE_HIDDEN))
    assert not named.restrict_sharing(HOME_CARE).withheld


@given(child=restrictions, parent=restrictions, question=st.sampled_from([HOME_CARE, NOTE]))
def test_a_child_cannot_widen_its_parent(child, parent, question):
    together = rules_of(answering(restrict_sharing=parent), restrict_sharing=child).restrict_sharing(question)

    if child.withheld or parent.withheld:
        assert together.withheld


def test_the_nearest_reason_is_told():
    rules = rules_of(
        answering(restrict_sharing=Restriction.withhold("far")), restrict_sharing=Restriction.withhold("near")
    )

    assert rules.restrict_sharing(NOTE).reason == "near"


def test_a_parent_that_restricts_for_the_regional_reason_is_not_set_aside():
    parent = answering(restrict_sharing=Restriction.withhold(HOME_CARE_HIDDEN))
    rules = rules_of(parent, restrict_sharing=Restriction.show(despite=HOME_CARE_HIDDEN))

    assert rules.restrict_sharing(HOME_CARE).withheld
