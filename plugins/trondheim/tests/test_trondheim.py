"""What Trondheim decides, asked the way a service asks."""

from datetime import UTC, date, datetime, timedelta

import pytest

from helsami_sdk import (
    BookingQuestion,
    CaseQuestion,
    CheckInQuestion,
    DeliveryQuestion,
    FormQuestion,
    MessageQuestion,
    Recipient,
    RecipientsQuestion,
    Release,
    ResultQuestion,
    SharingQuestion,
    SlotChoice,
    SlotsQuestion,
    Tier,
    WaitlistQuestion,
)
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


@pytest.mark.parametrize("unit", ["physiotherapy", "mental-health"])
def test_who_treats_in_physiotherapy_and_mental_health_is_written_to_directly(trondheim: Rules, unit: str) -> None:
    people = (Recipient("e", "employee", unit), Recipient("n", "employee", "home-care"), Recipient("s", "user-support"))
    question = MessageQuestion(unit, frozenset({unit, "duty"}), NOW, employee="e")

    assert trondheim.list_recipients(RecipientsQuestion(people, NOW)).ids == {"e", "s"}
    route = trondheim.route_message(question)
    assert (route.employees, route.inboxes) == (("e",), (unit, "duty"))


def test_what_home_care_does_not_open_goes_on_within_two_working_hours(trondheim: Rules) -> None:
    route = trondheim.route_message(MessageQuestion("home-care", frozenset({"home-care", "duty"}), NOW, employee="e"))

    assert [stop.inbox for stop in route.stops] == ["home-care", "duty"]
    assert route.stops[0].unopened_hours == 2


def test_the_health_station_has_home_care_as_its_back_up(trondheim: Rules) -> None:
    inboxes = frozenset({"health-station", "home-care", "duty"})

    route = trondheim.route_message(MessageQuestion("health-station", inboxes, NOW))

    assert route.inboxes == ("health-station", "home-care", "duty")


def test_an_inquiry_goes_to_those_it_is_about(trondheim: Rules) -> None:
    queues = frozenset({"home-care", "mental-health", "mail-reception"})

    def queue(service: str, kind: str = "inquiry") -> str:
        return trondheim.route_case(CaseQuestion(kind, queues, NOW, service)).queue

    assert queue("safety-alarm") == "home-care"
    assert queue("mental-health") == "mental-health"
    assert queue("safety-alarm", "complaint") == queue("parking") == "mail-reception"


def test_physiotherapy_has_a_waitlist_and_vaccination_has_none(trondheim: Rules) -> None:
    def enabled(visit_type: str) -> bool:
        return trondheim.choose_waitlist_terms(WaitlistQuestion(visit_type, NOW + timedelta(days=3), NOW)).enabled

    assert enabled("physiotherapy")
    assert not enabled("vaccination")


def test_a_childs_development_is_asked_about_and_kept_in_sight(trondheim: Rules) -> None:
    question = CheckInQuestion("health-station-check", NOW, NOW, frozenset({"child-development"}))

    assert trondheim.choose_check_in(question).forms == ("child-development",)
    assert trondheim.choose_form_window(FormQuestion("child-development")).shown_days == 365


def test_a_decision_about_care_goes_by_post_after_a_working_day(trondheim: Rules) -> None:
    plan = trondheim.plan_delivery(DeliveryQuestion("care-decision", decision=True, channels=frozenset({"portal"})))

    assert (plan.last_step_after_days, plan.steps[-1].channels) == (1, {"post"})


def test_free_times_for_a_vaccination_are_offered_until_a_day_ahead(trondheim: Rules) -> None:
    times = tuple(
        SlotChoice(f"{visit_type} {hours}", NOW + timedelta(hours=hours), visit_type)
        for visit_type in ("vaccination", "physiotherapy")
        for hours in (23, 25)
    )

    assert trondheim.restrict_slots(SlotsQuestion(times, NOW)) == {"vaccination 25"}
