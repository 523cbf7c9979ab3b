"""What Trondheim decides, asked the way a service asks."""

from datetime import UTC, date, datetime, timedelta

import pytest

from helsami_sdk import BookingQuestion, Release, ResultQuestion, SharingQuestion, Tier
from helsami_sdk.organisations import load_organisations
from helsami_sdk.rules import Rules

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def trondheim() -> Rules:
    """Trondheim as it is installed."""
    return load_organisations()["trondheim"]


def booking(visit_type: str, action: str = "book", *, days: int = 7, actor: str = "self") -> BookingQuestion:
    """Ask about a visit so many days from now."""
    return BookingQuestion(action, visit_type, NOW + timedelta(days=days), NOW, actor=actor)


def test_a_vaccination_is_booked_directly_until_a_day_ahead(trondheim: Rules) -> None:
    decision = trondheim.decide_booking(booking("vaccination"))

    assert (decision.tier, decision.deadline) == (Tier.DIRECT, NOW + timedelta(days=6))
    assert trondheim.decide_booking(booking("vaccination", days=1)).reason == "too-late"


@pytest.mark.parametrize(("actor", "tier"), [("parental", Tier.DIRECT), ("grant", Tier.REQUEST)])
def test_a_vaccination_for_another_is_a_request_unless_a_parent_books(trondheim: Rules, actor: str, tier: Tier) -> None:
    assert trondheim.decide_booking(booking("vaccination", actor=actor)).tier is tier


@pytest.mark.parametrize("visit_type", ["home-care-visit", "care-group-meeting", "something nobody named"])
def test_what_is_not_offered_is_agreed_by_phone(trondheim: Rules, visit_type: str) -> None:
    decision = trondheim.decide_booking(booking(visit_type))

    assert (decision.tier, decision.telephone) == (Tier.PHONE, "+47 00 00 00 10")


def test_a_health_station_check_is_requested_and_then_moved_directly(trondheim: Rules) -> None:
    assert trondheim.decide_booking(booking("health-station-check")).tier is Tier.REQUEST
    assert trondheim.decide_booking(booking("health-station-check", "change")).tier is Tier.DIRECT


def test_home_care_is_hidden_and_meetings_at_home_are_shown(trondheim: Rules) -> None:
    for kind in ("appointment", "visit", "note"):
        assert trondheim.restrict_sharing(SharingQuestion(kind, "home", "home-care-visit")).withheld
        assert not trondheim.restrict_sharing(SharingQuestion(kind, "home", "care-group-meeting")).withheld


def test_nothing_measured_in_a_nursing_home_shows_by_itself(trondheim: Rules) -> None:
    pulse = ResultQuestion("8867-4", category="vital-signs")

    assert trondheim.classify_result(pulse).release is Release.AUTO
    in_a_home = ResultQuestion("8867-4", category="vital-signs", setting="nursing-home")
    assert trondheim.classify_result(in_a_home).release is Release.MANUAL


def test_history_starts_when_trondheim_went_live_but_for_vaccines(trondheim: Rules) -> None:
    assert trondheim.history_starts("visits") == date(2025, 5, 1)
    assert trondheim.history_starts("vaccines") is None
