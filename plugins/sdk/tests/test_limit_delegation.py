"""What a representative may hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_sdk import DelegationQuestion
from helsami_sdk.questions import BASES, SCOPES
from helsami_sdk.testing import answering, closed_rules, rules_of

GRANT = DelegationQuestion("grant", SCOPES)
APPOINTMENTS = {"appointments:act", "appointments:read"}
some_scopes = st.frozensets(st.sampled_from(sorted(SCOPES)))


@pytest.mark.parametrize(
    ("basis", "age_band", "kind", "most"),
    [
        ("grant", "16+", "hospital", SCOPES),
        ("grant", "12-15", "hospital", set()),
        ("capacity", "16+", "hospital", SCOPES),
        ("parental", "0-11", "hospital", SCOPES),
        ("parental", "12-15", "gp-office", APPOINTMENTS),
        ("parental", "12-15", "municipality", APPOINTMENTS),
        ("parental", "12-15", "hospital", set()),
        ("parental", "12-15", "", set()),
        ("parental", "16+", "gp-office", set()),
        ("a basis of later", "16+", "gp-office", set()),
    ],
)
def test_the_regions_table_is_by_basis_age_and_kind_and_no_organisation_passes_it(basis, age_band, kind, most):
    question = DelegationQuestion(basis, SCOPES, age_band, kind)

    assert rules_of().limit_delegation(question) == most
    assert rules_of(limit_delegation=SCOPES).limit_delegation(question) == most


def test_only_what_was_asked_for_is_held():
    assert rules_of().limit_delegation(DelegationQuestion("grant", frozenset({"results:read"}))) == {"results:read"}


def test_an_error_means_no_scope():
    assert rules_of(limit_delegation=lambda _question: 1 / 0).limit_delegation(GRANT) == frozenset()


def test_a_closed_organisation_gives_no_scope():
    assert closed_rules().limit_delegation(GRANT) == frozenset()


@pytest.mark.parametrize("nonsense", [True, "results:read", ["results:read"], frozenset({"everything:read"})])
def test_an_answer_names_scopes_of_the_question_only(nonsense):
    assert rules_of(limit_delegation=nonsense).limit_delegation(GRANT) == frozenset()


@given(child=some_scopes, parent=some_scopes, basis=st.sampled_from(sorted(BASES)))
def test_a_child_cannot_widen_its_parent(child, parent, basis):
    question = DelegationQuestion(basis, SCOPES)
    alone = rules_of(limit_delegation=parent).limit_delegation(question)
    together = rules_of(answering(limit_delegation=parent), limit_delegation=child).limit_delegation(question)

    assert together == alone & child
