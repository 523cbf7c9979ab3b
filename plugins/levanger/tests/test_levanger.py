"""What Levanger decides, by data alone, asked the way a service asks."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from helsami_sdk import (
    BookingQuestion,
    CaseQuestion,
    CheckInQuestion,
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
UNITS = frozenset({"health-station", "physiotherapy", "mental-health", "home-care", "service-office"})


@pytest.fixture(scope="module")
def levanger() -> Rules:
    """Levanger as it is installed."""
    return load_organisations()["levanger"]


def booking(visit_type: str, action: str = "book", *, days: int = 7) -> BookingQuestion:
    """Ask about a visit so many days from now."""
    return BookingQuestion(action, visit_type, NOW + timedelta(days=days), NOW)


def message(unit: str, employee: str = "") -> MessageQuestion:
    """A message to a unit, or to an employee of it."""
    return MessageQuestion(unit, UNITS | {"duty"}, NOW, employee=employee)


def test_levanger_is_data_alone() -> None:
    package = Path(__file__).parents[1] / "helsami_plugin_levanger"

    assert not (package / "rules.py").exists()


@pytest.mark.parametrize(
    ("question", "tier"),
    [
        (booking("vaccination"), Tier.DIRECT),
        (booking("health-station-check", "cancel"), Tier.DIRECT),
        (booking("physiotherapy"), Tier.REQUEST),
        (booking("physiotherapy", "change"), Tier.DIRECT),
        (booking("home-care-visit", "change"), Tier.REQUEST),
        (booking("home-care-visit", "change", days=2), Tier.PHONE),
        (booking("home-care-visit"), Tier.PHONE),
        (booking("mental-health-consultation"), Tier.PHONE),
        (booking("something nobody named"), Tier.PHONE),
    ],
)
def test_each_visit_has_its_way(levanger: Rules, question: BookingQuestion, tier: Tier) -> None:
    assert levanger.decide_booking(question).tier is tier


def test_those_who_wait_for_physiotherapy_are_offered_a_time(levanger: Rules) -> None:
    terms = levanger.choose_waitlist_terms(WaitlistQuestion("physiotherapy", NOW + timedelta(days=3), NOW))

    assert (terms.enabled, terms.batch, terms.offer_life) == (True, 3, timedelta(hours=12))
    assert not levanger.choose_waitlist_terms(WaitlistQuestion("vaccination", NOW, NOW)).enabled


def test_a_childs_development_is_asked_about_before_its_check(levanger: Rules) -> None:
    start = NOW + timedelta(days=5)
    question = CheckInQuestion("health-station-check", start, NOW, frozenset({"child-development"}))

    assert levanger.choose_check_in(question).forms == ("child-development",)
    assert levanger.choose_check_in(CheckInQuestion("vaccination", start, NOW)).arrival_button
    assert levanger.choose_form_window(FormQuestion("child-development")).shown_days == 365


def test_home_care_visits_are_shown_to_the_person_and_notes_are_not(levanger: Rules) -> None:
    def withheld(kind: str, reader: str) -> bool:
        return levanger.restrict_sharing(SharingQuestion(kind, "home", "home-care-visit", reader=reader)).withheld

    assert not withheld("appointment", "self")
    assert not withheld("visit", "capacity")
    assert withheld("visit", "grant")
    assert withheld("note", "self")


def test_physiotherapists_are_written_to_in_person_and_home_care_is_not(levanger: Rules) -> None:
    people = (
        Recipient("p", "employee", "physiotherapy"),
        Recipient("h", "employee", "home-care"),
        Recipient("o", "unit", "home-care"),
        Recipient("s", "user-support"),
    )

    assert levanger.list_recipients(RecipientsQuestion(people, NOW)).ids == {"p", "o", "s"}


def test_a_message_to_home_care_is_never_left_lying(levanger: Rules) -> None:
    route = levanger.route_message(message("home-care"))

    assert route.inboxes == ("home-care", "service-office", "duty")
    assert route.stops[0].unopened_hours == 2
    assert levanger.route_message(message("physiotherapy", "p")).stops[0].employee == "p"


def test_inquiries_are_answered_by_the_service_office_within_four_weeks(levanger: Rules) -> None:
    route = levanger.route_case(CaseQuestion("inquiry", UNITS | {"mail-reception"}, NOW))

    assert (route.queue, route.answer_days) == ("service-office", 28)


def test_nothing_measured_in_a_nursing_home_shows_by_itself(levanger: Rules) -> None:
    assert levanger.classify_result(ResultQuestion("8867-4", category="vital-signs")).release is Release.AUTO
    there = ResultQuestion("8867-4", category="vital-signs", setting="nursing-home")
    assert levanger.classify_result(there).release is Release.MANUAL


def test_history_starts_when_levanger_went_live(levanger: Rules) -> None:
    assert levanger.history_starts("visits") == date(2026, 2, 1)
    assert levanger.history_starts("vaccines") is None


def test_only_times_that_are_booked_directly_are_offered(levanger: Rules) -> None:
    times = tuple(
        SlotChoice(f"{visit_type} {hours}", NOW + timedelta(hours=hours), visit_type)
        for visit_type in ("vaccination", "physiotherapy", "home-care-visit")
        for hours in (12, 48)
    )

    assert levanger.restrict_slots(SlotsQuestion(times, NOW)) == {"vaccination 48"}
