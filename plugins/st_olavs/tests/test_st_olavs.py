"""What St. Olavs decides, asked the way a service asks."""

from datetime import UTC, date, datetime, timedelta

import pytest

from helsami_sdk import BookingQuestion, Release, ResultQuestion, SharingQuestion, Tier
from helsami_sdk.organisations import load_organisations
from helsami_sdk.rules import Rules

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def st_olavs() -> Rules:
    """St. Olavs as it is installed."""
    return load_organisations()["st_olavs"]


def booking(visit_type: str, action: str, unit: str = "", *, hours: int = 96, actor: str = "self") -> BookingQuestion:
    """Ask about a visit so many hours from now."""
    return BookingQuestion(action, visit_type, NOW + timedelta(hours=hours), NOW, unit, actor)


@pytest.mark.parametrize(
    ("question", "tier"),
    [
        (booking("blood-test", "book", hours=13), Tier.DIRECT),
        (booking("blood-test", "book", hours=12), Tier.PHONE),
        (booking("follow-up", "change", "orthopaedics"), Tier.DIRECT),
        (booking("follow-up", "change", "genetics"), Tier.REQUEST),
        (booking("follow-up", "book", "orthopaedics"), Tier.REQUEST),
        (booking("consultation", "cancel", hours=72), Tier.PHONE),
        (booking("operation", "cancel"), Tier.PHONE),
        (booking("follow-up", "change", "mental-health"), Tier.REQUEST),
        (booking("follow-up", "change", "mental-health", actor="grant"), Tier.PHONE),
    ],
)
def test_each_department_says_how_it_is_reached(st_olavs: Rules, question: BookingQuestion, tier: Tier) -> None:
    assert st_olavs.decide_booking(question).tier is tier


def test_the_number_is_the_departments_own(st_olavs: Rules) -> None:
    assert st_olavs.decide_booking(booking("operation", "change", "orthopaedics")).telephone == "+47 00 00 00 33"


@pytest.mark.parametrize(
    ("question", "release"),
    [
        (ResultQuestion("57698-3", category="LAB", setting="outpatient"), Release.AUTO),
        (ResultQuestion("4548-4", category="laboratory"), Release.AUTO),
        (ResultQuestion("8302-2", category="vital-signs"), Release.AUTO),
        (ResultQuestion("4548-4", category="laboratory", setting="inpatient"), Release.MANUAL),
        (ResultQuestion("72106-8", category="survey"), Release.MANUAL),
        (ResultQuestion("51969-4", category="laboratory"), Release.BLOCKED),
        (ResultQuestion("4548-4", category="GE"), Release.BLOCKED),
        (ResultQuestion("4548-4", category="laboratory", concerns_several=True), Release.BLOCKED),
    ],
)
def test_a_result_is_classed_by_type_and_setting(st_olavs: Rules, question: ResultQuestion, release: Release) -> None:
    assert st_olavs.classify_result(question).release is release


@pytest.mark.parametrize("question", [ResultQuestion("11526-1"), ResultQuestion("2857-1", category="laboratory")])
def test_pathology_and_rare_tests_wait_two_weeks_for_a_clinician(st_olavs: Rules, question: ResultQuestion) -> None:
    assert st_olavs.classify_result(question).review_days == 14


def test_a_young_persons_notes_are_not_shown_to_parents(st_olavs: Rules) -> None:
    assert st_olavs.restrict_sharing(SharingQuestion("note", reader="parental", age_band="12-15")).withheld
    assert not st_olavs.restrict_sharing(SharingQuestion("note", reader="parental", age_band="0-11")).withheld
    assert not st_olavs.restrict_sharing(SharingQuestion("note", age_band="12-15")).withheld


def test_history_starts_when_the_hospital_went_live(st_olavs: Rules) -> None:
    assert st_olavs.history_starts("visits") == date(2025, 3, 1)
    assert st_olavs.history_starts("vaccines") is None
