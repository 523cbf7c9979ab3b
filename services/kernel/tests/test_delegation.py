"""A representative sees and does no more towards an organisation than it lets representatives see and do."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from helsami_kernel.delegation import Delegation
from helsami_kernel.showing import Showing
from helsami_kernel.testing import citizen_token
from helsami_sdk.questions import SCOPES
from helsami_sdk.testing import closed_rules, manifest_of, organisations_of, rules_of

CITIZEN = citizen_token("c1", SCOPES)
MUNICIPALITY, HOSPITAL = "trondheim", "st_olavs"
RULES = organisations_of(rules_of(), rules_of(manifest=replace(manifest_of(HOSPITAL), kind="hospital")))


def on_behalf(basis, age_band="16+", scopes=SCOPES):
    return replace(CITIZEN, actor="c2", basis=basis, age_band=age_band, scopes=frozenset(scopes))


def a_row(organisation, category=""):
    return SimpleNamespace(
        id="i1",
        organisation=organisation,
        category=category,
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        kind="appointment",
        setting="",
        visit_type="",
        author_role="",
        access_limit="",
        within="",
    )


def test_citizens_themselves_are_limited_by_nobody():
    rules = organisations_of(rules_of(limit_delegation=frozenset()))

    assert Delegation(rules, CITIZEN).holds(MUNICIPALITY, "results:read")


@pytest.mark.parametrize(
    ("age_band", "organisation", "category", "shown"),
    [
        ("0-11", HOSPITAL, "appointments", True),
        ("0-11", HOSPITAL, "results", True),
        ("12-15", MUNICIPALITY, "appointments", True),
        ("12-15", MUNICIPALITY, "visits", False),
        ("12-15", HOSPITAL, "appointments", False),
        ("16+", MUNICIPALITY, "appointments", False),
    ],
)
def test_a_parent_is_shown_what_the_childs_age_lets_them_see(age_band, organisation, category, shown):
    showing = Showing(category, RULES, on_behalf("parental", age_band))

    assert showing.may_show(a_row(organisation)) == shown


@pytest.mark.parametrize("category", ["appointments", "medications", "results", "corona_results", "vaccines"])
def test_an_organisation_narrows_what_its_items_are_shown_for(category):
    narrow = rules_of(limit_delegation=frozenset({"appointments:read", "results:read"}))
    showing = Showing("results", organisations_of(narrow), on_behalf("grant"))

    seen = category in {"appointments", "results", "corona_results"}
    assert showing.may_show(a_row(MUNICIPALITY, category)) == seen


def test_what_is_hidden_from_a_representative_is_passed_over_without_asking_noting_or_explaining_anything():
    noted = []
    rules = organisations_of(rules_of(restrict_sharing=lambda _question: pytest.fail("a rule was asked")))
    access = replace(on_behalf("grant"), hidden=frozenset({"i1"}))
    showing = Showing("appointments", rules, access, SimpleNamespace(note_all=noted.extend))

    assert not showing.may_show(a_row(MUNICIPALITY))

    showing.note()
    assert noted == []
    assert showing.absences([], {}) == [{"code": "none_recorded"}]


@pytest.mark.parametrize("category", [None, "appointments"])
@pytest.mark.parametrize("named", ["of", "within"])
def test_what_is_about_something_hidden_or_part_of_it_is_hidden_with_it(category, named):
    access = replace(on_behalf("grant"), hidden=frozenset({"a1"}))
    showing = Showing(category, RULES, access)

    assert not showing.may_show(SimpleNamespace(**{**vars(a_row(MUNICIPALITY)), named: "a0 a1"}))
    assert showing.may_show(SimpleNamespace(**{**vars(a_row(MUNICIPALITY)), named: "a0 a2"}))


def test_an_organisation_widens_nothing():
    wide = organisations_of(rules_of(limit_delegation=SCOPES))

    assert not Delegation(wide, on_behalf("parental", "16+")).holds(MUNICIPALITY, "appointments:read")
    assert not Delegation(wide, on_behalf("grant", scopes={"results:read"})).holds(MUNICIPALITY, "appointments:read")


def test_nobody_represents_anybody_towards_an_organisation_that_is_closed_or_whose_rules_fail():
    def fails(_question):
        raise RuntimeError

    for rules in (closed_rules(), rules_of(limit_delegation=fails)):
        assert not Delegation(organisations_of(rules), on_behalf("grant")).holds(MUNICIPALITY, "appointments:read")


def test_what_was_decided_is_kept_once_for_each_organisation():
    noted = []
    notes = SimpleNamespace(note_all=noted.extend)
    showing = Showing("appointments", RULES, on_behalf("parental", "12-15"), notes)
    for _ in range(3):
        showing.may_show(a_row(HOSPITAL))

    showing.note()

    assert [(decision.hook, decision.outcome, about) for decision, about in noted] == [("limit_delegation", "none", "")]
