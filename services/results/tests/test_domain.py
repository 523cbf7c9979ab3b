"""What belongs together is released together, when its strictest part says so."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsami_results.domain import (
    AT_ONCE,
    Asked,
    Group,
    Held,
    Release,
    Stage,
    Verdict,
    category_of,
    groups,
    is_news,
    strictest,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def held(one, release=Release.AUTO, *, due=None, stage=Stage.READY):
    return Held(one, one.startswith("r"), stage, release, due, NOW)


def group(*results, **links):
    return Group({one.id: one for one in results}, links)


def test_the_strictest_answer_counts_and_one_that_was_lacking_makes_it_provisional():
    auto, review = Verdict(Release.AUTO), Verdict(Release.REVIEW, 14)

    assert strictest([auto, review, Verdict(Release.REVIEW, 7)]) == review
    assert strictest([review, Verdict(Release.BLOCKED), Verdict(Release.MANUAL)]) == Verdict(Release.BLOCKED)
    assert strictest([Verdict(Release.MANUAL, provisional=True), Verdict(Release.BLOCKED)]).provisional


@pytest.mark.parametrize(("age", "news"), [(0, True), (14, True), (14.01, False), (-1, True)])
def test_a_result_is_news_for_two_weeks(age, news):
    assert is_news(NOW - age * DAY, NOW) is news


def test_a_lone_result_opens_as_its_class_says():
    assert group(held("o")).opens_at() == AT_ONCE
    assert group(held("o", Release.REVIEW, due=NOW + DAY)).opens_at() == NOW + DAY
    assert group(held("o", Release.MANUAL)).opens_at() is None
    assert group(held("o", Release.BLOCKED)).opens_at() is None


def test_what_is_void_holds_nothing_back_and_is_not_shown():
    void = held("o1", Release.BLOCKED, stage=Stage.VOID)

    assert group(void, held("o2")).opens_at() == AT_ONCE
    assert group(void, held("o2")).shown() == {"o2"}
    assert list(group(void, held("o2"), held("r"), r=("o1", "o2")).parts("r")) == ["o2"]


def test_a_report_without_all_its_members_waits_an_hour():
    waiting = group(held("r"), held("o1"), r=("o1", "o2"))

    assert waiting.opens_at() == NOW + timedelta(hours=1)
    assert waiting.shown() == {"r"}


def test_a_report_that_is_not_ready_keeps_its_members_to_itself_and_a_void_one_does_not():
    assert group(held("r", stage=Stage.WAITING), held("o"), r=("o",)).shown() == set()
    assert group(held("r", stage=Stage.VOID), held("o"), r=("o",)).shown() == {"o"}


def test_reports_that_share_a_member_belong_together_and_others_do_not():
    results = {one: held(one) for one in ("r1", "r2", "r3", "o1", "o2", "o3", "o4")}
    links = {"r1": ("o1",), "r2": ("o1", "o2"), "r3": ("o3", "absent")}

    found = {frozenset(one.held) for one in groups(results, links)}

    assert found == {frozenset({"r1", "r2", "o1", "o2"}), frozenset({"r3", "o3"}), frozenset({"o4"})}


@given(st.lists(st.sampled_from(Release), min_size=1, max_size=5), st.integers(0, 30))
def test_no_group_opens_before_its_strictest_part(releases, days):
    results = [held("r", releases[0], due=NOW)] + [
        held(f"o{place}", release, due=NOW + days * DAY) for place, release in enumerate(releases[1:])
    ]
    opens_at = group(*results, r=tuple(one.id for one in results[1:])).opens_at()

    if max(releases) >= Release.MANUAL:
        assert opens_at is None
    else:
        assert opens_at >= max([one.due_at for one in results if one.release is Release.REVIEW], default=AT_ONCE)


def test_a_corona_test_has_a_category_of_its_own():
    assert category_of([Asked("1"), Asked("94500-6")]) == "corona_results"
    assert category_of([Asked("718-7")]) == ""
